"""How the working parameter u of a timing problem runs along a path, so that x(u) stays smooth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.polynomial import Polynomial
from scipy.interpolate import make_interp_spline

from robolab.core.transforms import Array
from robolab.trajectory.polynomial import PiecewisePolynomial, from_bspline
from robolab.trajectory.timing_solver import DEGREE, Basis

_GRADING = 0.5
_STILL = (0.0, 0.0)
_DENSE = np.linspace(0.0, 1.0, 513)
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)


@dataclass(frozen=True)
class Moving:
    """A state under way from which a motion goes on.

    Attributes:
        where: Path parameter s.
        rate, change: Its first and second derivative by time [1/s, 1/s2]; the rate is positive.
        state: Joint positions, velocities and accelerations there, shape (3, n).
    """

    where: float
    rate: float
    change: float
    state: Array

    def pinned(self, warp: PiecewisePolynomial, basis: Basis) -> Array:
        """Return the first two coefficients of x(u), which x and x' at u = 0 fix."""
        slope, bend = warp(0.0, 1)[0], warp(0.0, 2)[0]
        rate = self.rate / slope
        change = (self.change - bend * rate**2) / slope
        # Of a spline with its first knot repeated, x'(0) is that of the line through these two.
        span = basis.knots[DEGREE + 1] / DEGREE
        return np.array([rate**2, rate**2 + 2.0 * change * span])


def smooth_start(path: PiecewisePolynomial, start: Moving | None = None) -> PiecewisePolynomial:
    """Return s(u) from [0, 1] onto the path's range with s' = s'' = 0 where the motion rests.

    Near its ends a jerk-limited motion from rest goes as t^3, and so does s(u): du/dt is
    finite and positive there, and the timing problem has no singular ends. One that is under way
    begins where it is, with s' > 0.
    """
    if start is not None:
        span = path.end - start.where
        powers = np.array([start.where, 3.0 * span, -3.0 * span, span])
    else:
        span = path.end - path.start
        powers = np.array([path.start, 0.0, 0.0, 10.0 * span, -15.0 * span, 6.0 * span])
    return PiecewisePolynomial(np.array([0.0, 1.0]), powers[:, None, None])


def jet_along(path: PiecewisePolynomial, warp: PiecewisePolynomial, u: Array) -> Array:
    """Return P(u) = path(warp(u)) and its first three derivatives, shape (4, k, n)."""
    s = warp.jet(u, 3)
    return np.stack(chain_rule(path.jet(s[0, :, 0], 3), s))


def chain_rule(outer: Array, inner: Array) -> list[Array]:
    """Return value and three derivatives of a composition from those of its parts (4, ...)."""
    f, g = outer, inner
    return [
        f[0],
        f[1] * g[1],
        f[2] * g[1] ** 2 + f[1] * g[2],
        f[3] * g[1] ** 3 + 3.0 * f[2] * g[1] * g[2] + f[1] * g[3],
    ]


def times_at(basis: Basis, coefficients: Array, u: Array) -> Array:
    """Integrate dt = du / sqrt(x) from u[0] to each u; no two neighbours may straddle a knot."""
    spline = basis.spline(coefficients)
    half = 0.5 * np.diff(u)
    inner = u[:-1, None] + half[:, None] * (_NODES + 1.0)
    return np.concatenate([[0.0], np.cumsum(half * (spline(inner) ** -0.5 @ _WEIGHTS))])


def law_at(basis: Basis, coefficients: Array, u: Array) -> Array:
    """Return u and its first three derivatives by time, shape (4, k)."""
    spline = basis.spline(coefficients)
    x, x1, x2 = (spline(u, nu=k) for k in range(3))
    root = np.sqrt(x)
    return np.stack([u, root, 0.5 * x1, 0.5 * x2 * root])


@lru_cache
def _grading() -> Polynomial:
    """Share of time passed at u: half as fast at the ends as it would be if uniform.

    The ends are where a stiff jerk limit asks for the finest spans.
    """
    u = Polynomial([0.0, 1.0])
    bent = u - _GRADING * (1.0 - (1.0 - 2.0 * u) ** 5) / 10.0
    return bent / bent(1.0)


def retimed(
    warp: PiecewisePolynomial, basis: Basis, coefficients: Array, start: Moving | None = None
) -> PiecewisePolynomial | None:
    """Return the warp in which the motion found so far is uniform but for the grading of its ends.

    A quintic spline through the knots, with s' = s'' = 0 where the motion rests, has no kinks below
    its fifth derivative, so that limits hold between collocation points as well. None if it does not
    increase everywhere.
    """
    u = np.linspace(0.0, 1.0, basis.size - DEGREE + 1)
    t = times_at(basis, coefficients, u)
    first = _STILL if start is None else _graded_start(start, float(t[-1]))
    ends: Any = tuple(
        [(order, np.array([slope])) for order, slope in enumerate(slopes, start=1)]
        for slopes in (first, _STILL)
    )
    spline: Any = make_interp_spline(_ungraded(t / t[-1]), warp(u), k=5, bc_type=ends)
    result = from_bspline(spline.t, spline.c)
    return result if np.all(result(_DENSE[1:-1], 1) > 0.0) else None


def _graded_start(start: Moving, duration: float) -> tuple[float, float]:
    """Return s' and s'' at u = 0 of a warp in which a motion of that duration [s] goes on evenly."""
    first, second = (duration * float(_grading().deriv(k)(0.0)) for k in (1, 2))
    return start.rate * first, start.change * first**2 + start.rate * second


def _ungraded(share: Array) -> Array:
    """Return u at shares of time, by Newton's method on a function so close to linear that four steps reach rounding."""
    grading, u = _grading(), share.copy()
    slope = grading.deriv()
    for _ in range(4):
        u -= (grading(u) - share) / slope(u)
    u[[0, -1]] = 0.0, 1.0
    return u


def graded_profile(basis: Basis, duration: float) -> Array:
    """Return coefficients of the x(u) that runs through a retimed warp in a given time [s]."""
    knots = basis.knots
    greville = (knots[1:-3] + knots[2:-2] + knots[3:-1]) / DEGREE
    return (_grading().deriv()(greville) * duration) ** -2.0
