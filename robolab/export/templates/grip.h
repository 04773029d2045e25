/* ${banner}
 *
 * How hard two fingers with pressure pads have to press so that an object does not slip. Fixed memory,
 * no allocation, no input or output; a call takes about the same work every time.
 *
 *     static Grip grip;
 *     grip_begin(&grip, NAN, NAN, NAN);          for each object
 *     grip_update(&grip, &sample, &command);     every millisecond
 */
#ifndef GRIP_H
#define GRIP_H

${sizes}
#define GRIP_CELLS (GRIP_ROWS * GRIP_COLUMNS)

/* What the hand may do, and what speaks against lifting. */
enum { GRIP_STAY = 0, GRIP_RUB = 1, GRIP_WEIGH = 2, GRIP_READY = 3 };
enum {
${faults}
};

typedef struct {
    double time;                            /* rising [s] */
    double normal[2][GRIP_CELLS];           /* by row along the finger, each across it [N] */
    double shear[2][GRIP_CELLS][2];         /* across and along [N] */
    double now, soon, planned;              /* specific force that friction bears now, at most soon, and ever [m/s2] */
    double width;                           /* between the fingers [m] */
} GripSample;

typedef struct {
    double force;                           /* of each finger [N] */
    double least, std;                      /* just enough [N], and the deviation of its logarithm */
    int stroke, slipping, loses, fault;     /* loses: it will not hold, as far as can be felt */
} GripCommand;

typedef struct {
    double offset[2][GRIP_CELLS][3], sum[2][GRIP_CELLS][3], quick[2][3];
    double last[2][GRIP_CELLS], moved[2];
    double hidden[GRIP_WIDTH];
    double load, size, most;
    double began, contact, alone;           /* negative: not yet */
    double friction, mass, press, rubbed, pressed, pull, since, used, turns;
    double feel_force, force, log_force, std, level, tight, early, doubt, weighed;
    int started, count, stroke, stuck, slipping, fault, blind, known;
} Grip;

/* Turn to another object: its mass [kg], its width as vision sees it [m], and the force it must not see [N]; NAN
 * where that is not known. */
void grip_begin(Grip *g, double load, double size, double limit);

/* Take one sample and say what to do until the next. */
void grip_update(Grip *g, const GripSample *sample, GripCommand *out);

#endif
