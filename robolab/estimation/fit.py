"""Fit inertial parameters and friction of an arm to what its motors drew, all bodies such as can be.

Least squares by Gauss-Newton over coordinates in which every body is real, from the description's values: directions
that the logs do not excite stay there. Friction grows with the transmitted torque, which the fit itself gives, so
that the columns are made anew a few times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.estimation.drive import LOAD, NAMES, Drives, current_of, friction_columns
from robolab.estimation.inertia import body_of, coordinates_of
from robolab.estimation.payload_step import MOVING
from robolab.estimation.rigid import arm_columns, motion_of
from robolab.estimation.smooth import Smooth
from robolab.robots.linkage import Linkage
from robolab.robots.model import RobotModel

BODY_STD = np.array([0.1, *[0.3] * 3, *[0.05] * 3, *[0.05] * 3])
"""How far bodies may be from the description: log of mass over two, logs of spread, shears [m], centre of mass [m]."""
GAIN_STD = 0.03
"""How far gains may be from the description's, beside their common scale."""
LOAD_SHARE, LOAD_SHARE_STD = 0.15, 0.05
"""Share of its full torque that a strain wave gear takes to pass it, where a joint's own logs do not say."""
_TOGETHER = 0.3
"""Residuals this close in time count as one [s]."""
_ROUNDS = 4
_STEPS = 12


@dataclass(frozen=True)
class Run:
    """One log, smoothed, with the columns of its motion.

    Attributes:
        columns: Torque per inertial parameter, shape (k, n, 10 N).
        moving: Shape (k, n), bool.
        share: Independent samples per sample.
    """

    name: str
    smooth: Smooth
    columns: Array
    moving: np.ndarray
    share: float


@dataclass(frozen=True)
class Fit:
    """Result of a fit.

    Attributes:
        bodies: Shape (N, 10).
        drives: Gains and friction.
        sigma: Standard deviation of the unexplained current, shape (n,) [A].
        body_std, body_prior_std: Standard deviations of the inertial parameters with and without the logs, (N, 10).
    """

    bodies: Array
    drives: Drives
    sigma: Array
    body_std: Array
    body_prior_std: Array


def run_of(name: str, smooth: Smooth, linkage: Linkage) -> Run:
    """Prepare a log for fits."""
    motion = motion_of(linkage, smooth.q, smooth.qd, smooth.qdd)
    step = float(np.median(np.diff(smooth.time))) if len(smooth.time) > 1 else _TOGETHER
    moving = (smooth.slowest > MOVING) & np.isfinite(smooth.current)
    return Run(name, smooth, arm_columns(linkage, motion), moving, min(step / _TOGETHER, 1.0))


def fit_arm(runs: Sequence[Run], robot: RobotModel, gain: Array) -> Fit:
    """Fit an arm to runs without a load.

    What one body weighs shows in several joints, so that runs without a load tell the gains' ratios, but not their
    common scale.

    Args:
        gain: Usual torque per ampere, shape (n,) [N m/A].
    """
    linkage, n = robot.linkage, robot.dof
    full = robot.limits.torque / gain
    friction, friction_std = _friction_prior(robot, gain)
    start = np.array([coordinates_of(body) for body in linkage.inertial])
    prior = np.concatenate([start.ravel(), friction.ravel(), np.zeros(n)])
    spreads = [np.tile(BODY_STD, len(start)), friction_std.ravel(), np.full(n, GAIN_STD)]
    weights = 1.0 / np.concatenate(spreads) ** 2
    at, sigma = prior.copy(), robot.motors.current_noise.copy()
    drives, bodies = Drives(gain, friction, full), linkage.inertial
    H, g = _normal(runs, bodies, drives, gain, sigma)
    for turn in range(_ROUNDS):
        if turn:
            H, g = _normal(runs, bodies, drives, gain, sigma)
        at = _descend(H, g, at, prior, weights, len(start))
        bodies = np.array([body_of(x)[0] for x in at[: start.size].reshape(start.shape)])
        drives = Drives(gain / (1.0 + at[-n:]), at[start.size : -n].reshape(n, -1), full)
        sigma = _sigma(runs, bodies, drives, sigma)
    std, prior_std = _spreads(H, at, prior, weights, len(start))
    return Fit(bodies, drives, sigma, std, prior_std)


def unexplained(run: Run, bodies: Array, drives: Drives) -> Array:
    """Return what a fit leaves of a run's current, shape (k, n) [A]."""
    torque = run.columns @ bodies.ravel()
    return run.smooth.current - current_of(drives, torque, run.smooth.qd, run.smooth.qdd)[0]


def _friction_prior(robot: RobotModel, gain: Array) -> tuple[Array, Array]:
    motors = robot.motors
    coulomb, viscous = motors.coulomb / gain, motors.viscous / gain
    rotor = motors.rotor_inertia * motors.gear_ratio**2 / gain
    mean, std = (np.zeros((robot.dof, len(NAMES))) for _ in range(2))
    mean[:, 0], std[:, 0] = coulomb, coulomb
    mean[:, 1], std[:, 1] = viscous, viscous
    std[:, 2:5] = 0.5 * coulomb[:, None]
    std[:, 5] = 0.05 * coulomb
    mean[:, 6], std[:, 6] = rotor, 0.5 * rotor
    mean[:, LOAD], std[:, LOAD] = LOAD_SHARE, LOAD_SHARE_STD
    return mean, np.maximum(std, 1e-6)


def _normal(
    runs: Sequence[Run], bodies: Array, drives: Drives, usual: Array, sigma: Array
) -> tuple[Array, Array]:
    """Normal equations over all bodies' parameters, all joints' friction, and by how much more current each takes.

    Each residual counts in its own sigma.
    """
    n, p, f = len(usual), bodies.size, drives.friction.shape[1]
    H, g = np.zeros((p + n * f + n,) * 2), np.zeros(p + n * f + n)
    more = usual / drives.gain - 1.0
    for run in runs:
        torque = run.columns @ bodies.ravel()
        own = friction_columns(run.smooth.qd, run.smooth.qdd, torque / drives.gain, drives.range)
        for j in range(n):
            k = run.moving[:, j]
            plain = torque[k, j] / usual[j]
            own_columns: list[Array] = [
                run.columns[k, j] / drives.gain[j],
                own[k, j],
                plain[:, None],
            ]
            A = np.concatenate(own_columns, axis=1)
            b = run.smooth.current[k, j] + more[j] * plain
            first = p + j * f
            at = np.array([*range(p), *range(first, first + f), p + n * f + j])
            weight = run.share / sigma[j] ** 2
            H[np.ix_(at, at)] += weight * A.T @ A
            g[at] += weight * A.T @ b
    return H, g


def _linear(at: Array, count: int) -> tuple[Array, Array]:
    """Parameters of a point, and their slopes."""
    value, slope = at.copy(), np.eye(len(at))
    for i in range(count):
        part = slice(10 * i, 10 * i + 10)
        value[part], slope[part, part] = body_of(at[part])
    return value, slope


def _descend(H: Array, g: Array, at: Array, prior: Array, weights: Array, count: int) -> Array:
    def cost(x: Array) -> float:
        value = _linear(x, count)[0]
        return float(value @ H @ value - 2.0 * g @ value + weights @ (x - prior) ** 2)

    best, damping = cost(at), 1e-3
    for _ in range(_STEPS):
        value, J = _linear(at, count)
        slope = J.T @ (g - H @ value) - weights * (at - prior)
        curvature = J.T @ H @ J + np.diag(weights)
        for _ in range(8):
            # Scaled by what is known already, damping holds back only what the logs do not fix.
            step = np.linalg.solve(curvature + damping * np.diag(weights), slope)
            tried = cost(at + step)
            if tried < best:
                break
            damping *= 10.0
        else:
            return at
        gained, at, best, damping = best - tried, at + step, tried, 0.1 * damping
        if gained < 1e-3:
            break
    return at


def _sigma(runs: Sequence[Run], bodies: Array, drives: Drives, before: Array) -> Array:
    total, count = np.zeros(len(before)), np.zeros(len(before))
    for run in runs:
        left = np.where(run.moving, unexplained(run, bodies, drives), 0.0)
        total += (left**2).sum(0)
        count += run.moving.sum(0)
    return np.where(count > 0, np.sqrt(total / np.maximum(count, 1)), before)


def _spreads(H: Array, at: Array, prior: Array, weights: Array, count: int) -> tuple[Array, Array]:
    J = _linear(at, count)[1]
    bodies = slice(0, 10 * count)
    with_logs = J @ np.linalg.inv(J.T @ H @ J + np.diag(weights)) @ J.T
    without = J @ np.diag(1.0 / weights) @ J.T
    shape = (count, 10)
    return (
        np.sqrt(np.diag(with_logs)[bodies]).reshape(shape),
        np.sqrt(np.diag(without)[bodies]).reshape(shape),
    )
