/* ---- The estimator ---- */

void load_begin(LoadEstimator *e)
{
    memset(e, 0, sizeof *e);
    begin_all(e);
}

void load_forget(LoadEstimator *e)
{
    forget_all(e);
}

void load_update(LoadEstimator *e, double time, const load_real q[LOAD_JOINTS],
                 const load_real qd[LOAD_JOINTS], const load_real current[LOAD_JOINTS],
                 LoadEstimate *out)
{
    Smooth s;
    Seen seen;
    if (due(e, time, q, qd, current, &s)) {
        see(&s, &seen);
        step(e, &s, &seen);
    }
    answer(e, out);
    out->set_back = e->set_back;
    out->set_back_time = e->set_back_time;
}
