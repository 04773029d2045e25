"""From a time law along a path to a quintic trajectory that provably keeps its limits."""

from __future__ import annotations

import numpy as np

from robolab.core.errors import PlanningError
from robolab.core.transforms import Array
from robolab.trajectory.loads import heaviest
from robolab.trajectory.polynomial import PiecewisePolynomial, extrema, hermite
from robolab.trajectory.timing_limits import MotionLimits, friction_signs
from robolab.trajectory.timing_path import Moving, chain_rule, jet_along, law_at, times_at
from robolab.trajectory.timing_solver import Basis
from robolab.trajectory.tool_motion import tool_motion

_SAMPLES = 5
"""Torque samples on each piece, ends included."""
_UNSEEN = 1e-3
"""An acceleration's length can rise more sharply between two samples than a parabola shows: this share is left for it."""
_TIGHT = 1.0 - 1e-6
"""Share of the limits aimed at, a hair below 1 for what rounding adds later."""


def fit_quintics(
    path: PiecewisePolynomial,
    warp: PiecewisePolynomial,
    basis: Basis,
    coefficients: Array,
    jerk_limit: Array,
    first: Moving | None = None,
) -> PiecewisePolynomial:
    """Join position, velocity and acceleration at knots by quintic pieces.

    Knots stand where anything has a kink: at knots of x(u), of the warp and of the path. Pieces
    whose jerk strays at their ends by more than 0.2 % of its limit are halved.
    """
    u = _kinks(path, warp, basis)
    # Measured from the start, so that rounding does not drown the jerk of tiny motions.
    start = path(path.start)
    path = path.shifted(-start)
    rest = np.zeros_like(start)
    begin = np.stack([rest, rest, rest])
    if first is not None:
        begin = np.stack([first.state[0] - start, *first.state[1:]])
    curve, stray = _fit(path, warp, basis, coefficients, u, begin)
    for _ in range(2):
        coarse = np.flatnonzero(np.max(stray / jerk_limit, axis=1) > 2e-3)
        if coarse.size == 0:
            break
        u = np.sort(np.concatenate([u, 0.5 * (u[coarse] + u[coarse + 1])]))
        curve, stray = _fit(path, warp, basis, coefficients, u, begin)
    return curve.shifted(start)


def _fit(
    path: PiecewisePolynomial,
    warp: PiecewisePolynomial,
    basis: Basis,
    coefficients: Array,
    u: Array,
    begin: Array,
) -> tuple[PiecewisePolynomial, Array]:
    """Fit pieces between given u; return by how much their jerk strays at their ends, (pieces, n).

    Args:
        begin: Position, velocity and acceleration that the first piece begins with, shape (3, n).
    """
    t = times_at(basis, coefficients, u)
    q = np.stack(chain_rule(jet_along(path, warp, u), law_at(basis, coefficients, u)[..., None]))
    q[:3, 0], q[1:3, -1] = begin, 0.0
    curve = hermite(t, q[:3])
    h, c = np.diff(t)[:, None], curve.coefficients
    left = 6.0 * c[3]
    right = left + h * (24.0 * c[4] + 60.0 * h * c[5])
    return curve, np.maximum(np.abs(left - q[3, :-1]), np.abs(right - q[3, 1:]))


def _kinks(path: PiecewisePolynomial, warp: PiecewisePolynomial, basis: Basis) -> Array:
    """Ascending u, from 0 to 1, at which pieces begin and end; the basis' own knots are all in."""
    own = np.unique(basis.knots)
    dense = np.linspace(0.0, 1.0, 8 * own.size)
    others = np.interp(path.breaks[1:-1], warp(dense)[:, 0], dense)
    others = np.concatenate([others, warp.breaks[1:-1]])
    # Slivers would only amplify rounding.
    nearest = np.min(np.abs(others[:, None] - own), axis=1, initial=np.inf)
    others = np.unique(others[nearest > 0.1 * own[1]])
    others = others[np.diff(others, prepend=-1.0) > 0.1 * own[1]]
    return np.sort(np.concatenate([own, others]))


def within_limits(curve: PiecewisePolynomial, limits: MotionLimits) -> PiecewisePolynomial:
    """Slow a curve down uniformly, as little as it takes to keep every limit everywhere.

    Velocity falls with the factor, acceleration with its square, jerk with its cube; what gravity
    asks of the torque stays, so the torque is looked at again after each step.

    Raises:
        PlanningError: somewhere the arm can hardly be held still, and no slowness is enough.
    """
    factor = slowdown_of_derivatives(curve, limits)
    for _ in range(20):
        slowed = curve.stretched(factor) if factor > 1.0 else curve
        more = slowdown_of_loads(slowed, limits)
        if more <= 1.0:
            return slowed
        factor *= more
    raise PlanningError(
        f"however slow, the motion's torque exceeds {limits.robot.name}'s limits: the arm can hardly be held still",
        field="payload.mass",
        value=None if (load := heaviest(limits.load)) is None else load.mass,
        expected="a lighter payload or a path nearer to the base",
    )


def slowdown_of_derivatives(curve: PiecewisePolynomial, limits: MotionLimits) -> float:
    """By how much to slow down for velocity, acceleration and jerk; 1 where they hold."""
    factor = 1.0
    bounds = (limits.velocity, limits.acceleration, limits.jerk)
    for order, bound in enumerate(bounds, start=1):
        low, high = extrema(curve, order)
        share = float(np.max(np.maximum(-low, high) / bound)) / _TIGHT
        factor = max(factor, share ** (1.0 / order))
    return factor


def sample_times(curve: PiecewisePolynomial) -> Array:
    """Times on each piece, ends included, shape (pieces, samples)."""
    share = np.linspace(0.0, 1.0, _SAMPLES)
    return curve.breaks[:-1, None] + np.diff(curve.breaks)[:, None] * share


def slowdown_of_loads(curve: PiecewisePolynomial, limits: MotionLimits) -> float:
    """By how much to slow down for the torques and the tool's motion; 1 where they hold."""
    t = sample_times(curve)
    q, qd, qdd = curve.jet(t.ravel(), 2)
    still = np.zeros_like(q)
    rates, changes = np.stack([qd, still]), np.stack([qdd, still])
    doubt = limits.doubt(q, rates, changes)
    factors = [
        _slowdown_of_torque(limits, qd, limits.torque(q, rates, changes, load), doubt, t)
        for load in limits.loads
    ]
    return max(*factors, _slowdown_of_tool(limits, q, qd, qdd, t))


def _slowdown_of_torque(
    limits: MotionLimits, qd: Array, torques: Array, doubt: Array, t: Array
) -> float:
    """By how much to slow down for torques in motion and at rest, with what doubt adds, each of shape (2, k, n)."""
    torque, gravity = torques
    up, down = friction_signs(qd, limits.velocity)
    motors = limits.robot.motors
    drag = motors.viscous * np.abs(qd)
    factor = 1.0
    for sign, hurts in ((1.0, up), (-1.0, down)):
        held = sign * gravity + doubt[1] + hurts * motors.coulomb
        # Friction steps where a joint turns round; what bends a step between samples is no peak.
        peak = _peaks(sign * torque + doubt[0] + hurts * drag, t) + hurts * motors.coulomb
        over = peak > limits.robot.limits.torque * (1.0 - 1e-9)
        if np.any(over):
            room = np.maximum(limits.robot.limits.torque * _TIGHT - held, 1e-9)
            factor = max(factor, float(np.max(((peak - held) / room)[over])))
    return factor


def _slowdown_of_tool(limits: MotionLimits, q: Array, qd: Array, qdd: Array, t: Array) -> float:
    factor = 1.0
    if limits.tool_speed is None and limits.tool_acceleration is None:
        return factor
    _, v, a = tool_motion(limits.robot.chain, q, qd, qdd)
    asked = ((v, limits.tool_speed, 1, 0.0), (a, limits.tool_acceleration, 2, _UNSEEN))
    for value, limit, order, unseen in asked:
        if limit is not None:
            bound = limit * (1.0 - unseen)
            peak = float(np.max(_peaks(np.linalg.norm(value, axis=1, keepdims=True), t)))
            if peak > bound * (1.0 - 1e-9):
                factor = max(factor, (peak / (bound * _TIGHT)) ** (1.0 / order))
    return factor


def _peaks(samples: Array, t: Array) -> Array:
    """Raise samples to what the signal may reach around them.

    That is the peak of the parabola through a sample and its neighbours on the piece, with half
    its excess again for what a parabola misses; and a quarter of the second difference at steps
    of a millisecond, so that a check at such steps with a bound on what lies between agrees.

    Args:
        samples: Shape (pieces * samples, m), at times t, shape (pieces, samples).
    """
    y = samples.reshape(*t.shape, -1)
    slope = 0.5 * (y[:, 2:] - y[:, :-2])
    bend = y[:, 1:-1] - 0.5 * (y[:, 2:] + y[:, :-2])
    inside = bend > 0.5 * np.abs(slope)
    excess = np.where(inside, slope**2 / np.where(inside, 4.0 * bend, 1.0), 0.0)
    steps = np.minimum(1.0, 1e-3 / (t[:, 1] - t[:, 0])) ** 2
    raised = y + 0.5 * np.max(np.abs(bend), axis=1, keepdims=True) * steps[:, None, None]
    raised[:, 1:-1] += 1.5 * excess
    return raised.reshape(samples.shape)
