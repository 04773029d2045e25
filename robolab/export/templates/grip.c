/* ${banner} See grip.h. */
#include "grip.h"

#include <math.h>
#include <string.h>

${tables}
/* ---- The network: what differs from the friction cone, how surely, and whether the object slides ---- */

/* out = W x + bias; W by columns, so that the inner loop runs over results that do not wait for each other. */
static void layer(const float *W, const float *bias, int outs, int ins, const double *x, double *out)
{
    int r, c;
    for (r = 0; r < outs; r++)
        out[r] = bias[r];
    for (c = 0; c < ins; c++)
        for (r = 0; r < outs; r++)
            out[r] += W[outs * c + r] * x[c];
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double between(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

static void think(Grip *g, const double *line, double *said)
{
    double x[GRIP_WIDTH], in[3 * GRIP_WIDTH], own[3 * GRIP_WIDTH];
    int k;
    layer(ENTER, ENTER_BIAS, GRIP_WIDTH, GRIP_FEATURES, line, x);
    for (k = 0; k < GRIP_WIDTH; k++)
        x[k] = tanh(x[k]);
    layer(GATES, GATES_BIAS, 3 * GRIP_WIDTH, GRIP_WIDTH, x, in);
    layer(RECUR, RECUR_BIAS, 3 * GRIP_WIDTH, GRIP_WIDTH, g->hidden, own);
    for (k = 0; k < GRIP_WIDTH; k++) {
        const double reset = sigmoid(in[k] + own[k]);
        const double keep = sigmoid(in[GRIP_WIDTH + k] + own[GRIP_WIDTH + k]);
        const double fresh = tanh(in[2 * GRIP_WIDTH + k] + reset * own[2 * GRIP_WIDTH + k]);
        g->hidden[k] = fresh + keep * (g->hidden[k] - fresh);
    }
    layer(LEAVE, LEAVE_BIAS, 3, GRIP_WIDTH, g->hidden, said);
}

/* ---- What the fingers feel ---- */

/* What one pad shows: how hard, which way, how much of it slips, how it twists, and where. */
static void look_at_pad(double pad[GRIP_CELLS][3], double friction, double *out)
{
    double total = 0, x = 0, y = 0, across = 0, along = 0, turned = 0, wide = 0;
    double all = 0, core_shear = 0, core_normal = 0, mean, arm;
    int k, edges = 0;
    for (k = 0; k < GRIP_CELLS; k++)
        total += pad[k][0];
    total = total > SMALL ? total : SMALL;
    mean = total / GRIP_CELLS;
    for (k = 0; k < GRIP_CELLS; k++) {
        across += pad[k][0] * AXIS[k % GRIP_COLUMNS];
        along += pad[k][0] * AXIS[k / GRIP_COLUMNS];
        x += pad[k][1];
        y += pad[k][2];
    }
    across /= total;
    along /= total;
    for (k = 0; k < GRIP_CELLS; k++) {
        const double dx = AXIS[k % GRIP_COLUMNS] - across, dy = AXIS[k / GRIP_COLUMNS] - along;
        const double square = pad[k][1] * pad[k][1] + pad[k][2] * pad[k][2] - NOISE * NOISE;
        const double size = square > 0 ? sqrt(square) : 0;
        turned += pad[k][2] * dx - pad[k][1] * dy;
        wide += pad[k][0] * (dx * dx + dy * dy);
        all += size;
        if (pad[k][0] > mean) {
            core_shear += size;
            core_normal += pad[k][0];
        } else if (pad[k][0] > EDGE * mean) {
            edges++;
        }
    }
    arm = TWIST + sqrt(fmax(wide / total - BLUR * BLUR, 0));
    out[0] = log(total);
    out[1] = x / total;
    out[2] = y / total;
    out[3] = all / (friction * total);
    out[4] = core_shear / (core_normal > SMALL ? core_normal : SMALL);
    out[5] = turned / (total * PITCH);
    out[6] = fabs(turned) / (friction * total * arm);
    out[7] = across / PITCH;
    out[8] = along / PITCH;
    out[9] = (double)edges / GRIP_CELLS;
}

/* A line of features, of the mean over the last samples. */
static void look(Grip *g, const GripSample *s, double elapsed, double *line)
{
    double x = 0, y = 0, pressed[2] = {0}, share, hangs, *more = line + 2 * GRIP_OF_PAD;
    int f, k, c;
    for (f = 0; f < 2; f++)
        for (k = 0; k < GRIP_CELLS; k++) {
            for (c = 0; c < 3; c++)
                g->sum[f][k][c] /= EVERY;
            pressed[f] += g->sum[f][k][0];
            x += g->sum[f][k][1];
            y += g->sum[f][k][2];
        }
    hangs = fmax(hypot(x, y) / s->now, LEAST_MASS);
    if (g->stroke != GRIP_RUB)
        g->mass += HANGS * (hangs - g->mass);
    /* A finger that alone slips is held by the other one. */
    g->used = g->turns = 0;
    for (f = 0; f < 2; f++) {
        look_at_pad(g->sum[f], g->friction, line + GRIP_OF_PAD * f);
        share = pressed[f] / fmax(pressed[0] + pressed[1], SMALL);
        g->used += share * line[GRIP_OF_PAD * f + 3];
        g->turns += share * line[GRIP_OF_PAD * f + 6];
    }
    more[0] = log(g->feel_force + SMALL);
    more[1] = g->stroke == GRIP_RUB;
    more[2] = g->stroke == GRIP_WEIGH;
    more[3] = g->stroke == GRIP_READY;
    more[4] = fmin(elapsed / FEEL, 3);
    more[5] = log(g->friction);
    more[6] = log(g->mass);
    more[7] = log(hangs);
    more[8] = isfinite(g->load);
    more[9] = isfinite(g->load) ? between(log(g->load / g->mass), -2, 2) : 0;
    more[10] = fmax(g->used, g->turns);
    more[11] = s->now / 10;
    more[12] = s->soon / 10;
    more[13] = s->planned / 10;
    more[14] = s->width / 0.05;
    memset(g->sum, 0, sizeof g->sum);
    g->count = 0;
}

static void gather(Grip *g, double cells[2][GRIP_CELLS][3])
{
    int f, k, c;
    for (f = 0; f < 2; f++)
        for (k = 0; k < GRIP_CELLS; k++)
            for (c = 0; c < 3; c++)
                g->sum[f][k][c] += cells[f][k][c];
    g->count++;
}

/* Take the pads' offsets off while nothing touches; then wait for both fingers. */
static void wait(Grip *g, double time, double cells[2][GRIP_CELLS][3])
{
    const double first = g->quick[0][0], second = g->quick[1][0];
    int f, k, c;
    if (time - g->began < TARE && fabs(first) < TOUCHED && fabs(second) < TOUCHED) {
        gather(g, cells);
    } else if (g->count) {
        for (f = 0; f < 2; f++)
            for (k = 0; k < GRIP_CELLS; k++)
                for (c = 0; c < 3; c++)
                    g->offset[f][k][c] = g->sum[f][k][c] / g->count;
        memset(g->sum, 0, sizeof g->sum);
        g->count = 0;
    }
    if (fmin(first, second) > TOUCHED) {
        g->contact = time;
        g->stroke = GRIP_RUB;
        memset(g->sum, 0, sizeof g->sum);
        g->count = 0;
    }
}

/* Rub, then pull up with a force that grows until the object comes along. */
static void move(Grip *g, double elapsed, double sums[2][3])
{
    const double pressing = g->quick[0][0] + g->quick[1][0];
    const double pulling = -(g->quick[0][2] + g->quick[1][2]);
    if (g->stroke == GRIP_RUB) {
        if (elapsed > SETTLED) {
            g->rubbed += hypot(sums[0][1], sums[0][2]) + hypot(sums[1][1], sums[1][2]);
            g->pressed += sums[0][0] + sums[1][0];
        }
        if (elapsed >= RUB) {
            g->friction = between(g->rubbed / g->pressed, LEAST_FRICTION, MOST_FRICTION);
            g->stroke = GRIP_WEIGH;
        }
    } else if (g->stroke == GRIP_WEIGH) {
        const double share = pulling / fmax(g->friction * pressing, SMALL);
        double haste, ahead;
        int comes;
        g->press += SLOW * (pressing - g->press);
        g->pull += SLOW * (pulling - g->pull);
        if (share > FREE || pulling > (1 + RISES) * g->pull + SMALL)
            g->since = elapsed;
        if (share > STUCK)
            g->friction = fmax(g->friction, g->pull / fmax(g->press, TOUCH_FORCE));
        haste = between((share - EASY) / (STUCK - EASY), 0, 1);
        ahead = fmax(AHEAD * pressing / 2 + TOUCH_FORCE, g->feel_force);
        g->feel_force = fmin(fmin(g->feel_force * exp(haste * GROWTH), ahead), g->most);
        comes = elapsed >= FEEL && elapsed - g->since > COMES;
        g->stuck = elapsed > LONGEST && share > STUCK;
        if (comes || (elapsed > LONGEST && !g->stuck))
            g->stroke = GRIP_READY;
    }
}

/* Take a sample; returns whether there is a new line of features. */
static int feel(Grip *g, const GripSample *s, double *line)
{
    double cells[2][GRIP_CELLS][3], sums[2][3] = {{0}};
    int f, k, c;
    if (g->began < 0)
        g->began = s->time;
    for (f = 0; f < 2; f++) {
        for (k = 0; k < GRIP_CELLS; k++)
            for (c = 0; c < 3; c++) {
                const double read = c ? s->shear[f][k][c - 1] : s->normal[f][k];
                cells[f][k][c] = (isfinite(read) ? read : 0) - g->offset[f][k][c];
                sums[f][c] += cells[f][k][c];
            }
        for (c = 0; c < 3; c++)
            g->quick[f][c] += QUICK * (sums[f][c] - g->quick[f][c]);
    }
    if (g->contact < 0) {
        wait(g, s->time, cells);
        return 0;
    }
    move(g, s->time - g->contact, sums);
    gather(g, cells);
    if (g->count < EVERY)
        return 0;
    look(g, s, s->time - g->contact, line);
    return 1;
}

/* ---- What is wrong ---- */

static int closing(Grip *g, double time, const double *force)
{
    const int first = force[0] > WATCH_TOUCHED, second = force[1] > WATCH_TOUCHED;
    const double since = time - g->began;
    if (since < AT_ONCE && (first || second))
        return GRIP_TOO_WIDE;
    if (first == second)
        g->alone = -1;
    else if (g->alone < 0)
        g->alone = time;
    else if (time - g->alone > ALONE)
        return first ? GRIP_ALONE_1 : GRIP_ALONE_2;
    return since > NOTHING ? GRIP_NOTHING : GRIP_NONE;
}

static int wrong(Grip *g, const GripSample *s)
{
    double force[2] = {0, 0};
    int f, k, beyond = 0;
    if (g->size > OPEN)
        return GRIP_SEEN_TOO_WIDE;
    if (!g->started) {
        g->began = g->moved[0] = g->moved[1] = s->time;
    }
    for (f = 0; f < 2; f++)
        for (k = 0; k < GRIP_CELLS; k++) {
            const double read = s->normal[f][k];
            if (isfinite(read) && (!g->started || read != g->last[f][k]))
                g->moved[f] = s->time;
            g->last[f][k] = read;
            force[f] += read;
            beyond = beyond || fabs(read) > BEYOND;
        }
    g->started = 1;
    for (f = 0; f < 2; f++)
        if (s->time - g->moved[f] > DEAD)
            return f ? GRIP_DEAD_2 : GRIP_DEAD_1;
    if (beyond)
        return GRIP_BEYOND;
    if (g->contact >= 0)
        return g->stuck ? GRIP_TOO_HEAVY : GRIP_NONE;
    return closing(g, s->time, force);
}

/* ---- The grip ---- */

void grip_begin(Grip *g, double load, double size, double limit)
{
    memset(g, 0, sizeof *g);
    g->load = load;
    g->size = size;
    g->most = isfinite(limit) ? fmin(SPARE * limit, STRONGEST) : STRONGEST;
    g->began = g->contact = g->alone = -1;
    g->friction = FIRST_FRICTION;
    g->mass = FIRST_MASS;
    g->press = 2 * TOUCH_FORCE;
    g->early = EARLY;
    g->feel_force = g->force = fmin(TOUCH_FORCE, g->most);
}

/* Go towards the safe force for what is planned next, up quickly and down slowly. */
static void follow(Grip *g, double soon)
{
    const double safe = soon * exp(g->level + g->tight + g->early);
    const double wanted = g->early > EARLY / 2 ? fmax(safe, g->weighed) : safe;
    const double near = between(wanted, DOWN * g->force, UP * g->force);
    g->early *= FADES;
    g->feel_force = g->force = between(near, WEAKEST, g->most);
}

static double alarm(double used)
{
    return between((used - ALARM) / (1 - ALARM), 0, 1);
}

/* The safe level, and more than that while the object slides or turns. */
static void adapt(Grip *g, double safe, int settled, int lifted)
{
    const double before = g->level;
    /* Soon after the lift the grip loosens slowly only. */
    g->level = settled ? fmax(safe, before + LOOSER * (safe - before)) : safe;
    if (g->known)
        g->tight = fmax(g->tight - fmax(g->level - before, 0), 0);
    g->slipping = lifted && fmax(g->used, g->turns) > ALARM;
    if (g->slipping)
        g->tight = fmin(g->tight + fmax(TIGHTEN * alarm(g->used), TURNING * alarm(g->turns)), TIGHTEST);
    else
        g->tight *= RELAXED;
    if (g->slipping && g->used > 1 && (g->tight >= TIGHTEST || g->force >= g->most))
        g->doubt += LOOK;
    else
        g->doubt = 0;
    g->known = 1;
}

void grip_update(Grip *g, const GripSample *s, GripCommand *out)
{
    const int lifted = g->stroke == GRIP_READY;
    double line[GRIP_FEATURES], said[3];
    if (!g->fault)
        g->fault = wrong(g, s);
    if (!g->fault) {
        if (feel(g, s, line)) {
            think(g, line, said);
            g->log_force = line[2 * GRIP_OF_PAD + 6] - line[2 * GRIP_OF_PAD + 5] - LOG_2 + said[0];
            g->std = exp(between(said[1], LEAST_STD, MOST_STD));
            adapt(g, g->log_force + SIGMAS * g->std, s->time - g->contact > HELD_AFTER, lifted);
        }
    } else if (lifted && !g->blind) {
        g->force = fmin(BLIND * g->force, g->most);
        g->blind = 1;
    }
    if (g->stroke == GRIP_READY && !g->fault)
        follow(g, s->soon);
    else if (!lifted)
        g->force = g->weighed = g->feel_force;
    out->force = g->force;
    out->least = g->known ? s->soon * exp(g->log_force) : 0;
    out->std = g->std;
    out->stroke = g->stroke;
    out->slipping = g->slipping;
    out->loses = g->doubt >= DOUBT;
    out->fault = g->fault;
}
