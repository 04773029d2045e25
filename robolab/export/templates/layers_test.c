/* ${banner}
 *
 * Calls one after the other, and what came out where this code comes from.
 * Build and run:  cc -std=c99 ${name}.c ${name}_test.c -lm -o test && ./test
 */
#include "${name}.h"

#include <math.h>
#include <stdio.h>

#define TOLERANCE 1e-5

${vector}
int main(void)
{
    static ${Name} it;
    double most = 0.0;
    int k, j, wrong = 0;
    ${name}_begin(&it);
    for (k = 0; k < CALLS; k++) {
        ${name}_real in[${NAME}_INPUTS], out[${NAME}_OUTPUTS];
        for (j = 0; j < ${NAME}_INPUTS; j++)
            in[j] = (${name}_real)GIVEN[k][j];
        ${name}_step(&it, in, out);
        for (j = 0; j < ${NAME}_OUTPUTS; j++) {
            const double off = fabs(out[j] - EXPECTED[k][j]);
            most = off <= most ? most : off;
            wrong += !(off <= TOLERANCE);
        }
    }
    printf("%d calls, %d wrong, largest difference %.2e, state of %lu bytes\n", CALLS, wrong, most,
           (unsigned long)sizeof it);
    return wrong > 0;
}
