"""Cut pieces out of curves and put them one behind the other."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np

from robolab.core.transforms import Array
from robolab.trajectory.polynomial import PiecewisePolynomial

_SLIVER = 1e-9
"""Pieces shorter than this are left out [s]."""


def held(q: Array, start: float, end: float) -> PiecewisePolynomial:
    """Stand still at q, shape (n,)."""
    return PiecewisePolynomial(np.array([start, end]), np.asarray(q, dtype=float)[None, None, :])


def moved(curve: PiecewisePolynomial, start: float) -> PiecewisePolynomial:
    """The same curve, beginning at another argument."""
    return PiecewisePolynomial(curve.breaks - curve.start + start, curve.coefficients)


def cut(curve: PiecewisePolynomial, start: float, end: float) -> PiecewisePolynomial:
    """The curve over [start, end]; beyond its own end it stands still, which it must come to there."""
    inner = curve.breaks[(curve.breaks > start + _SLIVER) & (curve.breaks < end - _SLIVER)]
    breaks = np.concatenate([[start], inner, [end]])
    middle = 0.5 * (breaks[:-1] + breaks[1:])
    piece = np.clip(np.searchsorted(curve.breaks, middle, side="right") - 1, 0, None)
    beyond = middle > curve.end
    piece = np.minimum(piece, len(curve.breaks) - 2)
    coefficients = _shifted(curve.coefficients[:, piece], breaks[:-1] - curve.breaks[piece])
    if np.any(beyond):
        coefficients[:, beyond] = 0.0
        coefficients[0, beyond] = curve(curve.end)
    return PiecewisePolynomial(breaks, coefficients)


def join(curves: Sequence[PiecewisePolynomial]) -> PiecewisePolynomial:
    """Put curves one behind the other; each begins where the one before it ends."""
    degree = max(curve.degree for curve in curves)
    parts: list[Array] = []
    for curve in curves:
        lacking = degree - curve.degree
        parts.append(np.pad(curve.coefficients, ((0, lacking), (0, 0), (0, 0))))
    breaks = [curves[0].breaks, *(curve.breaks[1:] for curve in curves[1:])]
    return PiecewisePolynomial(np.concatenate(breaks), np.concatenate(parts, axis=1))


def _shifted(coefficients: Array, by: Array) -> Array:
    """Coefficients about arguments that lie `by` further, shape (m,)."""
    result = np.zeros_like(coefficients)
    for k in range(len(coefficients)):
        for i in range(k + 1):
            result[i] += comb(k, i) * coefficients[k] * by[:, None] ** (k - i)
    return result
