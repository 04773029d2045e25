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

/* Mass and mass times centre of mass: mean and covariance; and what was believed of masses before. */
typedef struct {
    load_real mean[4], cov[4][4], prior_mass, prior_std;
} Belief;

/* Mass times centre of mass given the mass, before the prior: its slope, and its covariance as
 * values and vectors (in columns). */
typedef struct {
    load_real slope[3], values[3], vectors[9];
} Given;

/* Log density of a mass; where h and left are wanted, mean and variances of mass times centre of
 * mass given it. */
static load_real density(const Belief *b, const Given *g, load_real m, load_real *h,
                         load_real *left)
{
    const load_real off_mass = m - b->mean[0], off_prior = (m - b->prior_mass) / b->prior_std;
    const load_real spread = PRIOR_COM_STD * m * PRIOR_COM_STD * m;
    load_real off[3], far = off_mass * off_mass / b->cov[0][0] + off_prior * off_prior, volume = 1;
    int c, k;
    for (k = 0; k < 3; k++) {
        off[k] = b->mean[1 + k] + off_mass * g->slope[k] - m * PRIOR_COM[k];
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

/* Bring in what is believed of loads, over a grid of masses; `about` is the mean of mass and mass
 * times centre of mass, where it is wanted. */
static void say(const Belief *b, LoadEstimate *said, load_real *about)
{
    load_real m[POINTS], p[POINTS], h[POINTS][3], left[POINTS][3], A[9];
    load_real mass = b->mean[0], std = sqrt(b->cov[0][0]), spread = std, heavy;
    Given g;
    int k, i, c, round;
    for (i = 0; i < 3; i++)
        g.slope[i] = b->cov[1 + i][0] / b->cov[0][0];
    for (i = 0; i < 3; i++)
        for (c = 0; c < 3; c++)
            A[3 * i + c] = b->cov[1 + i][1 + c] - g.slope[i] * b->cov[0][1 + c];
    eigen(A, g.values, g.vectors);
    /* The second grid lies where the first has found something. */
    for (round = 0; round < 2; round++) {
        const load_real low = smaller(larger(mass - REACH * spread, 0), 0.98 * PRIOR_MOST);
        const load_real high = larger(smaller(mass + REACH * spread, PRIOR_MOST),
                                    low + 0.01 * PRIOR_MOST * smaller(spread, 1));
        load_real most = -INFINITY, sum = 0, square = 0;
        for (k = 0; k < POINTS; k++) {
            m[k] = low + k * ((high - low) / (POINTS - 1));
            p[k] = density(b, &g, m[k], round ? h[k] : NULL, left[k]);
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
    if (about)
        about[0] = mass;
    for (i = 0; i < 3; i++) {
        load_real mean = 0, com, var = 0;
        for (k = 0; k < POINTS; k++)
            mean += p[k] * h[k][i];
        com = smaller(larger(mean / heavy, -1), 1);
        for (k = 0; k < POINTS; k++) {
            const load_real off = h[k][i] - larger(mass, 0) / heavy * m[k] * com;
            var += p[k] * (left[k][i] + off * off);
        }
        if (about)
            about[1 + i] = mean;
        said->com[i] = com;
        said->com_std[i] = smaller(sqrt(var) / heavy, PRIOR_COM_STD);
    }
    std = hypot(spread, GAIN_SHARE * mass);
    said->mass = mass;
    said->mass_std = std;
    said->known = std <= KNOWN;
}
