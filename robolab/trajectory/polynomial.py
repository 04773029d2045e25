"""Vector-valued piecewise polynomials, the only form in which robolab keeps motion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import comb, factorial, perm

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import BSpline

from robolab.core.transforms import Array
from robolab.trajectory import polynomial_compiled as compiled

_ACCURACY = 1e-10
"""By how much bounds may exceed what they enclose, as a share of it."""


@dataclass(frozen=True)
class PiecewisePolynomial:
    """y(t) = sum_k coefficients[k, i] * (t - breaks[i])**k on piece i.

    Attributes:
        breaks: Strictly increasing, shape (m + 1,).
        coefficients: Ascending powers, shape (degree + 1, m, n).
    """

    breaks: Array
    coefficients: Array

    def __post_init__(self) -> None:
        pieces = self.breaks.size - 1
        if self.coefficients.ndim != 3 or self.coefficients.shape[1] != pieces or pieces < 1:
            raise ValueError("coefficients must have shape (degree + 1, len(breaks) - 1, n)")
        if not (np.all(np.isfinite(self.breaks)) and np.all(np.isfinite(self.coefficients))):
            raise ValueError("breaks and coefficients must be finite")
        if np.any(np.diff(self.breaks) <= 0.0):
            raise ValueError("breaks must increase strictly")

    @property
    def start(self) -> float:
        return float(self.breaks[0])

    @property
    def end(self) -> float:
        return float(self.breaks[-1])

    @property
    def dimension(self) -> int:
        return self.coefficients.shape[2]

    @property
    def degree(self) -> int:
        return self.coefficients.shape[0] - 1

    def __call__(self, t: ArrayLike, derivative: int = 0) -> Array:
        """Evaluate a derivative; arguments outside are held at the ends.

        Args:
            t: Any shape (...).
            derivative: 0 for the value.
        Returns:
            Shape (..., n).
        """
        return self._evaluate(t, derivative, 1)[0]

    def jet(self, t: ArrayLike, order: int) -> Array:
        """Evaluate the value and all derivatives up to an order at once.

        Args:
            t: Any shape (...); held at the ends outside.
        Returns:
            Shape (order + 1, ..., n).
        """
        return self._evaluate(t, 0, order + 1)

    def derivative(self, order: int = 1) -> PiecewisePolynomial:
        """Return a derivative as a piecewise polynomial of its own."""
        if order > self.degree:
            return PiecewisePolynomial(self.breaks, np.zeros((1, *self.coefficients.shape[1:])))
        weights = [perm(power, order) for power in range(order, self.degree + 1)]
        return PiecewisePolynomial(
            self.breaks, np.array(weights, dtype=float)[:, None, None] * self.coefficients[order:]
        )

    def shifted(self, offset: ArrayLike) -> PiecewisePolynomial:
        """Return y(t) + offset, shape (n,)."""
        coefficients = self.coefficients.copy()
        coefficients[0] += offset
        return PiecewisePolynomial(self.breaks, coefficients)

    def stretched(self, factor: float) -> PiecewisePolynomial:
        """Return y(t / factor): the same curve, run through `factor` times as slowly from t = 0."""
        powers = np.power(factor, -np.arange(self.degree + 1.0))
        return PiecewisePolynomial(self.breaks * factor, self.coefficients * powers[:, None, None])

    def _evaluate(self, t: ArrayLike, first: int, orders: int) -> Array:
        """Derivatives from the first on, shape (orders, ..., n)."""
        t = np.asarray(t, dtype=float)
        out = np.empty((orders, t.size, self.dimension))
        compiled.jet(self.breaks, self.coefficients, t.ravel(), first, out)
        return out.reshape(orders, *t.shape, self.dimension)


def hermite(breaks: ArrayLike, derivatives: ArrayLike) -> PiecewisePolynomial:
    """Join values and derivatives at the breaks by polynomials of odd degree.

    Args:
        breaks: Shape (m + 1,).
        derivatives: Value, first, … (r-1)-th derivative at each break, shape (r, m + 1, n);
            r = 3 gives quintic pieces, continuous in acceleration.
    """
    breaks = np.asarray(breaks, dtype=float)
    y = np.asarray(derivatives, dtype=float)
    r, h = y.shape[0], np.diff(breaks)[:, None]
    coefficients = np.zeros((2 * r, breaks.size - 1, y.shape[2]))
    for k in range(r):
        coefficients[k] = y[k, :-1] / factorial(k)
    # What the low powers leave over at the right end fixes the high ones.
    high = range(r, 2 * r)
    system = np.array([[perm(p, k) for p in high] for k in range(r)], dtype=float)
    rest = np.empty((r, breaks.size - 1, y.shape[2]))
    for k in range(r):
        reached = sum(coefficients[p] * perm(p, k) * h ** (p - k) for p in range(k, r))
        rest[k] = (y[k, 1:] - reached) * h**k
    solved = np.linalg.solve(system, rest.reshape(r, -1)).reshape(rest.shape)
    for row, p in enumerate(high):
        coefficients[p] = solved[row] / h**p
    return PiecewisePolynomial(breaks, coefficients)


def from_bernstein(control_points: ArrayLike) -> PiecewisePolynomial:
    """Return the Bézier curve over [0, 1] of control points, shape (degree + 1, n)."""
    points = np.asarray(control_points, dtype=float)
    coefficients = _power_of_bernstein(points.shape[0] - 1) @ points
    return PiecewisePolynomial(np.array([0.0, 1.0]), coefficients[:, None, :])


def from_bspline(knots: ArrayLike, control_points: ArrayLike) -> PiecewisePolynomial:
    """Return a B-spline as a piecewise polynomial over the range where its basis is complete.

    Args:
        knots: Not decreasing, shape (k,); repeated ones are merged.
        control_points: Shape (k - degree - 1, n), which fixes the degree.
    """
    knots = np.asarray(knots, dtype=float)
    points = np.asarray(control_points, dtype=float)
    degree = knots.size - points.shape[0] - 1
    spline = BSpline(knots, points, degree)
    breaks = np.unique(knots[degree : knots.size - degree])
    taylor = [spline(breaks[:-1], nu=k) / factorial(k) for k in range(degree + 1)]
    return PiecewisePolynomial(breaks, np.stack(taylor))


def extrema(curve: PiecewisePolynomial, derivative: int = 0) -> tuple[Array, Array]:
    """Bound a derivative over the whole curve, between breaks as well.

    The Bernstein coefficients of each piece enclose it. Pieces whose hull reaches beyond the
    extremes found so far are halved until the bounds are tight, so the result encloses the
    derivative strictly and exceeds its true range by at most 1e-10 of it.

    Returns:
        Least and greatest value of each component, shapes (n,).
    References: Lane and Riesenfeld (1981), bounds on polynomials by subdivision.
    """
    curve = curve.derivative(derivative)
    n, degree = curve.dimension, curve.degree
    widths = np.diff(curve.breaks)[:, None] ** np.arange(degree + 1)[:, None, None]
    scaled = curve.coefficients * widths
    hull = (_bernstein_of_power(degree) @ scaled.reshape(degree + 1, -1)).reshape(scaled.shape)
    most = np.empty(2 * n)
    compiled.greatest(np.concatenate([hull, -hull], axis=2), _ACCURACY, most)
    return -most[n:], most[:n]


@lru_cache
def _power_of_bernstein(degree: int) -> Array:
    """The matrix that turns Bernstein coefficients over [0, 1] into ascending powers."""
    return np.array(
        [
            [
                (-1.0) ** (k - i) * comb(degree, k) * comb(k, i) if i <= k else 0.0
                for i in range(degree + 1)
            ]
            for k in range(degree + 1)
        ]
    )


@lru_cache
def _bernstein_of_power(degree: int) -> Array:
    """The inverse of `_power_of_bernstein`."""
    return np.array(
        [
            [comb(i, k) / comb(degree, k) if k <= i else 0.0 for k in range(degree + 1)]
            for i in range(degree + 1)
        ]
    )
