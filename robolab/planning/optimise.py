"""Shape a path by gradients: short and little bent, clear of obstacles."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize

from robolab.core.transforms import Array
from robolab.kernels.compiled import CompiledChecker
from robolab.planning.spline import basis, curve_of, roughness
from robolab.robots.model import JointLimits
from robolab.trajectory.polynomial import PiecewisePolynomial

BENDING = 0.01
"""What bending costs against length; the parameter runs over [0, 1]."""
_REACH = 0.02
"""Slack below which obstacles push [m]."""
_WEIGHTS = (300.0, 1500.0, 6000.0)
_SAMPLES_PER_SPAN = 5
_ITERATIONS = 30
_TOLERANCE = 1e-5
_LIMIT_WEIGHT = 1e3


def optimise(
    checker: CompiledChecker,
    points: Array,
    limits: JointLimits,
    scale: Array,
    iterations: int = _ITERATIONS,
) -> PiecewisePolynomial | None:
    """Optimise the inner control points of a spline, pushing harder until the curve is free.

    Args:
        points: Control points to start from, shape (m, n) [rad]; the ends stay.
        scale: Weight of each joint's travel, shape (n,).
        iterations: Of the minimiser, for each weight of the obstacles.
    Returns:
        A free curve over [0, 1], or None.
    References: Zucker et al. (2013), CHOMP, for the cost; the minimiser is L-BFGS in coordinates in which the
        smoothness is a sphere.
    """
    shape = _Shape(checker, points, limits, scale)
    x = shape.coordinates(points)
    for weight in _WEIGHTS:
        options: Any = {"maxiter": iterations, "ftol": _TOLERANCE}
        found = minimize(shape.cost, x, (weight,), method="L-BFGS-B", jac=True, options=options)
        x = found.x
        curve = curve_of(np.clip(shape.points(x), limits.lower, limits.upper))
        if checker.curve_free(curve):
            return curve
    return None


class _Shape:
    """The cost of a spline in coordinates x with roughness |x|^2 / 2 (but for a constant)."""

    def __init__(
        self, checker: CompiledChecker, points: Array, limits: JointLimits, scale: Array
    ) -> None:
        count = len(points)
        self.limits = limits
        self.checker, self.scale, self.ends = checker, scale, points[[0, -1]]
        self.values = basis(count, _SAMPLES_PER_SPAN * (count - 5))
        form = roughness(count, BENDING)
        self.upper = cholesky(form[1:-1, 1:-1])
        # Where the ends alone would pull the inner points: the straight line.
        self.rest = -np.linalg.solve(form[1:-1, 1:-1], form[1:-1][:, [0, -1]] @ self.ends)

    def coordinates(self, points: Array) -> Array:
        return (self.upper @ ((points[1:-1] - self.rest) * self.scale)).ravel()

    def points(self, x: Array) -> Array:
        inner = solve_triangular(self.upper, x.reshape(-1, len(self.scale))) / self.scale
        return np.vstack([self.ends[:1], self.rest + inner, self.ends[1:]])

    def cost(self, x: Array, weight: float) -> tuple[float, Array]:
        points = self.points(x)
        penalty, slope = self.checker.penalty(self.values @ points, _REACH)
        over = points - np.clip(points, self.limits.lower, self.limits.upper)
        share = weight / len(self.values)
        push = share * (self.values.T @ slope) + _LIMIT_WEIGHT * over
        cost = share * penalty + 0.5 * _LIMIT_WEIGHT * float(np.sum(over * over))
        inner = solve_triangular(self.upper, push[1:-1] / self.scale, trans="T")
        return 0.5 * float(x @ x) + cost, x + inner.ravel()
