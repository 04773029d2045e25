"""The verifier's own reading of piecewise polynomials: exact extrema, and samples with bounds.

Nothing here calls the curve; only its breaks and coefficients are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np

from robolab.core.transforms import Array
from robolab.trajectory.polynomial import PiecewisePolynomial

_EXTREMUM_TOLERANCE = 1e-10
_DEEPEST_HALVING = 60


def derivative(coefficients: Array, order: int) -> Array:
    """Differentiate ascending coefficients, shape (k, m, n), giving at least one row."""
    for _ in range(order):
        if coefficients.shape[0] == 1:
            return np.zeros_like(coefficients)
        powers = np.arange(1, coefficients.shape[0])[:, None, None]
        coefficients = coefficients[1:] * powers
    return coefficients


def horner(coefficients: Array, piece: np.ndarray, local: Array) -> Array:
    """Evaluate ascending coefficients on given pieces.

    Args:
        coefficients: Shape (k, m, n).
        piece, local: Index of the piece and time since its start, shape (s,).
    Returns:
        Shape (s, n).
    """
    value = np.zeros((local.size, coefficients.shape[2]))
    for row in coefficients[::-1]:
        value = value * local[:, None] + row[piece]
    return value


def bernstein(coefficients: Array, widths: Array) -> Array:
    """Control values on [0, width] of each piece; the curve stays within their range.

    Args:
        coefficients: Shape (k, m, n). widths: Shape (m,).
    Returns:
        Shape (k, m, n).
    """
    degree = coefficients.shape[0] - 1
    unit = coefficients * widths[None, :, None] ** np.arange(degree + 1)[:, None, None]
    change = np.array(
        [
            [comb(i, j) / comb(degree, j) if j <= i else 0.0 for j in range(degree + 1)]
            for i in range(degree + 1)
        ]
    )
    return np.einsum("ij,jmn->imn", change, unit)


@dataclass(frozen=True)
class Extremum:
    """Where a curve component is largest: the value (exact to 1e-10 of it) and its time."""

    value: float
    time: float


def largest(curve: PiecewisePolynomial, order: int, sign: float) -> list[Extremum]:
    """Largest value of sign * (a derivative) of every component over the whole curve.

    Branch and bound on Bernstein control values: a part whose control values stay below what
    some other part attains is dropped, the rest is halved. The bound closes quadratically, so
    that the result is the maximum over the continuum, not over samples.

    Args:
        order: Which derivative. sign: +1 for the largest, -1 for minus the smallest.
    Returns:
        One extremum for each component.
    """
    widths = np.diff(curve.breaks)
    control = sign * bernstein(derivative(curve.coefficients, order), widths)
    return [
        _largest_of(control[:, :, joint].T, curve.breaks[:-1], widths)
        for joint in range(control.shape[2])
    ]


def _largest_of(control: Array, starts: Array, widths: Array) -> Extremum:
    """Branch and bound on control values of shape (pieces, k)."""
    best, at = -np.inf, 0.0
    for _ in range(_DEEPEST_HALVING):
        ends = np.concatenate([control[:, 0], control[:, -1]])
        times = np.concatenate([starts, starts + widths])
        top = int(np.argmax(ends))
        if ends[top] > best:
            best, at = float(ends[top]), float(times[top])
        bound = control.max(axis=1)
        keep = bound > best + _EXTREMUM_TOLERANCE * max(1.0, abs(best))
        if not keep.any():
            break
        left, right = _halve(control[keep])
        half = widths[keep] / 2.0
        control = np.concatenate([left, right])
        starts = np.concatenate([starts[keep], starts[keep] + half])
        widths = np.concatenate([half, half])
    return Extremum(best, at)


def _halve(control: Array) -> tuple[Array, Array]:
    """Split control values, shape (p, k), at the middle by de Casteljau's scheme."""
    left, right = np.empty_like(control), np.empty_like(control)
    row = control
    for step in range(control.shape[1]):
        left[:, step] = row[:, 0]
        right[:, control.shape[1] - 1 - step] = row[:, -1]
        row = 0.5 * (row[:, :-1] + row[:, 1:])
    return left, right


def magnitude_bound(curve: PiecewisePolynomial, order: int) -> Array:
    """Upper bound on the magnitude of a derivative over the whole curve, shape (n,)."""
    control = bernstein(derivative(curve.coefficients, order), np.diff(curve.breaks))
    return np.abs(control).max(axis=(0, 1))


@dataclass(frozen=True)
class Samples:
    """A curve at times that lie evenly within each piece, both of its ends included.

    Attributes:
        time: Since the start of the curve, shape (s,) [s].
        first: Where each piece's samples begin, shape (m + 1,), the last being s.
        q, qd, qdd: Shape (s, n).
    """

    time: Array
    first: np.ndarray
    q: Array
    qd: Array
    qdd: Array


def sample(curve: PiecewisePolynomial, spacing: float, least: int = 4) -> Samples:
    """Sample every piece at most `spacing` [s] apart and in at least `least` intervals."""
    widths = np.diff(curve.breaks)
    counts = np.maximum(least, np.ceil(widths / spacing).astype(int)) + 1
    first = np.concatenate([[0], np.cumsum(counts)])
    piece = np.repeat(np.arange(widths.size), counts)
    within = np.arange(first[-1]) - first[piece]
    local = widths[piece] * within / (counts[piece] - 1)
    q, qd, qdd = (horner(derivative(curve.coefficients, order), piece, local) for order in range(3))
    return Samples(curve.breaks[piece] - curve.breaks[0] + local, first, q, qd, qdd)


def between(values: Array, first: np.ndarray) -> Array:
    """How far a smooth signal may stray from its samples before the next one.

    Over a spacing h a signal leaves its chord by at most h^2 / 8 times its largest second
    derivative; the second difference of the samples is h^2 times the second derivative at a
    point between them. The largest of the neighbouring second differences, doubled for what
    it may grow by in between, therefore bounds the excursion: doubling within two
    milliseconds would take a signal of several hundred radians per second, which no product
    of joint angles moving at a few radians per second contains. Differences are taken
    within pieces only, where the signal is analytic.

    Args:
        values: Shape (s,) or (s, n), at the times of `Samples`. first: As there.
    Returns:
        Same shape as `values`.
    """
    bend = np.zeros_like(values)
    bend[1:-1] = np.abs(values[:-2] - 2.0 * values[1:-1] + values[2:])
    starts, ends = first[:-1], first[1:] - 1
    bend[starts], bend[ends] = bend[starts + 1], bend[ends - 1]
    spread = bend.copy()
    spread[1:] = np.maximum(spread[1:], bend[:-1])
    spread[:-1] = np.maximum(spread[:-1], bend[1:])
    return spread / 4.0
