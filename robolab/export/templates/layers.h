/* ${banner}
 *
 * Fixed memory, no allocation, no input or output; a call takes the same work every time.
 *
 *     static ${Name} it;
 *     ${name}_begin(&it);
 *     ${name}_step(&it, in, out);
 *
 * in: ${inputs}
 * out: ${outputs}
 */
#ifndef ${NAME}_H
#define ${NAME}_H

/* What numbers are held in. */
#ifndef ${NAME}_REAL
#define ${NAME}_REAL double
#endif
typedef ${NAME}_REAL ${name}_real;

${sizes}
typedef struct {
    ${name}_real array[${NAME}_LENGTH]; /* inputs, what is kept from call to call, and what steps write */
    ${name}_real scratch[${NAME}_SCRATCH];
} ${Name};

/* Forget what was kept from call to call. */
void ${name}_begin(${Name} *it);

/* Take inputs and say what follows from them. */
void ${name}_step(${Name} *it, const ${name}_real in[${NAME}_INPUTS],
        ${name}_real out[${NAME}_OUTPUTS]);

#endif
