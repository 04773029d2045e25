"""The B-splines that planners shape paths with: clamped, uniform, four times continuously differentiable."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.interpolate import BSpline

from robolab.core.transforms import Array
from robolab.trajectory.polynomial import PiecewisePolynomial, from_bernstein, from_bspline

DEGREE = 5
_BEZIER = 8
"""Up to so many control points, a path that is kept in a file is one Bézier curve."""


def curve_of(points: Array) -> PiecewisePolynomial:
    """Return the spline of control points, shape (m, n), over [0, 1]."""
    return from_bspline(knots(len(points)), points)


def path_of(points: Array) -> PiecewisePolynomial:
    """Return the path over [0, 1] that files of paths mean by control points, shape (m, n): few are a Bézier curve's."""
    return from_bernstein(points) if len(points) <= _BEZIER else curve_of(points)


def knots(count: int) -> Array:
    """Knots for so many control points."""
    inner = np.linspace(0.0, 1.0, count - DEGREE + 1)
    return np.concatenate([np.zeros(DEGREE), inner, np.ones(DEGREE)])


def on_path(Q: Array, scale: Array, count: int) -> Array:
    """Control points on a path of straight segments: a straight path is then run through evenly.

    Args:
        Q: Corners, shape (m, n).
        scale: Weight of each joint's travel, shape (n,).
    """
    t = knots(count)
    places = np.array([t[i + 1 : i + DEGREE + 1].mean() for i in range(count)])
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(Q, axis=0) * scale, axis=1))])
    along /= along[-1]
    points = np.stack([np.interp(places, along, column) for column in Q.T], axis=1)
    points[0], points[-1] = Q[0], Q[-1]
    return points


@lru_cache(maxsize=32)
def basis(count: int, samples: int) -> Array:
    """Values of the spline's basis at the middles of `samples` equal stretches, shape (samples, count)."""
    u = (np.arange(samples) + 0.5) / samples
    return BSpline.design_matrix(u, knots(count), DEGREE).toarray()


@lru_cache(maxsize=32)
def roughness(count: int, bending: float) -> Array:
    """Quadratic form of integral |q'|^2 + bending |q''|^2 over the control points, shape (count, count)."""
    u, weight = np.polynomial.legendre.leggauss(DEGREE + 1)
    inner = np.linspace(0.0, 1.0, count - DEGREE + 1)
    width = np.diff(inner)[:, None] / 2.0
    places = (inner[:-1, None] + width * (1.0 + u)).ravel()
    weights = (width * weight).ravel()
    spline = BSpline(knots(count), np.eye(count), DEGREE)
    first, second = spline(places, nu=1), spline(places, nu=2)
    return first.T @ (weights[:, None] * first) + bending * second.T @ (weights[:, None] * second)
