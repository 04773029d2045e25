/* ${banner} See load_estimator.h. */
#include "load_estimator.h"

#include <math.h>
#include <string.h>

/* ---- What was identified of this arm ---- */

${tables}
