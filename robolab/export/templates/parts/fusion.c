/* ---- The fusion: how far to move the network's answer, and log deviations ---- */

/* What it goes by: least squares' answer, the network's, and how long the motion lasts. */
static void compare(const LoadEstimate *a, const LoadEstimate *b, load_real elapsed, load_real *x)
{
    const load_real own = larger(b->mass_std, JOINED_STD);
    load_real far = 0;
    int k;
    for (k = 0; k < 3; k++)
        far += (a->com[k] - b->com[k]) * (a->com[k] - b->com[k]);
    x[0] = log(larger(a->mass_std, JOINED_STD));
    x[1] = log(own);
    x[2] = a->mass / JOINED_MASS - 1;
    x[3] = b->mass / JOINED_MASS - 1;
    x[4] = log1p(fabs(a->mass - b->mass));
    x[5] = log1p(sqrt(far) / JOINED_COM);
    x[6] = log(larger(elapsed, 0.01));
    x[7] = exp(-elapsed);
    x[8] = asinh((a->mass - b->mass) / own);
    for (k = 0; k < 3; k++) {
        const load_real spread = larger(b->com_std[k], JOINED_STD);
        x[9 + k] = asinh((a->com[k] - b->com[k]) / spread);
        x[12 + k] = b->com[k] / JOINED_COM;
        x[15 + k] = log(larger(a->com_std[k], JOINED_STD)) + 2;
        x[18 + k] = log(spread) + 2;
    }
}

static load_real within(load_real x, load_real most)
{
    return smaller(larger(x, -most), most);
}

/* Move the network's answer. */
static void move(LoadEstimator *e, LoadEstimate *both)
{
    load_real x[JOINED_INPUTS], first[JOINED_WIDTH], second[JOINED_WIDTH], out[6];
    const LoadEstimate *own = &e->network.said;
    int k;
    compare(&e->squares.said, own, e->network.elapsed, x);
    layer(MEET, MEET_SCALE, MEET_BIAS, JOINED_WIDTH, JOINED_INPUTS, x, first);
    for (k = 0; k < JOINED_WIDTH; k++)
        first[k] = tanh(first[k]);
    layer(PONDER, PONDER_SCALE, PONDER_BIAS, JOINED_WIDTH, JOINED_WIDTH, first, second);
    for (k = 0; k < JOINED_WIDTH; k++)
        second[k] = tanh(second[k]);
    layer(JUDGE, JUDGE_SCALE, JUDGE_BIAS, 6, JOINED_WIDTH, second, out);
    both->mass = larger(own->mass + within(out[0], FARTHEST) * own->mass_std, 0);
    both->mass_std = exp(within(out[4], 3)) * own->mass_std;
    for (k = 0; k < 3; k++) {
        both->com[k] = own->com[k] + within(out[1 + k], FARTHEST) * own->com_std[k];
        both->com_std[k] = exp(within(out[5], 3)) * own->com_std[k];
    }
    both->known = both->mass_std <= KNOWN;
}

/* Changes are the filter's to notice, and what a long motion tells is its to say. What was said at
 * the horizon stands, and what was said before a motion until this one tells more. */
static void join(LoadEstimator *e)
{
    LoadEstimate *both = &e->joined, now;
    if (e->network.elapsed > LONG)
        estimate(e, both);
    else if (e->network.elapsed <= HORIZON) {
        memset(&now, 0, sizeof now);
        move(e, &now);
        *both = now.mass_std <= e->before.mass_std ? now : e->before;
    }
    both->changed = e->said.changed;
    both->changed_time = e->said.changed_time;
}
