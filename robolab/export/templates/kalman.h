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
/* Mass and mass times centre of mass; then by joint the lasting error of the current, and what
 * Coulomb and viscous friction are off by. */
#define LOAD_STATES (4 + 3 * LOAD_JOINTS)

typedef struct {
    load_real mass, mass_std;     /* [kg]; a 90 % interval is mass +- 1.645 mass_std */
    load_real com[3], com_std[3]; /* centre of mass in tcp [m] */
    int known;                    /* whether the data could tell the mass */
    int changed;                  /* whether the load has ever seemed to be another than before */
    double changed_time;          /* and when last [s] */
} LoadEstimate;

typedef struct {
    /* The last samples, a ring. */
    double time[LOAD_SPAN];
    load_real q[LOAD_SPAN][LOAD_JOINTS];
    load_real qd[LOAD_SPAN][LOAD_JOINTS];
    load_real current[LOAD_SPAN][LOAD_JOINTS];
    int next, held, wait;
    /* What is believed. */
    load_real mean[LOAD_STATES];
    load_real cov[LOAD_STATES][LOAD_STATES];
    load_real since[LOAD_JOINTS]; /* how long each joint has been moving [s] */
    load_real jolt[LOAD_JOINTS];  /* and what is left of the last jump of its acceleration [A] */
    load_real misfit;             /* variances that currents are off, on average */
    load_real about[4];           /* load that friction is linearised about */
    int stepped, alarms;
    double step_time;
    LoadEstimate said, unknown; /* the latter where the currents do not fit whatever the load */
} LoadEstimator;

/* Believe what is believed before the first sample. */
void load_begin(LoadEstimator *e);

/* Forget the load, but not what was learned of the arm meanwhile. */
void load_forget(LoadEstimator *e);

/* Take a sample and say what is known now.
 * time [s], rising; q, qd [rad or m, and per s]; current [A], not finite where a channel is dead. */
void load_update(LoadEstimator *e, double time, const load_real q[LOAD_JOINTS],
                 const load_real qd[LOAD_JOINTS], const load_real current[LOAD_JOINTS],
                 LoadEstimate *out);

#endif
