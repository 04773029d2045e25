"""One step of the payload filter, as functions of plain arrays.

State: mass and mass times centre of mass (4), then for each joint what lasts of the unexplained current (n), and by
how much Coulomb and viscous friction differ from what was identified (2 n). Everything is linear but friction's
dependence on torque, about which each step is linearised. Measurements are taken one joint at a time, so that
nothing is ever inverted.

An exported step is this file, `rigid.py` for the arm at hand, `drive.py` and `smooth.fit`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from robolab.core.transforms import Array
from robolab.estimation.drive import TURN, Drives, current_of
from robolab.estimation.rigid import Motion, arm_torque, motion_of, payload_columns
from robolab.estimation.smooth import Smooth
from robolab.robots.linkage import Linkage

LOAD = 4
"""Entries of the state that belong to the load."""
MOVING = 0.02
"""Joints slower than this anywhere within a span tell nothing: their friction may be anything [rad/s]."""
STEP = 0.04
"""Time between two updates [s]."""
JOLTED, JOLT_TIME = 0.3, 0.15
"""Share of a change of current within one span that the model may miss, and for how long it goes on to [s]."""
MISSED = 0.02
"""Share of a load's current that the model may miss for as long as the motion stays much the same."""
FRESH, FRESH_TIME = 8.0, 0.15
"""By how much variances of a joint rise that has just begun to move, and for how long [s]."""


class Arm(NamedTuple):
    """What the step has to know, all of it constant.

    Attributes:
        inertial: Parameters of all bodies, shape (10 N,).
        white, slow, slow_time, coulomb, viscous: See `model.Noise`, shape (n,).
        mass_rate, moment_rate: How fast a load may change unnoticed [kg/sqrt(s), kg m/sqrt(s)].
        first: Standard deviations of the load before anything is known, shape (4,).
    """

    linkage: Linkage
    drives: Drives
    inertial: Array
    white: Array
    slow: Array
    slow_time: Array
    coulomb: Array
    viscous: Array
    mass_rate: float
    moment_rate: float
    first: Array


class Seen(NamedTuple):
    """What one span of samples shows; any leading shape.

    Attributes:
        time: [s].
        torque: Of the arm without a load, shape (..., n) [N m].
        load: Torque per parameter of the load, shape (..., n, 4).
        qd, qdd, current: Shape (..., n).
        moving: Which joints tell something, shape (..., n), bool.
        jolt: How far the current changes within the span because the acceleration does, shape (..., n) [A].
    """

    time: Array
    torque: Array
    load: Array
    qd: Array
    qdd: Array
    current: Array
    moving: np.ndarray
    jolt: Array


class Memory(NamedTuple):
    """What just happened: how long each joint has been moving [s], and the last jolt [A], shape (n,)."""

    since: Array
    jolt: Array


class Belief(NamedTuple):
    """Mean and covariance of the state, shapes (4 + 3 n,) and square."""

    mean: Array
    cov: Array


def see(arm: Arm, smooth: Smooth) -> Seen:
    """Turn smoothed signals into what the filter compares."""
    # The motion, and the same after the acceleration has changed as it does within the span.
    both = motion_of(
        arm.linkage,
        np.stack([smooth.q, smooth.q]),
        np.stack([smooth.qd, smooth.qd]),
        np.stack([smooth.qdd, smooth.qdd + smooth.swing]),
    )
    torque, after = arm_torque(arm.linkage, both, arm.inertial)
    jolt = np.abs(after - torque) / arm.drives.gain
    load = payload_columns(arm.linkage, Motion(*(values[0] for values in both)), LOAD)
    moving = (smooth.slowest > MOVING) & np.isfinite(smooth.current)
    return Seen(smooth.time, torque, load, smooth.qd, smooth.qdd, smooth.current, moving, jolt)


def variances(arm: Arm, memory: Memory) -> Array:
    """Return the variance of what is new in each joint's current, shape (n,) [A2].

    Just after a joint has begun to move the model is worth less, and where the acceleration has just jumped hardly
    anything: gears are springs, and the rotor that the current turns is not where the link is that encoders see.
    """
    fresh = 1.0 + FRESH * np.exp(-memory.since / FRESH_TIME)
    return arm.white**2 * fresh + (JOLTED * memory.jolt) ** 2


def remember(memory: Memory, seen: Seen, seconds: float) -> Memory:
    """Let time pass, and take one span of samples."""
    since = np.where(seen.moving, memory.since + seconds, 0.0)
    return Memory(since, np.maximum(seen.jolt, memory.jolt * np.exp(-seconds / JOLT_TIME)))


def begin(arm: Arm) -> Belief:
    """Return what is believed before the first sample."""
    n = len(arm.white)
    spread = np.concatenate([arm.first, arm.slow, arm.coulomb, arm.viscous])
    return Belief(np.zeros(LOAD + 3 * n), np.diag(spread**2))


def forget(arm: Arm, belief: Belief) -> Belief:
    """Return a belief that knows nothing of the load, and still knows the arm."""
    mean, cov = belief.mean.copy(), belief.cov.copy()
    mean[:LOAD] = 0.0
    cov[:LOAD] = cov[:, :LOAD] = 0.0
    cov[range(LOAD), range(LOAD)] = arm.first**2
    return Belief(mean, cov)


def doubt(arm: Arm, belief: Belief) -> Belief:
    """Return a belief that still has its load, but counts with any other."""
    cov = belief.cov.copy()
    cov[range(LOAD), range(LOAD)] += arm.first**2
    return Belief(belief.mean, cov)


def advance(arm: Arm, belief: Belief, seconds: float, pull: Array) -> Belief:
    """Let time pass.

    Args:
        pull: Current that the load takes now, as far as is known, shape (n,) [A]: a share of it lasts unexplained.
    """
    n = len(arm.white)
    fade = np.ones(len(belief.mean))
    fade[LOAD : LOAD + n] = np.exp(-seconds / arm.slow_time)
    cov = belief.cov * fade[:, None] * fade
    added = np.zeros(len(fade))
    added[0], added[1:LOAD] = arm.mass_rate**2 * seconds, arm.moment_rate**2 * seconds
    lasting = arm.slow**2 + (MISSED * pull) ** 2
    added[LOAD : LOAD + n] = lasting * (1.0 - fade[LOAD : LOAD + n] ** 2)
    cov[range(len(fade)), range(len(fade))] += added
    return Belief(belief.mean * fade, cov)


def rows(arm: Arm, belief: Belief, seen: Seen, about: Array) -> tuple[Array, Array]:
    """Return what is unexpected about the currents, and the rows that relate it to the state.

    Args:
        about: Load that friction is linearised about, shape (4,).
    Returns:
        Shapes (n,) and (n, 4 + 3 n).
    """
    n = len(arm.white)
    current, slope = current_of(arm.drives, seen.torque + seen.load @ about, seen.qd, seen.qdd)
    H = np.zeros((n, LOAD + 3 * n))
    joints = np.arange(n)
    H[:, :LOAD] = slope[:, None] * seen.load
    H[joints, LOAD + joints] = 1.0
    H[joints, LOAD + n + joints] = np.tanh(seen.qd / TURN)
    H[joints, LOAD + 2 * n + joints] = seen.qd
    difference = belief.mean.copy()
    difference[:LOAD] -= about
    return seen.current - current - H @ difference, H


def surprise(belief: Belief, seen: Seen, unexpected: Array, H: Array, var: Array) -> float:
    """Return how many variances the currents are from what was expected, summed over the joints that move."""
    k = seen.moving
    if not k.any():
        return 0.0
    S = H[k] @ belief.cov @ H[k].T + np.diag(var[k])
    return float(unexpected[k] @ np.linalg.solve(S, unexpected[k]))


def correct(belief: Belief, seen: Seen, unexpected: Array, H: Array, var: Array) -> Belief:
    """Take the currents of all moving joints, one after the other."""
    change, cov = np.zeros(len(belief.mean)), belief.cov.copy()
    for j in np.flatnonzero(seen.moving):
        spread = cov @ H[j]
        weight = spread / (H[j] @ spread + var[j])
        change = change + weight * (unexpected[j] - H[j] @ change)
        cov = cov - weight[:, None] * spread
    return Belief(belief.mean + change, cov)
