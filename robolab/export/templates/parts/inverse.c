/* Inverse of a symmetric positive matrix, which is lost. */
static void inverse(load_real A[4][4], load_real out[4][4])
{
    int i, j, k;
    for (i = 0; i < 4; i++)
        for (j = 0; j < 4; j++)
            out[i][j] = i == j;
    for (k = 0; k < 4; k++) {
        const load_real pivot = 1 / A[k][k];
        for (j = 0; j < 4; j++) {
            A[k][j] *= pivot;
            out[k][j] *= pivot;
        }
        for (i = 0; i < 4; i++) {
            const load_real by = A[i][k];
            if (i == k)
                continue;
            for (j = 0; j < 4; j++) {
                A[i][j] -= by * A[k][j];
                out[i][j] -= by * out[k][j];
            }
        }
    }
}
