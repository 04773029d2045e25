/* Least squares over all spans so far. */
typedef struct {
    load_real weight[4][4], sum[4], load[4];
    LoadEstimate said;
} LoadSquares;
