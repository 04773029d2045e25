/* ${banner} See load_estimator.h. */
#include "load_estimator.h"

#include <math.h>
#include <string.h>

/* ---- What was identified of this arm ---- */

${tables}
${arm}
${posterior}
${filter}
${inverse}
${squares}
${network}
${fusion}
/* ---- The estimator ---- */

static void forget(LoadEstimator *e)
{
    forget_squares(&e->squares);
    forget_motion(&e->network);
    e->before = e->joined = e->network.said;
    e->joined.changed = e->said.changed;
    e->joined.changed_time = e->said.changed_time;
}

void load_begin(LoadEstimator *e)
{
    memset(e, 0, sizeof *e);
    begin(e);
    forget(e);
}

void load_forget(LoadEstimator *e)
{
    forget_load(e);
    tell(e);
    forget(e);
}

void load_update(LoadEstimator *e, double time, const load_real q[LOAD_JOINTS],
                 const load_real qd[LOAD_JOINTS], const load_real current[LOAD_JOINTS],
                 LoadEstimate *out)
{
    const int changed = e->said.changed;
    const double before = e->said.changed_time;
    Smooth s;
    Seen seen;
    if (due(e, time, q, qd, current, &s)) {
        see(&s, &seen);
        take(e, &s, &seen);
        if (e->said.changed && (!changed || e->said.changed_time != before))
            forget(e);
        add(&e->squares, &s, &seen);
        if (follow(&e->network, &s, &seen))
            e->before = e->joined;
        join(e);
    }
    *out = e->joined;
}
