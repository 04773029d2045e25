    /* The last samples, a ring. */
    double time[LOAD_SPAN];
    load_real q[LOAD_SPAN][LOAD_JOINTS];
    load_real qd[LOAD_SPAN][LOAD_JOINTS];
    load_real current[LOAD_SPAN][LOAD_JOINTS];
    int next, held, wait;
    int clocked, set_back; /* whether there was a stamp; whether the clock was ever set back */
    double newest_time, set_back_time;
