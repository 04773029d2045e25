/* ${banner} See load_estimator.h. */
#include "load_estimator.h"

#include <math.h>
#include <string.h>

/* ---- What was identified of this arm ---- */

${tables}
${arm}
${posterior}
${filter}
/* ---- The estimator ---- */

void load_begin(LoadEstimator *e)
{
    memset(e, 0, sizeof *e);
    begin(e);
}

void load_forget(LoadEstimator *e)
{
    forget_load(e);
    tell(e);
}

void load_update(LoadEstimator *e, double time, const load_real q[LOAD_JOINTS],
                 const load_real qd[LOAD_JOINTS], const load_real current[LOAD_JOINTS],
                 LoadEstimate *out)
{
    Smooth s;
    Seen seen;
    if (due(e, time, q, qd, current, &s)) {
        see(&s, &seen);
        take(e, &s, &seen);
    }
    estimate(e, out);
}
