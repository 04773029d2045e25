/* ---- The network: what to take off each current, and how far to believe the rest ---- */

#if SCALED
typedef signed char load_weight;
#else
typedef float load_weight;
#endif

/* out = scale * (W x) + bias; W by columns, so that the inner loop runs over results that do not
 * wait for each other. */
static void layer(const load_weight *W, const load_real *scale, const load_real *bias, int outs,
                  int ins, const load_real *restrict x, load_real *restrict out)
{
    int r, c;
    for (r = 0; r < outs; r++)
        out[r] = 0;
    for (c = 0; c < ins; c++) {
        const load_real by = x[c];
        const load_weight *column = W + outs * c;
        for (r = 0; r < outs; r++)
            out[r] += column[r] * by;
    }
    for (r = 0; r < outs; r++)
        out[r] = out[r] * scale[SCALED * r] + bias[r];
}

static load_real sigmoid(load_real x)
{
    return 1 / (1 + exp(-x));
}

/* What is known of a joint, in units of its noise: current less the friction that no load changes,
 * what the arm's own torque takes, what a unit of load takes, and how friction grows with the
 * square of both. */
typedef struct {
    load_real rest, pull, load[4], bend;
} Facts;

static void learn_facts(const Smooth *s, const Seen *seen, Facts *facts, load_real *tokens)
{
    int j, k;
    for (j = 0; j < LOAD_JOINTS; j++) {
        const load_real *c = FRICTION + 8 * j, qd = s->qd[j], sign = tanh(qd / TURN);
        const load_real pull = seen->torque[j] / GAIN[j];
        load_real falling = 0, known = isfinite(s->current[j]) ? s->current[j] : pull;
        Facts *f = facts + j;
        for (k = 0; k < 3; k++)
            falling += c[2 + k] * exp(-fabs(qd) / STRIBECK[k]);
        known -= sign * (c[0] + falling) + c[1] * qd + c[5] + c[6] * s->qdd[j];
        f->rest = known / NOISE[j];
        f->pull = pull / NOISE[j];
        f->bend = sign * c[7] / RANGE[j] * NOISE[j];
        for (k = 0; k < 4; k++) {
            f->load[k] = seen->load[4 * j + k] / GAIN[j] / NOISE[j] * UNIT[k];
            tokens[LOAD_JOINTS + 4 * j + k] = f->load[k] / SIGMAS;
        }
        tokens[j] = (f->rest - f->pull - f->bend * f->pull * f->pull) / SIGMAS;
        tokens[5 * LOAD_JOINTS + j] = qd;
        tokens[6 * LOAD_JOINTS + j] = sign;
        tokens[7 * LOAD_JOINTS + j] = s->moving[j];
        tokens[8 * LOAD_JOINTS + j] = log1p(seen->jolt[j] / NOISE[j]);
        tokens[9 * LOAD_JOINTS + j] = s->qdd[j] / 10;
    }
}

/* One step of the gated recurrent unit; says for each joint what is off, and log belief. */
static void think(load_real *hidden, const load_real *tokens, load_real *said)
{
    load_real x[LOAD_WIDTH], in[3 * LOAD_WIDTH], own[3 * LOAD_WIDTH];
    int k;
    layer(ENTER, ENTER_SCALE, ENTER_BIAS, LOAD_WIDTH, INPUTS, tokens, x);
    for (k = 0; k < LOAD_WIDTH; k++)
        x[k] = tanh(x[k]);
    layer(GATES, GATES_SCALE, GATES_BIAS, 3 * LOAD_WIDTH, LOAD_WIDTH, x, in);
    layer(RECUR, RECUR_SCALE, RECUR_BIAS, 3 * LOAD_WIDTH, LOAD_WIDTH, hidden, own);
    for (k = 0; k < LOAD_WIDTH; k++) {
        const load_real reset = sigmoid(in[k] + own[k]);
        const load_real keep = sigmoid(in[LOAD_WIDTH + k] + own[LOAD_WIDTH + k]);
        const load_real fresh = tanh(in[2 * LOAD_WIDTH + k] + reset * own[2 * LOAD_WIDTH + k]);
        hidden[k] = fresh + keep * (hidden[k] - fresh);
    }
    layer(LEAVE, LEAVE_SCALE, LEAVE_BIAS, 2 * LOAD_JOINTS, LOAD_WIDTH, hidden, said);
}

/* Add what a span tells to the information. */
static void weigh(LoadMemory *n, const Facts *facts, const load_real *said)
{
    int i, j, k;
    for (j = 0; j < LOAD_JOINTS; j++) {
        const Facts *f = facts + j;
        const load_real log_belief = smaller(larger(said[LOAD_JOINTS + j], -6), 2);
        const load_real belief = exp(2 * log_belief);
        load_real pulled = f->pull, slope, beyond, row[4];
        for (k = 0; k < 4; k++)
            pulled += f->load[k] * n->mean[k];
        slope = 1 + 2 * f->bend * pulled;
        beyond = f->rest - pulled - f->bend * pulled * pulled - SIGMAS * said[j];
        for (k = 0; k < 4; k++) {
            row[k] = slope * f->load[k];
            beyond += row[k] * n->mean[k];
        }
        for (k = 0; k < 4; k++) {
            n->sum[k] += row[k] * belief * beyond;
            for (i = 0; i < 4; i++)
                n->weight[k][i] += row[k] * belief * row[i];
        }
    }
}

/* What the information amounts to, as a load in SI units. */
static void solve(LoadMemory *n, Belief *b)
{
    load_real A[4][4];
    int i, k;
    memcpy(A, n->weight, sizeof A);
    inverse(A, b->cov);
    b->prior_mass = LIFTED_MASS;
    b->prior_std = LIFTED_STD;
    for (i = 0; i < 4; i++) {
        n->mean[i] = 0;
        for (k = 0; k < 4; k++)
            n->mean[i] += b->cov[i][k] * n->sum[k];
        b->mean[i] = n->mean[i] * UNIT[i];
    }
    for (i = 0; i < 4; i++)
        for (k = 0; k < 4; k++)
            b->cov[i][k] *= UNIT[i] * UNIT[k];
}

static void begin_motion(LoadMemory *n)
{
    int k;
    memset(n->hidden, 0, sizeof n->hidden);
    memset(n->weight, 0, sizeof n->weight);
    memset(n->sum, 0, sizeof n->sum);
    memset(n->mean, 0, sizeof n->mean);
    for (k = 0; k < 4; k++)
        n->weight[k][k] = 1 / (FIRST_GUESS[k] * FIRST_GUESS[k]);
    n->sum[0] = n->weight[0][0] * MIDDLE;
    n->mean[0] = MIDDLE;
}

/* Know no more than what is believed of loads. */
static void forget_motion(LoadMemory *n)
{
    int k;
    begin_motion(n);
    n->began = 0;
    n->moved = 0;
    n->elapsed = 0;
    n->said.mass = PRIOR_MASS;
    n->said.mass_std = PRIOR_MASS_STD;
    n->said.known = PRIOR_MASS_STD <= KNOWN;
    for (k = 0; k < 3; k++) {
        n->said.com[k] = PRIOR_COM[k];
        n->said.com_std[k] = PRIOR_COM_STD;
    }
}

/* Take one span. A motion begins where the arm has stood last; standing still after it tells too,
 * up to the horizon. Returns whether one begins. */
static int follow(LoadMemory *n, const Smooth *s, const Seen *seen)
{
    load_real tokens[INPUTS], said[2 * LOAD_JOINTS];
    Facts facts[LOAD_JOINTS];
    LoadEstimate now;
    Belief b;
    int j, moves = 0, begins;
    for (j = 0; j < LOAD_JOINTS; j++)
        moves = moves || fabs(s->qd[j]) > MOVING;
    begins = !n->began || s->time < n->began_time
             || !(moves || (n->moved && n->elapsed <= HORIZON));
    if (begins) {
        begin_motion(n);
        n->began = 1;
        n->moved = 0;
        n->began_time = s->time;
        n->before = n->said;
    }
    n->moved = n->moved || moves;
    n->elapsed = s->time - n->began_time;
    if (n->elapsed > HORIZON)
        return begins;
    learn_facts(s, seen, facts, tokens);
    for (j = 0; j < 4; j++)
        tokens[INPUTS - 4 + j] = n->mean[j] / 5;
    think(n->hidden, tokens, said);
    weigh(n, facts, said);
    solve(n, &b);
    memset(&now, 0, sizeof now);
    say(&b, &now, NULL);
    /* What an earlier motion has told stands until this one tells more. */
    n->said = now.mass_std <= n->before.mass_std ? now : n->before;
    return begins;
}
