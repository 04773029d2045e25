"""One step of the Kalman filter as an ONNX graph, traced from the functions that Python runs.

Smoothing, the arm's torques, friction, the filter's prediction and the posterior are the estimator's own functions. Only
what branches on data is written here once more without branches: which joints count, and whether to forget.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from robolab.core.transforms import Array
from robolab.estimation import payload_step, smooth
from robolab.estimation.model import LoadModel
from robolab.estimation.payload import ALARM, AT_LEAST, BEYOND, KNOWN, MISFIT, MISFIT_TIME, SUSPECT
from robolab.estimation.payload_step import LOAD, Arm
from robolab.estimation.posterior import posterior
from robolab.export.traced import Graph, Traced
from robolab.export.traced_numpy import TracedNumpy, traced_copies

INPUTS = ("time", "samples", "state")
OUTPUTS = ("next_state", "estimate")
SWEEPS, TINY = 6, 1e-40
"""Of Jacobi's rotations, and what need not be turned away."""
_MODULES = ("drive", "smooth", "rigid", "payload_step", "posterior")


class State(NamedTuple):
    """What the filter carries from one step to the next, laid end to end in one vector.

    Attributes:
        mean, cov: See `payload_step.Belief`.
        since, jolt: See `payload_step.Memory`, shape (n,).
        about: Load that friction is linearised about, shape (4,).
        last: Time of the last step (beyond -1e300: none yet), of the load's last change (-1: never), and alarms in a
            row, how many variances currents are off on average, and suspicions in a row, shape (5,).
    """

    mean: Any
    cov: Any
    since: Any
    jolt: Any
    about: Any
    last: Any


def begin_state(arm: Arm, model: LoadModel) -> Array:
    """Return the state before the first step, shape (s,)."""
    mean, cov = payload_step.begin(arm)
    said = posterior(mean[:LOAD], cov[:LOAD, :LOAD], model.prior, model.gain_share)
    memory, last = np.zeros(2 * len(arm.white)), np.array([-1e301, -1.0, 0.0, 1.0, 0.0])
    return np.concatenate([mean, cov.ravel(), memory, said.load, last])


def kalman_graph(model: LoadModel, arm: Arm, period: float) -> Graph:
    """Trace a step.

    Inputs are `time` (k,), `samples` (k, 3 n: positions, velocities, currents) and `state` (s,); outputs are
    `next_state` (s,) and `estimate` (10,), see `load_contract.Recording.said`; the clock is whoever's who gathers the samples.
    """
    graph = Graph()
    shim = TracedNumpy(graph, SWEEPS, TINY)
    ours = traced_copies([f"robolab.estimation.{name}" for name in _MODULES], shim)
    n, k = len(arm.white), smooth.samples_in(period)
    time, samples = graph.input("time", (k,)), graph.input("samples", (k, 3 * n))
    size = LOAD + 3 * n
    state = _unpacked(graph.input("state", (size + size * size + 2 * n + LOAD + 5,)), size, n)
    q, qd, current = (samples[:, i * n : (i + 1) * n] for i in range(3))
    current = shim.where(shim.abs(current) < smooth.MOST, current, np.nan)
    smoothed = ours["smooth"].smoothed(time, q, qd, current)
    seen = ours["payload_step"].see(arm, smoothed)
    after = _taken(ours["payload_step"], shim, arm, seen, state, model.prior.most)
    mean, cov = after.mean[:LOAD], after.cov[:LOAD, :LOAD]
    said = ours["posterior"].posterior(mean, cov, model.prior, model.gain_share)
    sure = shim.where(said.mass_std > KNOWN, 0.0, 1.0)
    estimate = shim.concatenate([[said.mass, said.mass_std], said.com, said.com_std, [sure]])
    estimate = shim.where(after.last[3] < MISFIT, estimate, _unknown(arm, model))
    after = after._replace(about=said.load, cov=after.cov.reshape(-1))
    graph.output(OUTPUTS[0], shim.concatenate(list(after)))
    graph.output(OUTPUTS[1], shim.concatenate([estimate, [after.last[1]]]))
    return graph


def _unknown(arm: Arm, model: LoadModel) -> Array:
    """What is said of the load where nothing is known, shape (9,)."""
    mean, cov = payload_step.begin(arm)
    said = posterior(mean[:LOAD], cov[:LOAD, :LOAD], model.prior, model.gain_share)
    return np.concatenate([[said.mass, said.mass_std], said.com, said.com_std, [0.0]])


def _unpacked(vector: Traced, size: int, n: int) -> State:
    ends = np.cumsum([size, size * size, n, n, LOAD, 5])
    parts = [
        vector[start:end]
        for start, end in zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True)
    ]
    return State(parts[0], parts[1].reshape(size, size), *parts[2:])


def _taken(step: Any, np_: TracedNumpy, arm: Arm, seen: Any, state: State, most: float) -> State:
    """See `PayloadEstimator.take`."""
    begun = np_.isfinite(state.last[0])
    passed = np_.where(begun, np_.maximum(seen.time - state.last[0], 0.0), 0.0)
    pull = seen.load @ state.about / arm.drives.gain
    belief = step.advance(arm, step.Belief(state.mean, state.cov), passed, pull)
    memory = step.remember(step.Memory(state.since, state.jolt), seen, passed)
    var = step.variances(arm, memory)
    # A dead channel must not spoil the sums that it counts nothing in.
    seen = seen._replace(current=np_.where(seen.moving, seen.current, 0.0))
    unexpected, H = step.rows(arm, belief, seen, state.about)
    far = _surprise(np_, belief, seen.moving, unexpected, H, var)
    count = np_.where(seen.moving, 1.0, 0.0).sum()
    far = far / np_.maximum(count, 1.0)
    closer = (1.0 - np_.exp(-passed / MISFIT_TIME)) * (np_.minimum(far, ALARM) - state.last[3])
    misfit = state.last[3] + np_.where(count > 0.0, closer, 0.0)
    alarms = np_.where(far > ALARM, state.last[2] + 1.0, 0.0)
    other = alarms > 1.5
    alarms = np_.where(other, 0.0, alarms)
    belief = _either(np_, other, step.forget(arm, belief), belief)
    suspicions = np_.where(far > SUSPECT, state.last[4] + 1.0, 0.0)
    suspicions = np_.where(other, 0.0, suspicions)
    doubtful = suspicions > 1.5
    suspicions = np_.where(doubtful, 0.0, suspicions)
    belief = _either(np_, doubtful, step.doubt(arm, belief), belief)
    unexpected, H = step.rows(arm, belief, seen, state.about)
    corrected = _correct(step, np_, belief, seen.moving, unexpected, H, var)
    belief = _either(np_, alarms > 0.5, belief, corrected)
    mass, std = belief.mean[0], np_.sqrt(belief.cov[0, 0])
    impossible = np_.maximum(-mass, mass - most) > BEYOND * std + AT_LEAST
    belief = _either(np_, impossible, step.forget(arm, belief), belief)
    changed = np_.where(other, seen.time, state.last[1])
    last = np_.stack([seen.time, changed, alarms, misfit, suspicions])
    return State(belief.mean, belief.cov, memory.since, memory.jolt, state.about, last)


def _either(np_: TracedNumpy, truth: Traced, a: Any, b: Any) -> Any:
    return type(a)(*(np_.where(truth, x, y) for x, y in zip(a, b, strict=True)))


def _surprise(
    np_: TracedNumpy, belief: Any, moving: Traced, unexpected: Traced, H: Traced, var: Traced
) -> Traced:
    """See `payload_step.surprise`; joints that stand are told apart by rows of 0 and a variance of 1."""
    n = len(var)
    rows = np_.where(moving[:, None], H, 0.0)
    S = rows @ belief.cov @ rows.T + np_.eye(n) * np_.where(moving, var, 1.0)
    left = np_.where(moving, unexpected, 0.0)
    total: Any = 0.0
    # Cholesky's decomposition without roots, one joint at a time.
    for j in range(n):
        total = total + left[j] ** 2 / S[j, j]
        share = S[:, j] / S[j, j]
        left, S = left - share * left[j], S - share[:, None] * S[j]
    return total


def _correct(
    step: Any,
    np_: TracedNumpy,
    belief: Any,
    moving: Traced,
    unexpected: Traced,
    H: Traced,
    var: Any,
) -> Any:
    """See `payload_step.correct`; joints that stand have no weight."""
    change, cov = np_.zeros(len(belief.mean)), belief.cov
    for j in range(len(var)):
        spread = np_.where(moving[j], cov @ H[j], 0.0)
        weight = spread / (H[j] @ spread + var[j])
        change = change + weight * (unexpected[j] - H[j] @ change)
        cov = cov - weight[:, None] * spread
    return step.Belief(belief.mean + change, cov)
