    /* What is believed. */
    load_real mean[LOAD_STATES];
    load_real cov[LOAD_STATES][LOAD_STATES];
    load_real since[LOAD_JOINTS]; /* how long each joint has been moving [s] */
    load_real jolt[LOAD_JOINTS];  /* and what is left of the last jump of its acceleration [A] */
    load_real misfit;             /* variances that currents are off, on average */
    load_real about[4];           /* load that friction is linearised about */
    int stepped, alarms, suspicions;
    double step_time;
    LoadEstimate said, unknown; /* the latter where the currents do not fit whatever the load */
