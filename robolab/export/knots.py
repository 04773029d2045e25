"""Choose few points from which a controller's own interpolation gives the planned curve again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.interpolate import BPoly

from robolab.core.transforms import Array
from robolab.trajectory.polynomial import PiecewisePolynomial

# Share by which the acceleration may differ from the plan, of the leg's own greatest.
_ACCELERATION_SHARE = 2e-3
_HALVINGS = 6


def quintic_knots(
    curve: PiecewisePolynomial, tolerance: float = 1e-5, min_dt: float = 1e-3
) -> Array:
    """Choose times at which value, velocity and acceleration fix the curve by quintic pieces.

    The curve's own breaks are the candidates, split where one quintic is not enough for a piece;
    neighbouring pieces are merged as long as position and acceleration stay near the plan.

    Args:
        curve: Continuous in acceleration.
        tolerance: Of the position [rad or m].
        min_dt: Least time between points that the controller takes [s].
    Returns:
        Times from `curve.start` to `curve.end`, shape (m,).
    """
    sample = np.linspace(curve.start, curve.end, 2001)
    allowed = _ACCELERATION_SHARE * max(float(np.abs(curve(sample, 2)).max()), 1e-3)

    def fits(a: float, b: float, inner: int) -> bool:
        ends = np.array([a, b])
        knots = np.stack([curve(ends, k) for k in range(3)], axis=1)
        quintic = BPoly.from_derivatives(ends, knots)
        t = np.linspace(a, b, 2 * inner + 14)[1:-1]
        if float(np.abs(quintic(t) - curve(t)).max()) > tolerance:
            return False
        # Breaks nearer than the controller's points may be are merged whatever the acceleration.
        if b - a < 2.0 * min_dt:
            return True
        return float(np.abs(quintic(t, 2) - curve(t, 2)).max()) <= allowed

    candidates = _split(curve.breaks, lambda a, b: fits(a, b, 1), min_dt)
    chosen = _longest_steps(candidates.size, lambda i, j: fits(candidates[i], candidates[j], j - i))
    return candidates[chosen]


def linear_knots(curve: PiecewisePolynomial, tolerance: float, step: float = 1e-3) -> Array:
    """Choose times between which straight lines stay within a tolerance of the curve.

    As few segments as the tolerance allows, then evened out, so that none is needlessly short.

    Args:
        tolerance: Of the position [rad or m].
        step: Between candidate times, about [s].
    Returns:
        Times from `curve.start` to `curve.end`, shape (m,).
    """
    count = max(int(np.ceil((curve.end - curve.start) / step)), 2)
    t = np.linspace(curve.start, curve.end, count + 1)
    q = curve(t)

    def straight(i: int, j: int, within: float) -> bool:
        share = (np.arange(i, j + 1) - i)[:, None] / (j - i)
        line = q[i] + share * (q[j] - q[i])
        return float(np.abs(q[i : j + 1] - line).max()) <= within

    def choose(within: float) -> list[int]:
        return _longest_steps(t.size, lambda i, j: straight(i, j, within))

    best = choose(tolerance)
    low, high = 0.0, tolerance
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        tried = choose(middle)
        if len(tried) == len(best):
            best, high = tried, middle
        else:
            low = middle
    if len(best) > 2:
        # What was left for the last segment may be short: share with the one before.
        first, last = best[-3], best[-1]
        middle = (first + last) // 2
        if straight(first, middle, tolerance) and straight(middle, last, tolerance):
            best[-2] = middle
    return t[best]


def _split(breaks: Array, fits: Callable[[float, float], bool], min_dt: float) -> Array:
    kept = [float(breaks[0])]
    waiting = [float(b) for b in breaks[:0:-1]]
    while waiting:
        a, b = kept[-1], waiting[-1]
        if b - a < 2.0 * min_dt or fits(a, b):
            kept.append(waiting.pop())
        else:
            waiting.append(0.5 * (a + b))
    return np.array(kept)


def _longest_steps(count: int, fits: Callable[[int, int], bool]) -> list[int]:
    """Go from index 0 to count - 1 in steps as long as `fits` allows; single steps always do."""
    chosen = [0]
    while chosen[-1] < count - 1:
        i, good, reach = chosen[-1], chosen[-1] + 1, 2
        while i + reach < count and fits(i, i + reach):
            good, reach = i + reach, 2 * reach
        bad = min(i + reach, count)
        if bad == count and fits(i, count - 1):
            good = count - 1
        while bad - good > 1:
            middle = (good + bad) // 2
            good, bad = (middle, bad) if fits(i, middle) else (good, middle)
        chosen.append(good)
    return chosen
