${start}
${arm}
${posterior}
${inverse}
${network}
static void begin_all(LoadEstimator *e)
{
    forget_motion(&e->network);
}

static void forget_all(LoadEstimator *e)
{
    forget_motion(&e->network);
}

static void step(LoadEstimator *e, const Smooth *s, const Seen *seen)
{
    follow(&e->network, s, seen);
}

static void answer(const LoadEstimator *e, LoadEstimate *out)
{
    *out = e->network.said;
}

${update}