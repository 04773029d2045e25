"""Time the rest of a motion that is under way anew, when the load turns out to be another than thought.

The arm stays on its path. The new time law takes over at a break of the motion in hand, with the same
position, velocity and acceleration, and is optimised from there to rest as any other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.model import RobotModel
from robolab.trajectory.loads import Load
from robolab.trajectory.polynomial import PiecewisePolynomial
from robolab.trajectory.splice import cut, join, moved
from robolab.trajectory.timing import TimingSettings, refined
from robolab.trajectory.timing_fit import slowdown_of_derivatives, slowdown_of_loads
from robolab.trajectory.timing_limits import MotionLimits
from robolab.trajectory.timing_path import Moving
from robolab.trajectory.trajectory import LegRequirements

_LEAST_REST = 0.04
"""A motion with less than this to go is left as it is [s]."""
_OFF_PATH = 1e-5
"""How far from its path a motion under way may be, as a share of the joints' speed limits in a second."""
_TRIES = 3
_SLACK = 1e-7
"""By how much a limit counts as kept that rounding exceeds."""
_QUICK = TimingSettings(margin=4e-3, refinements=2)
"""More is held back than from rest, since what is under way cannot be slowed down as a whole."""


@dataclass(frozen=True)
class Retimed:
    """A motion that goes on otherwise than it began.

    Attributes:
        curve: The whole of it, from where the one in hand begins.
        taken_over: When the new time law takes over [s].
    """

    curve: PiecewisePolynomial
    taken_over: float


def retime_rest(
    robot: RobotModel,
    path: PiecewisePolynomial,
    under_way: PiecewisePolynomial,
    not_before: float,
    *,
    load: Load = None,
    requirements: LegRequirements | None = None,
    settings: TimingSettings | None = None,
) -> Retimed | None:
    """Run through the rest of a path in nearly the least time, from the state in which a motion along it is.

    Args:
        path: What the motion follows; see `time_path`.
        under_way: The motion in hand, which `time_path` made of that path.
        not_before: The earliest time at which the new law may take over [s].
    Returns:
        None where the motion in hand is as good as over, or no law within the limits was found that is
        quicker: the arm then goes on as it was.
    """
    settings = settings or _QUICK
    ahead = under_way.breaks[under_way.breaks >= not_before - 1e-12]
    if ahead.size == 0 or under_way.end - float(ahead[0]) < _LEAST_REST:
        return None
    at = float(ahead[0])
    start = moving_at(robot, path, under_way, at)
    if start is None:
        return None
    limits = MotionLimits.of(robot, load, requirements)
    rest = _rest(limits, path, start, settings)
    if rest is None or at + rest.end >= under_way.end:
        return None
    return Retimed(join([cut(under_way, under_way.start, at), moved(rest, at)]), at)


def _rest(
    limits: MotionLimits, path: PiecewisePolynomial, start: Moving, settings: TimingSettings
) -> PiecewisePolynomial | None:
    """Return the quickest curve found that keeps all limits.

    It cannot be slowed down as a whole, being under way; where a limit is exceeded, more of all limits is
    held back in another try.
    """
    margin = settings.margin
    for _ in range(_TRIES):
        found, excess = None, 0.0
        for curve, _, expected in refined(limits, path, replace(settings, margin=margin), start):
            over = max(slowdown_of_derivatives(curve, limits), slowdown_of_loads(curve, limits))
            excess = over - 1.0
            kept = excess <= _SLACK
            if kept and (found is None or curve.end < found.end):
                found = curve
            if kept and 1.0 - curve.end / expected < settings.worthwhile:
                break
        if found is not None:
            return found
        # Of jerk, which is the first to be exceeded, three times the margin is held back.
        margin += excess + settings.margin
    return None


def moving_at(
    robot: RobotModel, path: PiecewisePolynomial, motion: PiecewisePolynomial, at: float
) -> Moving | None:
    """Return where along its path a motion is at one of its breaks, and how fast.

    Returns:
        None where it is at rest there, or not on the path.
    """
    state: Array = motion.jet(at, 2)
    unit = 1.0 / robot.limits.velocity
    where = _nearest(path, state[0], state[1], unit)
    position, along, bend = path.jet(where, 2) * unit
    scale = float(along @ along)
    rate = float(state[1] * unit @ along) / scale if scale > 0.0 else 0.0
    if rate <= 1e-6 or np.max(np.abs(position - state[0] * unit)) > _OFF_PATH:
        return None
    change = float((state[2] * unit - bend * rate**2) @ along) / scale
    return Moving(where, rate, change, state)


def _nearest(path: PiecewisePolynomial, q: Array, qd: Array, unit: Array) -> float:
    """Return the parameter of the point that is nearest to q of those passed in the direction of qd."""
    s = np.linspace(path.start, path.end, 513)
    point, along = path.jet(s, 1) * unit
    distance = np.sum((point - q * unit) ** 2, axis=1)
    distance[along @ (qd * unit) < 0.0] = np.inf
    where = float(s[np.argmin(distance)])
    for _ in range(20):
        away, along, bend = path.jet(where, 2) * unit - np.stack([q * unit, 0.0 * q, 0.0 * q])
        curvature = float(along @ along + away @ bend)
        step = float(away @ along) / max(curvature, 0.1 * float(along @ along) + 1e-300)
        where = float(np.clip(where - step, path.start, path.end))
    return where
