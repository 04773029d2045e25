/* ${banner}
 *
 * The load that an arm carries, from joint positions, velocities and motor currents.
 * Fixed memory, no allocation, no input or output; a step takes the same work every time.
 *
 *     static LoadEstimator estimator;
 *     LoadEstimate load;
 *     load_begin(&estimator);
 *     load_update(&estimator, time, q, qd, current, &load);      every ${period} s
 *
 * Do not compile with -ffast-math: a dead channel is a current that is not finite.
 */
#ifndef LOAD_ESTIMATOR_H
#define LOAD_ESTIMATOR_H

/* What all but time is held in. */
#ifndef LOAD_REAL
#define LOAD_REAL double
#endif
typedef LOAD_REAL load_real;

${sizes}

typedef struct {
    load_real mass, mass_std;     /* [kg]; a 90 % interval is mass +- 1.645 mass_std */
    load_real com[3], com_std[3]; /* centre of mass in tcp [m] */
    int known;                    /* whether the data could tell the mass */
    int changed;                  /* whether the load has ever seemed to be another than before */
    double changed_time;          /* and when last [s] */
    int set_back;                 /* whether the clock was ever set back */
    double set_back_time;         /* and the first stamp after it last was [s] */
} LoadEstimate;
