"""Vector-valued piecewise polynomials, the only form in which robolab keeps motion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from robolab.core.transforms import Array


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
        t = np.clip(np.asarray(t, dtype=float), self.start, self.end)
        piece = np.clip(np.searchsorted(self.breaks, t, side="right") - 1, 0, self.breaks.size - 2)
        local = (t - self.breaks[piece])[..., None]
        weights = _derivative_weights(self.degree, derivative)
        value = np.zeros((*t.shape, self.dimension))
        for power in range(self.degree, derivative - 1, -1):
            value = value * local + weights[power] * self.coefficients[power, piece]
        return value


@lru_cache
def _derivative_weights(degree: int, derivative: int) -> tuple[float, ...]:
    weights = [1.0] * (degree + 1)
    for _ in range(derivative):
        weights = [w * max(p - _, 0) for p, w in enumerate(weights)]
    return tuple(weights)


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
    factorial = np.cumprod([1.0, *range(1, 2 * r)])
    coefficients = np.zeros((2 * r, breaks.size - 1, y.shape[2]))
    for k in range(r):
        coefficients[k] = y[k, :-1] / factorial[k]
    # What the low powers leave over at the right end fixes the high ones.
    high = np.arange(r, 2 * r)
    system = np.array([[factorial[p] / factorial[p - k] for p in high] for k in range(r)])
    rest = np.empty((r, breaks.size - 1, y.shape[2]))
    for k in range(r):
        reached = sum(
            coefficients[p] * (factorial[p] / factorial[p - k]) * h ** (p - k) for p in range(k, r)
        )
        rest[k] = (y[k, 1:] - reached) * h**k
    solved = np.linalg.solve(system, rest.reshape(r, -1)).reshape(rest.shape)
    for row, p in enumerate(high):
        coefficients[p] = solved[row] / h**p
    return PiecewisePolynomial(breaks, coefficients)
