/* ${banner}
 *
 * Recorded samples, and what the estimator said of them where this code comes from.
 * Build and run:  cc -std=c99 load_estimator.c load_estimator_test.c -lm -o test && ./test
 */
#include "load_estimator.h"

#include <math.h>
#include <stdio.h>

#define TOLERANCE 1e-5

${vector}
static double compare(const LoadEstimate *said, const double *expected)
{
    double most = fabs(said->mass - expected[0]);
    int k;
    most = fmax(most, fabs(said->mass_std - expected[1]));
    for (k = 0; k < 3; k++) {
        most = fmax(most, fabs(said->com[k] - expected[2 + k]));
        most = fmax(most, fabs(said->com_std[k] - expected[5 + k]));
    }
    return most;
}

int main(void)
{
    static LoadEstimator estimator;
    LoadEstimate said;
    double most = 0.0;
    int k, j, steps = 0, wrong = 0;
    load_begin(&estimator);
    for (k = 0; k < SAMPLES; k++) {
        load_real q[LOAD_JOINTS], qd[LOAD_JOINTS], current[LOAD_JOINTS];
        for (j = 0; j < LOAD_JOINTS; j++) {
            q[j] = RECORDED[k][1 + j];
            qd[j] = RECORDED[k][1 + LOAD_JOINTS + j];
            current[j] = RECORDED[k][1 + 2 * LOAD_JOINTS + j];
        }
        if (k == FORGET)
            load_forget(&estimator);
        load_update(&estimator, RECORDED[k][0], q, qd, current, &said);
        while (steps < STEPS && STEP_SAMPLE[steps] < k)
            steps++;
        if (steps < STEPS && STEP_SAMPLE[steps] == k) {
            const double changed = said.changed ? said.changed_time : -1.0;
            const double back = said.set_back ? said.set_back_time : -1.0;
            const double *expected = EXPECTED[steps];
            const double off = compare(&said, expected);
            most = off <= most ? most : off;
            wrong += !(off <= TOLERANCE) || said.known != (expected[8] > 0.5)
                     || !(fabs(changed - expected[9]) <= TOLERANCE)
                     || !(fabs(back - expected[10]) <= TOLERANCE);
        }
    }
    printf("%d steps, %d wrong, largest difference %.2e, state of %lu bytes\n", STEPS, wrong, most,
           (unsigned long)sizeof estimator);
    return wrong > 0;
}
