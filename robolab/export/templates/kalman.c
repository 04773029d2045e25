${start}
${arm}
${posterior}
${filter}
static void begin_all(LoadEstimator *e)
{
    begin(e);
}

static void forget_all(LoadEstimator *e)
{
    forget_load(e);
    tell(e);
}

static void step(LoadEstimator *e, const Smooth *s, const Seen *seen)
{
    take(e, s, seen);
}

static void answer(const LoadEstimator *e, LoadEstimate *out)
{
    estimate(e, out);
}

${update}