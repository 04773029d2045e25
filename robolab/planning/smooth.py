"""From a path with corners to a smooth curve that stays free."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.compiled import CompiledChecker
from robolab.trajectory.polynomial import PiecewisePolynomial, from_bspline

DEGREE = 5
"""Four times continuously differentiable."""
_COUNTS = (8, 11, 15, 20, 27, 36, 50, 70, 100, 140, 200, 280, 400, 560, 800, 1200, 1700)
_ROUNDS = 12
_GIVES = (0.8, 0.4, 0.15)


def smooth(
    checker: CompiledChecker, Q: Array, scale: Array, rounds: int = _ROUNDS
) -> PiecewisePolynomial | None:
    """Turn corners into a smooth curve: the fewest B-spline control points that leave it free, then relaxed.

    The control points lie on the path, evenly by travel. The curve of many is as near to the path as one likes,
    so that a path with any slack at all is never lost.

    Args:
        Q: Corners, shape (m, n) [rad]; its segments are free.
        scale: Weight of each joint's travel, shape (n,).
        rounds: How often the control points are relaxed.
    Returns:
        A curve over [0, 1], or None if the path has no slack to round its corners in.
    """
    if len(Q) == 2:
        return curve_of(_on_path(Q, scale, DEGREE + 1))
    for count in _COUNTS:
        points = _on_path(Q, scale, count)
        if checker.curve_free(curve_of(points)):
            return curve_of(_relaxed(checker, points, rounds))
    return None


def curve_of(points: Array) -> PiecewisePolynomial:
    """Return the clamped, uniform B-spline of control points, shape (m, n), over [0, 1]."""
    return from_bspline(_knots(len(points)), points)


def _knots(count: int) -> Array:
    inner = np.linspace(0.0, 1.0, count - DEGREE + 1)
    return np.concatenate([np.zeros(DEGREE), inner, np.ones(DEGREE)])


def _on_path(Q: Array, scale: Array, count: int) -> Array:
    """Control points on the path at the knots' averages: a straight path is then run through evenly."""
    knots = _knots(count)
    places = np.array([knots[i + 1 : i + DEGREE + 1].mean() for i in range(count)])
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(Q, axis=0) * scale, axis=1))])
    along /= along[-1]
    points = np.stack([np.interp(places, along, column) for column in Q.T], axis=1)
    points[0], points[-1] = Q[0], Q[-1]
    return points


def _relaxed(checker: CompiledChecker, points: Array, rounds: int) -> Array:
    """Pull control points to where their neighbours would have them, as far as the curve stays free."""
    windows = [slice(1, -1), slice(1, len(points) // 2), slice(len(points) // 2, -1)]
    for _ in range(rounds):
        pull = _pull(points)
        moved = False
        for window in windows:
            for give in _GIVES:
                tried = points.copy()
                tried[window] += give * pull[window]
                if checker.curve_free(curve_of(tried)):
                    points, moved = tried, True
                    pull = _pull(points)
                    break
        if not moved:
            break
    return points


def _pull(points: Array) -> Array:
    """Towards the mean of the neighbours, which shortens and straightens."""
    pull = np.zeros_like(points)
    pull[1:-1] = (points[:-2] + points[2:]) / 2.0 - points[1:-1]
    return pull
