/* ---- The fusion: shares of least squares in mass and in centre of mass, and log deviations ---- */

static load_real most(const load_real *x)
{
    return larger(x[0], larger(x[1], x[2]));
}

/* What the shares go by: least squares' answer, the network's, and how long the motion lasts. */
static void compare(const LoadEstimate *a, const LoadEstimate *b, load_real elapsed, load_real *x)
{
    load_real far = 0;
    int k;
    for (k = 0; k < 3; k++)
        far += (a->com[k] - b->com[k]) * (a->com[k] - b->com[k]);
    x[0] = log(larger(a->mass_std, JOINED_STD));
    x[1] = log(larger(b->mass_std, JOINED_STD));
    x[2] = log(larger(most(a->com_std), JOINED_STD)) + 2;
    x[3] = log(larger(most(b->com_std), JOINED_STD)) + 2;
    x[4] = a->mass / JOINED_MASS - 1;
    x[5] = b->mass / JOINED_MASS - 1;
    x[6] = log1p(fabs(a->mass - b->mass));
    x[7] = log1p(sqrt(far) / JOINED_COM);
    x[8] = log(larger(elapsed, 0.01));
    x[9] = exp(-elapsed);
}

static void join(LoadEstimator *e)
{
    load_real x[JOINED_INPUTS], first[JOINED_WIDTH], second[JOINED_WIDTH], out[4];
    const double elapsed = e->network.elapsed;
    const LoadEstimate *a = &e->squares.said, *b = &e->network.said;
    LoadEstimate *both = &e->joined;
    load_real wider, by_mass, by_com;
    int k;
    /* Changes are the filter's to notice, and what a long motion tells is its to say. */
    if (elapsed > LONG)
        estimate(e, both);
    both->changed = e->said.changed;
    both->changed_time = e->said.changed_time;
    if (elapsed > HORIZON)
        return;
    compare(a, b, elapsed, x);
    layer(MEET, MEET_SCALE, MEET_BIAS, JOINED_WIDTH, JOINED_INPUTS, x, first);
    for (k = 0; k < JOINED_WIDTH; k++)
        first[k] = tanh(first[k]);
    layer(PONDER, PONDER_SCALE, PONDER_BIAS, JOINED_WIDTH, JOINED_WIDTH, first, second);
    for (k = 0; k < JOINED_WIDTH; k++)
        second[k] = tanh(second[k]);
    layer(JUDGE, JUDGE_SCALE, JUDGE_BIAS, 4, JOINED_WIDTH, second, out);
    by_mass = sigmoid(out[0]);
    by_com = sigmoid(out[1]);
    wider = exp(smaller(larger(out[3], -3), 3));
    both->mass = by_mass * a->mass + (1 - by_mass) * b->mass;
    both->mass_std = exp(smaller(larger(out[2], -3), 3))
                     * (by_mass * a->mass_std + (1 - by_mass) * b->mass_std);
    for (k = 0; k < 3; k++) {
        both->com[k] = by_com * a->com[k] + (1 - by_com) * b->com[k];
        both->com_std[k] = wider * (by_com * a->com_std[k] + (1 - by_com) * b->com_std[k]);
    }
    both->known = both->mass_std <= KNOWN;
}
