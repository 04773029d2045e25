/* ${banner} See ${name}.h. */
#include "${name}.h"

#include <math.h>
#include <string.h>

typedef ${name}_real real;

/* ---- What was trained ---- */

${tables}
/* ---- How a step is done ---- */

enum { DENSE, SCALED, MIXED, LOOKED, GRU };
enum { SAME, RELU, TANH, SOFTPLUS, SIGMOID };
enum { NOTHING, AFTER, BEFORE };

typedef struct {
    int kind, function, onto, groups, rows, width, outputs, of, other, into, weights, exact, biases, pitch;
} Step;

static real through(int function, real x)
{
    switch (function) {
    case RELU:
        return x > 0 ? x : 0;
    case TANH:
        return (real)tanh(x);
    case SOFTPLUS:
        return (x > 0 ? x : 0) + (real)log(1.0 + exp(-fabs(x)));
    case SIGMOID:
        return (real)(0.5 + 0.5 * tanh(0.5 * x));
    default:
        return x;
    }
}

/* sum = matrix x + bias; the matrix lies by columns, scale is that of its rows' steps. */
static void multiply(real *sum, const real *x, int width, int outputs, int weights, int scale,
                     int bias)
{
    int c, o;
    for (o = 0; o < outputs; o++)
        sum[o] = 0;
    for (c = 0; c < width; c++) {
        const real value = x[c];
        for (o = 0; o < outputs; o++)
            sum[o] += (real)WEIGHT[weights + c * outputs + o] * value;
    }
    for (o = 0; o < outputs; o++)
        sum[o] = (QUANTISED ? sum[o] * (real)EXACT[scale + o] : sum[o]) + (real)EXACT[bias + o];
}

static void dense(const Step *s, real *array, real *scratch)
{
    const int bias = s->exact + (QUANTISED ? s->outputs : 0);
    int r, o;
    for (r = 0; r < s->rows; r++) {
        real *into = array + s->into + r * s->outputs;
        const int own = s->biases > 1 ? r * s->outputs : 0;
        multiply(scratch, array + s->of + r * s->pitch, s->width, s->outputs, s->weights, s->exact,
                 bias + own);
        for (o = 0; o < s->outputs; o++)
            into[o] = through(s->function, scratch[o] + (s->onto == BEFORE ? into[o] : 0))
                      + (s->onto == AFTER ? into[o] : 0);
    }
}

static void scaled(const Step *s, real *array)
{
    const int size = s->rows * s->width;
    const real limit = (real)EXACT[s->exact + 2 * size];
    int k;
    for (k = 0; k < size; k++) {
        const real x = (array[s->of + k] - (real)EXACT[s->exact + k])
                       * (real)EXACT[s->exact + size + k];
        array[s->into + k] = (x > limit ? limit : x < -limit ? -limit : x)
                             + (s->onto == AFTER ? array[s->into + k] : 0);
    }
}

static void mixed(const Step *s, real *array)
{
    const int rows = s->rows;
    int g, o, r, k;
    for (g = 0; g < s->groups; g++) {
        const real *of = array + s->of + g * rows * s->width;
        for (o = 0; o < s->outputs; o++) {
            real *into = array + s->into + (g * s->outputs + o) * s->width;
            for (k = 0; k < s->width; k++)
                into[k] = 0;
            for (r = 0; r < rows; r++) {
                const real share = (real)EXACT[s->exact + o * rows + r];
                for (k = 0; k < s->width; k++)
                    into[k] += share * of[r * s->width + k];
            }
        }
    }
}

static void looked(const Step *s, real *array, real *share)
{
    const int rows = s->rows;
    int g, h, r, k;
    for (g = 0; g < s->groups; g++) {
        const real *scores = array + s->other + g * rows * s->outputs;
        const real *of = array + s->of + g * rows * s->width;
        for (h = 0; h < s->outputs; h++) {
            real *into = array + s->into + (g * s->outputs + h) * s->width;
            real most = scores[h], sum = 0;
            for (r = 1; r < rows; r++)
                most = scores[r * s->outputs + h] > most ? scores[r * s->outputs + h] : most;
            for (r = 0; r < rows; r++)
                sum += share[r] = (real)exp(scores[r * s->outputs + h] - most);
            for (k = 0; k < s->width; k++)
                into[k] = 0;
            for (r = 0; r < rows; r++)
                for (k = 0; k < s->width; k++)
                    into[k] += share[r] / sum * of[r * s->width + k];
        }
    }
}

static void gated(const Step *s, real *array, real *scratch)
{
    const int n = s->outputs, scale = s->exact, bias = s->exact + (QUANTISED ? 6 * n : 0);
    real *own = scratch, *past = scratch + 3 * n, *hidden = array + s->other;
    int k;
    multiply(own, array + s->of, s->width, 3 * n, s->weights, scale, bias);
    multiply(past, hidden, n, 3 * n, s->weights + 3 * n * s->width, scale + 3 * n, bias + 3 * n);
    for (k = 0; k < n; k++) {
        const real reset = through(SIGMOID, own[k] + past[k]);
        const real keep = through(SIGMOID, own[n + k] + past[n + k]);
        const real fresh = (real)tanh(own[2 * n + k] + reset * past[2 * n + k]);
        hidden[k] = (1 - keep) * fresh + keep * hidden[k];
    }
}

/* ---- The network ---- */

void ${name}_begin(${Name} *it)
{
    memset(it, 0, sizeof *it);
}

void ${name}_step(${Name} *it, const real in[${NAME}_INPUTS], real out[${NAME}_OUTPUTS])
{
    int k;
    for (k = 0; k < ${NAME}_INPUTS; k++)
        it->array[k] = in[k];
    for (k = 0; k < ${NAME}_STEPS; k++) {
        const int *row = STEP + k * COLUMNS;
        const Step s = {row[0], row[1], row[2], row[3],  row[4],  row[5], row[6],
                        row[7], row[8], row[9], row[10], row[11], row[12], row[13]};
        switch (s.kind) {
        case DENSE:
            dense(&s, it->array, it->scratch);
            break;
        case SCALED:
            scaled(&s, it->array);
            break;
        case MIXED:
            mixed(&s, it->array);
            break;
        case LOOKED:
            looked(&s, it->array, it->scratch);
            break;
        default:
            gated(&s, it->array, it->scratch);
        }
    }
    for (k = 0; k < ${NAME}_OUTPUTS; k++)
        out[k] = it->array[${NAME}_RESULT + k];
}
