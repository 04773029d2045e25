/* ---- Least squares: every residual is new, and nothing is believed before ---- */

/* Say what follows from the sums. */
static void find(LoadSquares *l)
{
    load_real A[4][4], cov[4][4], heavy;
    int i, k;
    memcpy(A, l->weight, sizeof A);
    inverse(A, cov);
    for (i = 0; i < 4; i++) {
        l->load[i] = 0;
        for (k = 0; k < 4; k++)
            l->load[i] += cov[i][k] * l->sum[k];
    }
    heavy = larger(fabs(l->load[0]), 1e-3);
    l->said.mass = l->load[0];
    l->said.mass_std = sqrt(cov[0][0]);
    for (k = 0; k < 3; k++) {
        l->said.com[k] = smaller(larger(l->load[1 + k] / heavy, -1), 1);
        l->said.com_std[k] = smaller(sqrt(cov[1 + k][1 + k]) / heavy, 1);
    }
}

static void forget_squares(LoadSquares *l)
{
    int k;
    memset(l, 0, sizeof *l);
    for (k = 0; k < 4; k++)
        l->weight[k][k] = RIDGE;
    find(l);
}

static void add(LoadSquares *l, const Smooth *s, const Seen *seen)
{
    int i, j, k;
    load_real about[4];
    memcpy(about, l->load, sizeof about);
    for (j = 0; j < LOAD_JOINTS; j++) {
        load_real torque = seen->torque[j], row[4], slope, beyond;
        if (!s->moving[j])
            continue;
        for (k = 0; k < 4; k++)
            torque += seen->load[4 * j + k] * about[k];
        beyond = (s->current[j] - current_of(j, torque, s->qd[j], s->qdd[j], &slope)) / WHITE[j];
        for (k = 0; k < 4; k++) {
            row[k] = slope * seen->load[4 * j + k] / WHITE[j];
            beyond += row[k] * about[k];
        }
        for (k = 0; k < 4; k++) {
            l->sum[k] += row[k] * beyond;
            for (i = 0; i < 4; i++)
                l->weight[k][i] += row[k] * row[i];
        }
    }
    find(l);
}
