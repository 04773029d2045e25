${start}
${arm}
${posterior}
${filter}
${inverse}
${squares}
${network}
${fusion}
static void forget(LoadEstimator *e)
{
    forget_squares(&e->squares);
    forget_motion(&e->network);
    e->before = e->joined = e->network.said;
    e->joined.changed = e->said.changed;
    e->joined.changed_time = e->said.changed_time;
}

static void begin_all(LoadEstimator *e)
{
    begin(e);
    forget(e);
}

static void forget_all(LoadEstimator *e)
{
    forget_load(e);
    tell(e);
    forget(e);
}

static void step(LoadEstimator *e, const Smooth *s, const Seen *seen)
{
    const int changed = e->said.changed;
    const double before = e->said.changed_time;
    take(e, s, seen);
    if (e->said.changed && (!changed || e->said.changed_time != before))
        forget(e);
    add(&e->squares, s, seen);
    if (follow(&e->network, s, seen))
        e->before = e->joined;
    join(e);
}

static void answer(const LoadEstimator *e, LoadEstimate *out)
{
    *out = e->joined;
}

${update}