/* Believe what is believed before the first sample. */
void load_begin(LoadEstimator *e);

/* Forget the load, but not what was learned of the arm meanwhile. */
void load_forget(LoadEstimator *e);

/* Take a sample and say what is known now.
 * time [s], rising; q, qd [rad or m, and per s]; current [A], not finite where a channel is dead.
 * A sample whose position or velocity is not finite is left out, and so is one that comes late. Where
 * time falls by more than a span, the clock was set back: what is known stands, and is added to anew. */
void load_update(LoadEstimator *e, double time, const load_real q[LOAD_JOINTS],
                 const load_real qd[LOAD_JOINTS], const load_real current[LOAD_JOINTS],
                 LoadEstimate *out);

#endif
