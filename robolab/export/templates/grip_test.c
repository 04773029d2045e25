/* ${banner}
 *
 * Made-up samples, and what the grip said of them where this code comes from.
 * Build and run:  cc -std=c99 grip.c grip_test.c -lm -o test && ./test
 */
#include "grip.h"

#include <math.h>
#include <stdio.h>

#define TOLERANCE 1e-5

${vector}
/* Row by row: time, normal force of each finger, shear of each across and along, now, soon, planned. */
static void sample_of(int k, GripSample *s)
{
    const double *row = SAMPLES[k];
    int f, c;
    s->time = row[0];
    for (f = 0; f < 2; f++)
        for (c = 0; c < GRIP_CELLS; c++) {
            const double share = (1 + 0.5 * sin(1.7 * c + f)) / GRIP_CELLS;
            const double noise = 0.004 * sin(12.9 * c + 78.2 * k + f);
            s->normal[f][c] = row[1 + f] * share + noise;
            s->shear[f][c][0] = row[3 + 2 * f] * share + noise;
            s->shear[f][c][1] = row[4 + 2 * f] * share - noise;
        }
    s->now = row[7];
    s->soon = row[8];
    s->planned = row[9];
    s->width = 0.05;
}

int main(void)
{
    static Grip grip;
    static GripSample sample;
    GripCommand said;
    double most = 0;
    int k, wrong = 0;
    grip_begin(&grip, LOAD, NAN, LIMIT);
    for (k = 0; k < COUNT; k++) {
        const double *expected = EXPECTED[k];
        double off;
        sample_of(k, &sample);
        grip_update(&grip, &sample, &said);
        off = fmax(fabs(said.force - expected[0]),
                   fmax(fabs(said.least - expected[1]), fabs(said.std - expected[2])));
        most = off <= most ? most : off;
        wrong += !(off <= TOLERANCE) || said.stroke != (int)expected[3]
                 || said.slipping != (int)expected[4] || said.fault != (int)expected[5]
                 || said.loses != (int)expected[6];
    }
    printf("%d samples, %d wrong, largest difference %.2e, state of %lu bytes\n", COUNT, wrong, most,
           (unsigned long)sizeof grip);
    return wrong > 0;
}
