/* What is unexpected of a joint's current, its variance, and the row that relates it to the state:
 * besides these, 1 for the joint's lasting error. */
typedef struct {
    load_real unexpected, var, load[4], sign, speed;
} Row;

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

/* Let time pass. A share of the current that the load takes lasts unexplained. */
static void advance(LoadEstimator *e, const Seen *seen, double seconds)
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
    for (j = 0; j < LOAD_JOINTS; j++) {
        load_real pull = 0;
        for (i = 0; i < 4; i++)
            pull += seen->load[4 * j + i] * e->about[i];
        pull *= MISSED / GAIN[j];
        e->cov[4 + j][4 + j] += (SLOW[j] * SLOW[j] + pull * pull) * (1 - fade[4 + j] * fade[4 + j]);
    }
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

/* Say what the filter believes of a real load. */
static void tell(LoadEstimator *e)
{
    Belief b;
    int i;
    memcpy(b.mean, e->mean, sizeof b.mean);
    b.prior_mass = PRIOR_MASS;
    b.prior_std = PRIOR_MASS_STD;
    for (i = 0; i < 4; i++)
        memcpy(b.cov[i], e->cov[i], sizeof b.cov[i]);
    say(&b, &e->said, e->about);
}

/* Whether no load would explain what is believed: a blow has been taken for one. */
static int impossible(const LoadEstimator *e)
{
    const load_real beyond = larger(-e->mean[0], e->mean[0] - PRIOR_MOST);
    return beyond > BEYOND * sqrt(e->cov[0][0]) + AT_LEAST;
}

static void take(LoadEstimator *e, const Smooth *s, const Seen *seen)
{
    /* Across a clock that was set back, nobody knows how much. */
    const double passed = e->stepped && s->time > e->step_time ? s->time - e->step_time : 0.0;
    Row row[LOAD_JOINTS];
    load_real far;
    int j, count;
    e->stepped = 1;
    e->step_time = s->time;
    advance(e, seen, passed);
    for (j = 0; j < LOAD_JOINTS; j++) {
        e->since[j] = s->moving[j] ? e->since[j] + passed : 0;
        e->jolt[j] = larger(seen->jolt[j], e->jolt[j] * exp(-passed / JOLT_TIME));
    }
    rows(e, s, seen, row);
    far = surprise(e, s, row, &count);
    if (count > 0) {
        far /= count;
        e->misfit += (1 - exp(-passed / MISFIT_TIME)) * (smaller(far, ALARM) - e->misfit);
    }
    e->alarms = far > ALARM ? e->alarms + 1 : 0;
    e->suspicions = far > SUSPECT ? e->suspicions + 1 : 0;
    if (e->alarms >= 2) {
        forget_load(e);
        e->said.changed = 1;
        e->said.changed_time = s->time;
        e->alarms = e->suspicions = 0;
        rows(e, s, seen, row);
    }
    if (e->suspicions >= 2) {
        /* The load may be another; what is believed of it stays the likeliest. */
        e->suspicions = 0;
        for (j = 0; j < 4; j++)
            e->cov[j][j] += FIRST[j] * FIRST[j];
    }
    if (e->alarms == 0)
        correct(e, s, row);
    if (impossible(e))
        forget_load(e);
    tell(e);
}

/* Believe what is believed before the first sample. */
static void begin(LoadEstimator *e)
{
    int j;
    forget_load(e);
    for (j = 0; j < LOAD_JOINTS; j++) {
        const int slow = 4 + j, coulomb = slow + LOAD_JOINTS, viscous = coulomb + LOAD_JOINTS;
        e->cov[slow][slow] = SLOW[j] * SLOW[j];
        e->cov[coulomb][coulomb] = COULOMB[j] * COULOMB[j];
        e->cov[viscous][viscous] = VISCOUS[j] * VISCOUS[j];
    }
    tell(e);
    e->unknown = e->said;
    e->unknown.known = 0;
    e->misfit = 1;
}

/* What is known by now: nothing, where the currents do not fit the arm whatever it carries. */
static void estimate(const LoadEstimator *e, LoadEstimate *out)
{
    *out = e->misfit < MISFIT ? e->said : e->unknown;
    out->changed = e->said.changed;
    out->changed_time = e->said.changed_time;
}
