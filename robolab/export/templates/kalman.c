/* ${banner} See load_estimator.h. */
#include "load_estimator.h"

#include <math.h>
#include <string.h>

/* ---- What was identified of this arm ---- */

${tables}
/* ---- Numbers, vectors, and matrices as rows of nine ---- */

static load_real larger(load_real a, load_real b)
{
    return a > b ? a : b;
}

static load_real smaller(load_real a, load_real b)
{
    return a < b ? a : b;
}

static load_real dot(const load_real *a, const load_real *b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void cross(const load_real *a, const load_real *b, load_real *out)
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

/* out += a x b */
static void add_cross(const load_real *a, const load_real *b, load_real *out)
{
    load_real c[3];
    int k;
    cross(a, b, c);
    for (k = 0; k < 3; k++)
        out[k] += c[k];
}

/* out = A v */
static void turned(const load_real *A, const load_real *v, load_real *out)
{
    int k;
    for (k = 0; k < 3; k++)
        out[k] = dot(A + 3 * k, v);
}

/* out = A' v */
static void turned_back(const load_real *A, const load_real *v, load_real *out)
{
    int k;
    for (k = 0; k < 3; k++)
        out[k] = A[k] * v[0] + A[3 + k] * v[1] + A[6 + k] * v[2];
}

/* out = A B */
static void product(const load_real *A, const load_real *B, load_real *out)
{
    int r, c;
    for (r = 0; r < 3; r++)
        for (c = 0; c < 3; c++)
            out[3 * r + c] = A[3 * r] * B[c] + A[3 * r + 1] * B[3 + c] + A[3 * r + 2] * B[6 + c];
}

/* Rotation about a unit axis. */
static void rotation(const load_real *axis, load_real angle, load_real *out)
{
    const load_real s = sin(angle), c = cos(angle);
    int r, k;
    for (r = 0; r < 3; r++)
        for (k = 0; k < 3; k++)
            out[3 * r + k] = (1 - c) * axis[r] * axis[k];
    for (k = 0; k < 3; k++)
        out[4 * k] += c;
    out[1] -= s * axis[2];
    out[2] += s * axis[1];
    out[3] += s * axis[2];
    out[5] -= s * axis[0];
    out[6] -= s * axis[1];
    out[7] += s * axis[0];
}

/* Acceleration of a point at `arm` in a body, beside that of the body's origin. */
static void swung(const load_real *w, const load_real *dw, const load_real *arm, load_real *out)
{
    load_real c[3];
    cross(dw, arm, out);
    cross(w, arm, c);
    add_cross(w, c, out);
}

/* ---- Means over the last samples ---- */

typedef struct {
    double time;
    load_real q[LOAD_JOINTS], qd[LOAD_JOINTS], qdd[LOAD_JOINTS], current[LOAD_JOINTS];
    load_real swing[LOAD_JOINTS]; /* how far the acceleration changes within the span */
    int moving[LOAD_JOINTS];      /* which joints tell something */
} Smooth;

/* The k-th of the last samples, the oldest first. */
static int sample_at(const LoadEstimator *e, int k)
{
    return (e->next + k) % LOAD_SPAN;
}

/* Weights of the parabolic mean and of the slope of a straight line, over samples first to last. */
static void fit(const LoadEstimator *e, int first, int last, load_real *mean, load_real *slope)
{
    const int count = last - first + 1;
    double middle = 0.0, total = 0.0, square = 0.0, reach;
    int k;
    for (k = first; k <= last; k++)
        middle += e->time[sample_at(e, k)];
    middle /= count;
    reach = 0.5 * (e->time[sample_at(e, last)] - e->time[sample_at(e, first)]);
    reach *= 1.0 + 1.0 / count;
    for (k = first; k <= last; k++) {
        const double u = e->time[sample_at(e, k)] - middle;
        const double weight = reach * reach - u * u;
        mean[k] = weight > 0.0 ? weight : 0.0;
        slope[k] = u;
        total += mean[k];
        square += u * u;
    }
    for (k = first; k <= last; k++) {
        mean[k] /= total;
        slope[k] /= square;
    }
}

static void smoothed(const LoadEstimator *e, Smooth *s)
{
    load_real mean[LOAD_SPAN], slope[LOAD_SPAN], early[LOAD_SPAN], late[LOAD_SPAN];
    load_real low[LOAD_JOINTS], high[LOAD_JOINTS];
    const int half = LOAD_SPAN / 2;
    int j, k;
    fit(e, 0, half, mean, early);
    fit(e, half, LOAD_SPAN - 1, mean, late);
    fit(e, 0, LOAD_SPAN - 1, mean, slope);
    memset(s, 0, sizeof *s);
    s->time = 0.5 * (e->time[sample_at(e, 0)] + e->time[sample_at(e, LOAD_SPAN - 1)]);
    memcpy(low, e->qd[0], sizeof low);
    memcpy(high, e->qd[0], sizeof high);
    for (k = 0; k < LOAD_SPAN; k++) {
        const int at = sample_at(e, k);
        const load_real swing = (k >= half ? late[k] : 0) - (k <= half ? early[k] : 0);
        for (j = 0; j < LOAD_JOINTS; j++) {
            const load_real speed = e->qd[at][j];
            s->q[j] += mean[k] * e->q[at][j];
            s->qd[j] += mean[k] * speed;
            s->qdd[j] += slope[k] * speed;
            s->swing[j] += swing * speed;
            s->current[j] += mean[k] * e->current[at][j];
            low[j] = smaller(low[j], speed);
            high[j] = larger(high[j], speed);
        }
    }
    for (j = 0; j < LOAD_JOINTS; j++) {
        const load_real slowest = smaller(fabs(low[j]), fabs(high[j]));
        s->moving[j] = low[j] * high[j] > 0 && slowest > MOVING && isfinite(s->current[j]);
    }
}

/* ---- How the bodies move, in the base's axes ---- */

typedef struct {
    load_real R[LOAD_BODIES][9], p[LOAD_BODIES][3], axis[LOAD_BODIES][3];
} Frames;

typedef struct {
    load_real w[LOAD_BODIES][3], dw[LOAD_BODIES][3];
    load_real a[LOAD_BODIES][3]; /* of the origins, with gravity taken off */
} Rates;

static const load_real UNITY[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
static const load_real ORIGIN[3] = {0, 0, 0};

/* Speed, or another rate, of a body's joint from that of the arm's. */
static load_real driven(int body, const load_real *joints)
{
    load_real sum = 0;
    int j;
    for (j = 0; j < LOAD_JOINTS; j++)
        sum += WEIGHTS[LOAD_JOINTS * body + j] * joints[j];
    return sum;
}

static void place(const load_real *q, Frames *f)
{
    int i, k;
    for (i = 0; i < LOAD_BODIES; i++) {
        const int up = PARENT[i];
        const load_real *Ru = up < 0 ? UNITY : f->R[up], *pu = up < 0 ? ORIGIN : f->p[up];
        const load_real *axis = AXIS + 3 * i;
        const load_real angle = driven(i, q) + OFFSET[i];
        load_real R0[9], own[9], arm[3];
        product(Ru, FRAME_R + 9 * i, R0);
        turned(R0, axis, f->axis[i]);
        turned(Ru, FRAME_P + 3 * i, arm);
        rotation(axis, PRISMATIC[i] ? 0 : angle, own);
        product(R0, own, f->R[i]);
        for (k = 0; k < 3; k++)
            f->p[i][k] = pu[k] + arm[k] + (PRISMATIC[i] ? f->axis[i][k] * angle : 0);
    }
}

/* gravity: 1, or 0 for what acceleration alone does. */
static void propagate(const Frames *f, const load_real *qd, const load_real *qdd, int gravity,
                      Rates *m)
{
    int i, k;
    for (i = 0; i < LOAD_BODIES; i++) {
        const int up = PARENT[i];
        const load_real joint_speed = driven(i, qd), joint_rate = driven(i, qdd);
        load_real arm[3], speed[3], rate[3], turning[3];
        load_real *w = m->w[i], *dw = m->dw[i], *a = m->a[i];
        for (k = 0; k < 3; k++) {
            w[k] = up < 0 ? 0 : m->w[up][k];
            dw[k] = up < 0 ? 0 : m->dw[up][k];
            arm[k] = f->p[i][k] - (up < 0 ? 0 : f->p[up][k]);
            speed[k] = f->axis[i][k] * joint_speed;
            rate[k] = f->axis[i][k] * joint_rate;
        }
        swung(w, dw, arm, a);
        cross(w, speed, turning);
        for (k = 0; k < 3; k++) {
            a[k] += up < 0 ? -gravity * GRAVITY[k] : m->a[up][k];
            if (PRISMATIC[i]) {
                a[k] += rate[k] + 2 * turning[k];
            } else {
                w[k] += speed[k];
                dw[k] += rate[k] + turning[k];
            }
        }
    }
}

/* ---- Torques ---- */

/* From torque about each body's axis to torque of the arm's joints, both in rows of `count`. */
static void gathered(const load_real *bodies, int count, load_real *joints)
{
    int i, j, c;
    for (j = 0; j < LOAD_JOINTS; j++)
        for (c = 0; c < count; c++) {
            joints[count * j + c] = 0;
            for (i = 0; i < LOAD_BODIES; i++)
                joints[count * j + c] += WEIGHTS[LOAD_JOINTS * i + j] * bodies[count * i + c];
        }
}

/* out = R I R' v for an inertia xx, xy, yy, xz, yz, zz. */
static void inertia_times(const load_real *R, const load_real *I, const load_real *v,
                          load_real *out)
{
    load_real own[3], spin[3];
    turned_back(R, v, own);
    spin[0] = I[0] * own[0] + I[1] * own[1] + I[3] * own[2];
    spin[1] = I[1] * own[0] + I[2] * own[1] + I[4] * own[2];
    spin[2] = I[3] * own[0] + I[4] * own[1] + I[5] * own[2];
    turned(R, spin, out);
}

/* Torque of the arm without a load. */
static void arm_torque(const Frames *f, const Rates *m, load_real *torque)
{
    load_real force[LOAD_BODIES][3], moment[LOAD_BODIES][3], body[LOAD_BODIES];
    int i, k;
    for (i = 0; i < LOAD_BODIES; i++) {
        const load_real *I = INERTIAL + 10 * i, *w = m->w[i], *a = m->a[i];
        load_real h[3], spin[3], gain[3], pull[3];
        turned(f->R[i], I + 1, h);
        inertia_times(f->R[i], I + 4, w, spin);
        inertia_times(f->R[i], I + 4, m->dw[i], gain);
        swung(w, m->dw[i], h, pull);
        cross(h, a, moment[i]);
        add_cross(w, spin, moment[i]);
        for (k = 0; k < 3; k++) {
            force[i][k] = I[0] * a[k] + pull[k];
            moment[i][k] += gain[k];
        }
    }
    for (i = LOAD_BODIES - 1; i >= 0; i--) {
        const int up = PARENT[i];
        load_real arm[3];
        body[i] = dot(f->axis[i], PRISMATIC[i] ? force[i] : moment[i]);
        if (up < 0)
            continue;
        for (k = 0; k < 3; k++) {
            arm[k] = f->p[i][k] - f->p[up][k];
            force[up][k] += force[i][k];
            moment[up][k] += moment[i][k];
        }
        add_cross(arm, force[i], moment[up]);
    }
    gathered(body, 1, torque);
}

/* Torque per kilogram and per kilogram metre of a load in tcp, rows of four. */
static void payload_columns(const Frames *f, const Rates *m, load_real *columns)
{
    const load_real *w = m->w[TIP], *dw = m->dw[TIP];
    load_real R[9], arm[3], p[3], force[4][3], moment[4][3], body[4 * LOAD_BODIES];
    int i, k, c;
    product(f->R[TIP], TCP_R, R);
    turned(f->R[TIP], TCP_P, arm);
    swung(w, dw, arm, force[0]);
    for (k = 0; k < 3; k++) {
        p[k] = f->p[TIP][k] + arm[k];
        force[0][k] += m->a[TIP][k];
        moment[0][k] = 0;
    }
    for (c = 0; c < 3; c++) {
        const load_real e[3] = {R[c], R[3 + c], R[6 + c]};
        swung(w, dw, e, force[1 + c]);
        cross(e, force[0], moment[1 + c]);
    }
    memset(body, 0, sizeof body);
    for (i = TIP; i >= 0; i = PARENT[i]) {
        for (k = 0; k < 3; k++)
            arm[k] = p[k] - f->p[i][k];
        for (c = 0; c < 4; c++) {
            load_real about[3] = {moment[c][0], moment[c][1], moment[c][2]};
            add_cross(arm, force[c], about);
            body[4 * i + c] = dot(f->axis[i], PRISMATIC[i] ? force[c] : about);
        }
    }
    gathered(body, 4, columns);
}

/* ---- What the currents say of the load ---- */

/* What one span of samples shows. */
typedef struct {
    load_real torque[LOAD_JOINTS], load[4 * LOAD_JOINTS];
    load_real jolt[LOAD_JOINTS]; /* change of current within the span that the acceleration makes */
} Seen;

/* What is unexpected of a joint's current, its variance, and the row that relates it to the state:
 * besides these, 1 for the joint's lasting error. */
typedef struct {
    load_real unexpected, var, load[4], sign, speed;
} Row;

static void see(const Smooth *s, Seen *seen)
{
    const load_real still[LOAD_JOINTS] = {0};
    Frames frames;
    Rates rates;
    int j;
    place(s->q, &frames);
    propagate(&frames, s->qd, s->qdd, 1, &rates);
    arm_torque(&frames, &rates, seen->torque);
    payload_columns(&frames, &rates, seen->load);
    propagate(&frames, still, s->swing, 0, &rates);
    arm_torque(&frames, &rates, seen->jolt);
    for (j = 0; j < LOAD_JOINTS; j++)
        seen->jolt[j] = fabs(seen->jolt[j]) / GAIN[j];
}

/* Current of a joint, and by how much it rises with the torque. */
static load_real current_of(int j, load_real torque, load_real qd, load_real qdd, load_real *slope)
{
    const load_real *f = FRICTION + 8 * j;
    const load_real pull = torque / GAIN[j], sign = tanh(qd / TURN);
    load_real falling = 0;
    int k;
    for (k = 0; k < 3; k++)
        falling += f[2 + k] * exp(-fabs(qd) / STRIBECK[k]);
    *slope = (1 + 2 * sign * pull * f[7] / RANGE[j]) / GAIN[j];
    return pull + sign * (f[0] + falling + f[7] * pull * pull / RANGE[j]) + f[1] * qd + f[5]
           + f[6] * qdd;
}

static void rows(const LoadEstimator *e, const Smooth *s, const Seen *seen, Row *row)
{
    int j, k;
    for (j = 0; j < LOAD_JOINTS; j++) {
        const load_real *load = seen->load + 4 * j, qd = s->qd[j];
        const load_real white = WHITE[j], fresh = 1 + FRESH * exp(-e->since[j] / FRESH_TIME);
        const load_real missed = JOLTED * e->jolt[j];
        load_real torque = seen->torque[j], slope, expected;
        for (k = 0; k < 4; k++)
            torque += load[k] * e->about[k];
        expected = current_of(j, torque, qd, s->qdd[j], &slope);
        row[j].sign = tanh(qd / TURN);
        row[j].speed = qd;
        for (k = 0; k < 4; k++) {
            row[j].load[k] = slope * load[k];
            expected += row[j].load[k] * (e->mean[k] - e->about[k]);
        }
        expected += e->mean[4 + j] + row[j].sign * e->mean[4 + LOAD_JOINTS + j]
                    + qd * e->mean[4 + 2 * LOAD_JOINTS + j];
        row[j].unexpected = s->current[j] - expected;
        row[j].var = white * white * fresh + missed * missed;
    }
}

/* Product of a joint's row and a vector of the state's length. */
static load_real row_times(const Row *row, int j, const load_real *x)
{
    load_real sum = x[4 + j] + row->sign * x[4 + LOAD_JOINTS + j]
                    + row->speed * x[4 + 2 * LOAD_JOINTS + j];
    int k;
    for (k = 0; k < 4; k++)
        sum += row->load[k] * x[k];
    return sum;
}

/* ---- The filter ---- */

static void advance(LoadEstimator *e, double seconds)
{
    load_real fade[LOAD_STATES];
    int i, j;
    for (i = 0; i < LOAD_STATES; i++)
        fade[i] = 1;
    for (j = 0; j < LOAD_JOINTS; j++)
        fade[4 + j] = exp(-seconds / SLOW_TIME[j]);
    for (i = 0; i < LOAD_STATES; i++) {
        e->mean[i] *= fade[i];
        for (j = 0; j < LOAD_STATES; j++)
            e->cov[i][j] *= fade[i] * fade[j];
    }
    e->cov[0][0] += MASS_RATE * MASS_RATE * seconds;
    for (i = 1; i < 4; i++)
        e->cov[i][i] += MOMENT_RATE * MOMENT_RATE * seconds;
    for (j = 0; j < LOAD_JOINTS; j++)
        e->cov[4 + j][4 + j] += SLOW[j] * SLOW[j] * (1 - fade[4 + j] * fade[4 + j]);
}

static void forget_load(LoadEstimator *e)
{
    int i, k;
    for (k = 0; k < 4; k++) {
        e->mean[k] = 0;
        for (i = 0; i < LOAD_STATES; i++)
            e->cov[k][i] = e->cov[i][k] = 0;
    }
    for (k = 0; k < 4; k++)
        e->cov[k][k] = FIRST[k] * FIRST[k];
}

/* Covariance times a joint's row. */
static void spread_of(const LoadEstimator *e, const Row *row, int j, load_real *spread)
{
    int i;
    for (i = 0; i < LOAD_STATES; i++)
        spread[i] = row_times(row, j, e->cov[i]);
}

/* Variances that the currents are from what was expected, summed over the joints that move. */
static load_real surprise(const LoadEstimator *e, const Smooth *s, const Row *row, int *count)
{
    load_real L[LOAD_JOINTS][LOAD_JOINTS], y[LOAD_JOINTS], spread[LOAD_STATES], total = 0;
    int which[LOAD_JOINTS], a, b, k, n = 0;
    for (k = 0; k < LOAD_JOINTS; k++)
        if (s->moving[k])
            which[n++] = k;
    for (a = 0; a < n; a++) {
        const int j = which[a];
        spread_of(e, &row[j], j, spread);
        y[a] = row[j].unexpected;
        for (b = 0; b <= a; b++) {
            L[a][b] = row_times(&row[which[b]], which[b], spread) + (a == b ? row[j].var : 0);
            for (k = 0; k < b; k++)
                L[a][b] -= L[a][k] * L[b][k];
            L[a][b] = a == b ? sqrt(L[a][b]) : L[a][b] / L[b][b];
            y[a] -= b < a ? L[a][b] * y[b] : 0;
        }
        y[a] /= L[a][a];
        total += y[a] * y[a];
    }
    *count = n;
    return total;
}

/* Take the currents of all moving joints, one after the other. */
static void correct(LoadEstimator *e, const Smooth *s, const Row *row)
{
    load_real change[LOAD_STATES] = {0}, spread[LOAD_STATES];
    int i, j, k;
    for (j = 0; j < LOAD_JOINTS; j++) {
        load_real total, left;
        if (!s->moving[j])
            continue;
        spread_of(e, &row[j], j, spread);
        total = row_times(&row[j], j, spread) + row[j].var;
        left = (row[j].unexpected - row_times(&row[j], j, change)) / total;
        for (i = 0; i < LOAD_STATES; i++) {
            const load_real weight = spread[i] / total;
            change[i] += spread[i] * left;
            for (k = 0; k < LOAD_STATES; k++)
                e->cov[i][k] -= weight * spread[k];
        }
    }
    for (i = 0; i < LOAD_STATES; i++)
        e->mean[i] += change[i];
}

/* ---- What can be said of a real load ---- */

/* Values and vectors (in columns) of a symmetric matrix, which is lost, by Jacobi's rotations. */
static void eigen(load_real *A, load_real *values, load_real *V)
{
    static const int PAIRS[3][2] = {{0, 1}, {0, 2}, {1, 2}};
    int sweep, pair, k;
    memcpy(V, UNITY, sizeof UNITY);
    for (sweep = 0; sweep < SWEEPS; sweep++)
        for (pair = 0; pair < 3; pair++) {
            const int p = PAIRS[pair][0], q = PAIRS[pair][1];
            const load_real off = A[3 * p + q];
            load_real theta, t, c, s;
            if (fabs(off) < TINY)
                continue;
            theta = (A[4 * q] - A[4 * p]) / (2 * off);
            t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
            c = 1 / sqrt(t * t + 1);
            s = t * c;
            for (k = 0; k < 3; k++) {
                const load_real x = A[3 * k + p], y = A[3 * k + q];
                A[3 * k + p] = c * x - s * y;
                A[3 * k + q] = s * x + c * y;
            }
            for (k = 0; k < 3; k++) {
                const load_real x = A[3 * p + k], y = A[3 * q + k];
                A[3 * p + k] = c * x - s * y;
                A[3 * q + k] = s * x + c * y;
            }
            for (k = 0; k < 3; k++) {
                const load_real x = V[3 * k + p], y = V[3 * k + q];
                V[3 * k + p] = c * x - s * y;
                V[3 * k + q] = s * x + c * y;
            }
        }
    for (k = 0; k < 3; k++)
        values[k] = A[4 * k];
}

/* Mass times centre of mass given the mass, before the prior: its slope, and its covariance as
 * values and vectors (in columns). */
typedef struct {
    load_real slope[3], values[3], vectors[9];
} Given;

/* Log density of a mass; where h and left are wanted, mean and variances of mass times centre of
 * mass given it. */
static load_real density(const LoadEstimator *e, const Given *g, load_real m, load_real *h,
                         load_real *left)
{
    const load_real off_mass = m - e->mean[0], off_prior = (m - PRIOR_MASS) / PRIOR_MASS_STD;
    const load_real spread = PRIOR_COM_STD * m * PRIOR_COM_STD * m;
    load_real off[3], far = off_mass * off_mass / e->cov[0][0] + off_prior * off_prior, volume = 1;
    int c, k;
    for (k = 0; k < 3; k++) {
        off[k] = e->mean[1 + k] + off_mass * g->slope[k] - m * PRIOR_COM[k];
        if (h) {
            h[k] = m * PRIOR_COM[k];
            left[k] = 0;
        }
    }
    for (c = 0; c < 3; c++) {
        const load_real *v = g->vectors + c;
        const load_real turned_off = off[0] * v[0] + off[1] * v[3] + off[2] * v[6];
        const load_real total = larger(g->values[c], LEAST_VALUE) + spread;
        const load_real apart = turned_off / total;
        far += apart * turned_off;
        volume *= total;
        if (h) {
            const load_real rest = larger(g->values[c], 0) * spread / total;
            for (k = 0; k < 3; k++) {
                h[k] += spread * apart * v[3 * k];
                left[k] += rest * v[3 * k] * v[3 * k];
            }
        }
    }
    return -0.5 * (far + log(volume));
}

/* Bring in what is believed of loads, over a grid of masses. */
static void say(LoadEstimator *e)
{
    load_real m[POINTS], p[POINTS], h[POINTS][3], left[POINTS][3], A[9];
    load_real mass = e->mean[0], std = sqrt(e->cov[0][0]), spread = std, heavy;
    Given g;
    int k, i, c, round;
    for (i = 0; i < 3; i++)
        g.slope[i] = e->cov[1 + i][0] / e->cov[0][0];
    for (i = 0; i < 3; i++)
        for (c = 0; c < 3; c++)
            A[3 * i + c] = e->cov[1 + i][1 + c] - g.slope[i] * e->cov[0][1 + c];
    eigen(A, g.values, g.vectors);
    /* The second grid lies where the first has found something. */
    for (round = 0; round < 2; round++) {
        const load_real low = smaller(larger(mass - REACH * spread, 0), 0.98 * PRIOR_MOST);
        const load_real high = larger(smaller(mass + REACH * spread, PRIOR_MOST),
                                    low + 0.01 * PRIOR_MOST * smaller(spread, 1));
        load_real most = -INFINITY, sum = 0, square = 0;
        for (k = 0; k < POINTS; k++) {
            m[k] = low + k * ((high - low) / (POINTS - 1));
            p[k] = density(e, &g, m[k], round ? h[k] : NULL, left[k]);
            most = larger(most, p[k]);
        }
        mass = 0;
        for (k = 0; k < POINTS; k++)
            sum += p[k] = exp(p[k] - most);
        for (k = 0; k < POINTS; k++)
            mass += (p[k] /= sum) * m[k];
        for (k = 0; k < POINTS; k++)
            square += p[k] * (m[k] - mass) * (m[k] - mass);
        std = sqrt(square);
        spread = larger(std, LEAST_STD);
    }
    heavy = larger(mass, 1e-3);
    e->about[0] = mass;
    for (i = 0; i < 3; i++) {
        load_real mean = 0, com, var = 0;
        for (k = 0; k < POINTS; k++)
            mean += p[k] * h[k][i];
        com = smaller(larger(mean / heavy, -1), 1);
        for (k = 0; k < POINTS; k++) {
            const load_real off = h[k][i] - larger(mass, 0) / heavy * m[k] * com;
            var += p[k] * (left[k][i] + off * off);
        }
        e->about[1 + i] = mean;
        e->said.com[i] = com;
        e->said.com_std[i] = smaller(sqrt(var) / heavy, PRIOR_COM_STD);
    }
    std = hypot(spread, GAIN_SHARE * mass);
    e->said.mass = mass;
    e->said.mass_std = std;
    e->said.known = std <= KNOWN;
}

/* ---- The step ---- */

static void take(LoadEstimator *e, const Smooth *s)
{
    const double passed = e->stepped ? s->time - e->step_time : 0.0;
    Seen seen;
    Row row[LOAD_JOINTS];
    load_real far;
    int j, count;
    e->stepped = 1;
    e->step_time = s->time;
    advance(e, passed);
    see(s, &seen);
    for (j = 0; j < LOAD_JOINTS; j++) {
        e->since[j] = s->moving[j] ? e->since[j] + passed : 0;
        e->jolt[j] = larger(seen.jolt[j], e->jolt[j] * exp(-passed / JOLT_TIME));
    }
    rows(e, s, &seen, row);
    far = surprise(e, s, row, &count);
    if (count > 0) {
        far /= count;
        e->misfit += (1 - exp(-passed / MISFIT_TIME)) * (smaller(far, ALARM) - e->misfit);
    }
    e->alarms = far > ALARM ? e->alarms + 1 : 0;
    if (e->alarms >= 2) {
        forget_load(e);
        e->said.changed = 1;
        e->said.changed_time = s->time;
        e->alarms = 0;
        rows(e, s, &seen, row);
    }
    if (e->alarms == 0)
        correct(e, s, row);
    say(e);
}

void load_begin(LoadEstimator *e)
{
    int j;
    memset(e, 0, sizeof *e);
    forget_load(e);
    for (j = 0; j < LOAD_JOINTS; j++) {
        const int slow = 4 + j, coulomb = slow + LOAD_JOINTS, viscous = coulomb + LOAD_JOINTS;
        e->cov[slow][slow] = SLOW[j] * SLOW[j];
        e->cov[coulomb][coulomb] = COULOMB[j] * COULOMB[j];
        e->cov[viscous][viscous] = VISCOUS[j] * VISCOUS[j];
    }
    say(e);
    e->unknown = e->said;
    e->unknown.known = 0;
    e->misfit = 1;
}

void load_forget(LoadEstimator *e)
{
    forget_load(e);
    say(e);
}

void load_update(LoadEstimator *e, double time, const load_real q[LOAD_JOINTS],
                 const load_real qd[LOAD_JOINTS], const load_real current[LOAD_JOINTS],
                 LoadEstimate *out)
{
    const int at = e->next;
    e->time[at] = time;
    memcpy(e->q[at], q, sizeof e->q[at]);
    memcpy(e->qd[at], qd, sizeof e->qd[at]);
    memcpy(e->current[at], current, sizeof e->current[at]);
    e->next = (at + 1) % LOAD_SPAN;
    if (e->held < LOAD_SPAN)
        e->held++;
    if (e->wait > 0)
        e->wait--;
    /* e->next is the oldest now; spans with a gap are left out. */
    if (e->held == LOAD_SPAN && e->wait == 0 && time - e->time[e->next] <= LONGEST) {
        Smooth s;
        e->wait = LOAD_EVERY;
        smoothed(e, &s);
        take(e, &s);
    }
    *out = e->misfit < MISFIT ? e->said : e->unknown;
    out->changed = e->said.changed;
    out->changed_time = e->said.changed_time;
}
