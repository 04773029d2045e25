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

/* Whether a stamp is in time. One that is late by less than a span is not; where it is later, the clock
 * was set back, and what is held is of another time. */
static int in_time(LoadEstimator *e, double time)
{
    double behind;
    if (!(fabs(time) < LATEST))
        return 0;
    behind = e->clocked ? e->newest_time - time : -1;
    if (behind >= 0 && behind <= LATE)
        return 0;
    e->clocked = 1;
    e->newest_time = time;
    if (behind > 0) {
        e->held = e->wait = 0;
        e->set_back = 1;
        e->set_back_time = time;
    }
    return 1;
}

/* Take a sample; return whether a step is due, and what it is about. A sample without a position or
 * a velocity, or one that comes late, is left out. */
static int due(LoadEstimator *e, double time, const load_real *q, const load_real *qd,
               const load_real *current, Smooth *s)
{
    const int at = e->next;
    int j, usable = 1;
    for (j = 0; j < LOAD_JOINTS; j++) {
        e->q[at][j] = q[j];
        e->qd[at][j] = qd[j];
        e->current[at][j] = fabs(current[j]) < MOST ? current[j] : NAN;
        usable = usable && fabs(q[j]) < MOST && fabs(qd[j]) < MOST;
    }
    if (!usable || !in_time(e, time))
        return 0;
    e->time[at] = time;
    e->next = (at + 1) % LOAD_SPAN;
    if (e->held < LOAD_SPAN)
        e->held++;
    if (e->wait > 0)
        e->wait--;
    /* e->next is the oldest now; spans with a gap are left out. */
    if (e->held < LOAD_SPAN || e->wait > 0 || time - e->time[e->next] > LONGEST)
        return 0;
    e->wait = LOAD_EVERY;
    smoothed(e, s);
    return 1;
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
