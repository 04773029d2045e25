"""From a path with corners to a smooth curve that stays free."""

from __future__ import annotations

from collections.abc import Sequence

from robolab.core.transforms import Array
from robolab.kernels.compiled import CompiledChecker
from robolab.planning.checks import travel_scale
from robolab.planning.optimise import optimise
from robolab.planning.spline import DEGREE, curve_of, on_path
from robolab.robots.model import RobotModel
from robolab.trajectory.polynomial import PiecewisePolynomial

FEW, MANY = (12,), (20,)
"""Numbers of control points to optimise; another way shaped with few helps more often than the same with many."""
_SHAPED = FEW + MANY
_DENSE = (15, 20, 27, 36, 50, 70, 100, 140, 200, 280, 400, 560, 800, 1200, 1700)


def smooth(checker: CompiledChecker, Q: Array, robot: RobotModel) -> PiecewisePolynomial | None:
    """Turn a free path of straight segments into a smooth curve that is free as well.

    A spline is optimised from it. Should that not come out free, control points are laid on the path itself:
    the curve of many is as near to the path as one likes, so that a path with any slack is never lost.

    Args:
        Q: Corners, shape (m, n) [rad].
    Returns:
        A curve over [0, 1], or None if the path has no slack to round its corners in.
    """
    curve = shaped(checker, Q, robot)
    return rounded(checker, Q, robot) if curve is None else curve


def rounded(checker: CompiledChecker, Q: Array, robot: RobotModel) -> PiecewisePolynomial | None:
    """Return a free spline laid as closely to a path of straight segments, shape (m, n), as it takes, or None."""
    scale = travel_scale(robot)
    for count in _DENSE:
        curve = curve_of(on_path(Q, scale, count))
        if checker.curve_free(curve):
            return curve
    return None


def shaped(
    checker: CompiledChecker, Q: Array, robot: RobotModel, counts: Sequence[int] = _SHAPED
) -> PiecewisePolynomial | None:
    """Return the spline that gradients make of a path of straight segments, shape (m, n), or None if it is not free.

    Args:
        counts: Numbers of control points to try, in turn.
    """
    scale = travel_scale(robot)
    if len(Q) == 2:
        return curve_of(on_path(Q, scale, DEGREE + 1))
    for count in counts:
        curve = optimise(checker, on_path(Q, scale, count), robot.limits, scale)
        if curve is not None:
            return curve
    return None
