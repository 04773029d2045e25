/* What the network has made of a motion so far, in its own units. */
typedef struct {
    load_real hidden[LOAD_WIDTH];
    load_real weight[4][4], sum[4]; /* information of the least squares */
    load_real mean[4];              /* load that friction is linearised about */
    int began, moved;               /* whether a motion has begun, and the arm moved in it */
    double began_time, elapsed;
    LoadEstimate said, before; /* the latter before this motion */
} LoadMemory;
