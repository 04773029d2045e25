"""Shape a path by gradients: short and little bent, clear of obstacles."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.linalg import cholesky

from robolab.core.transforms import Array
from robolab.kernels.compiled import CompiledChecker
from robolab.kernels.compiled_shape import Form, coordinates_of, points_of
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
_INSIDE = 1e-5
"""Inner control points stay this far inside the joint limits, for the rounding of what follows [rad or m]."""


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
    form = form_of(points, limits, scale)
    x = np.empty(form.rest.shape)
    coordinates_of(form, points, x)
    shaped = np.empty(points.shape)
    for weight in _WEIGHTS:
        checker.shape(form, x, _REACH, weight, iterations, _TOLERANCE)
        points_of(form, x, shaped)
        inner = np.clip(shaped[1:-1], limits.lower + _INSIDE, limits.upper - _INSIDE)
        curve = curve_of(np.vstack([shaped[:1], inner, shaped[-1:]]))
        if checker.curve_free(curve):
            return curve
    return None


def form_of(points: Array, limits: JointLimits, scale: Array) -> Form:
    """Return the form of splines that run from the first to the last of some control points, shape (m, n)."""
    count, ends = len(points), points[[0, -1]]
    upper, pull = _pulls(count)
    return Form(
        values=basis(count, _SAMPLES_PER_SPAN * (count - 5)),
        upper=upper,
        # Where the ends alone would pull the inner points: the straight line.
        rest=pull @ ends,
        ends=ends,
        scale=np.ascontiguousarray(scale, dtype=float),
        lower=limits.lower,
        upper_limit=limits.upper,
    )


@lru_cache(maxsize=32)
def _pulls(count: int) -> tuple[Array, Array]:
    """Factor of the inner points' roughness, and the matrix that gives their rest from the ends."""
    form = roughness(count, BENDING)
    inner = form[1:-1, 1:-1]
    pull: Array = -np.linalg.solve(inner, form[1:-1][:, [0, -1]]).astype(float)
    return cholesky(inner), pull
