"""Choose few points from which a controller's own interpolation gives the planned curve again."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from robolab.core.transforms import Array
from robolab.trajectory.polynomial import PiecewisePolynomial

# Share by which the acceleration may differ from the plan, of the leg's own greatest.
_ACCELERATION_SHARE = 2e-3
# How much of each joint's greatest jerk a merged piece may have.
_JERK_SHARE = 1.002
# Least bend that linear segments reckon with, as a share of the greatest.
_FLOOR = 0.02
# Lines are tried from this share of the number that the bend asks for.
_FIRST_TRY = 0.8
# A piece is compared at this many times, a merged one at about this many at most.
_SAMPLES = 8
_MOST_SAMPLES = 96
# Pieces of high degree are cut into at most this many candidates.
_PARTS = 16


def quintic_knots(
    curve: PiecewisePolynomial, tolerance: float = 1e-5, min_dt: float = 1e-3
) -> Array:
    """Choose times at which value, velocity and acceleration fix the curve by quintic pieces.

    The curve's own breaks are the candidates, more between them where a piece is of higher degree;
    neighbouring pieces are merged as long as position and acceleration stay near the plan and no
    joint's jerk exceeds the leg's greatest.

    Args:
        curve: Continuous in acceleration.
        tolerance: Of the position [rad or m].
        min_dt: Least time between points that the controller takes [s].
    Returns:
        Times from `curve.start` to `curve.end`, shape (m,).
    """
    candidates = _candidates(curve, min_dt)
    knots = np.stack([curve(candidates, k) for k in range(3)])
    inner = np.arange(_SAMPLES) / _SAMPLES
    t = (candidates[:-1, None] + np.diff(candidates)[:, None] * inner).ravel()
    q, qdd = curve(t), curve(t, 2)
    allowed = _ACCELERATION_SHARE * max(float(np.abs(qdd).max()), 1e-3)
    jerk = _JERK_SHARE * np.abs(curve(np.append(t, curve.end), 3)).max(axis=0) + 1e-6

    def fits(i: int, j: int) -> bool:
        h = float(candidates[j] - candidates[i])
        rows = np.arange(_SAMPLES * i + 1, _SAMPLES * j, 1 + (j - i) * _SAMPLES // _MOST_SAMPLES)
        local = np.concatenate([[0.0], t[rows] - candidates[i], [h]])
        value, second, third = _quintic(local, h, knots[:, i], knots[:, j])
        if float(np.abs(value[1:-1] - q[rows]).max()) > tolerance:
            return False
        # Breaks nearer than the controller's points may be are merged whatever the acceleration.
        if h < 2.0 * min_dt:
            return True
        near = float(np.abs(second[1:-1] - qdd[rows]).max()) <= allowed
        return near and bool(np.all(np.abs(third).max(axis=0) <= jerk))

    return _apart(candidates[_longest_steps(candidates.size, fits)], min_dt)


def _apart(times: Array, min_dt: float) -> Array:
    """Leave out inner times that follow another too fast: what that costs, reading back measures."""
    kept = [float(times[0])]
    for t in times[1:-1]:
        if t - kept[-1] >= min_dt and times[-1] - t >= min_dt:
            kept.append(float(t))
    return np.array([*kept, float(times[-1])])


def linear_knots(curve: PiecewisePolynomial, tolerance: float, step: float = 1e-3) -> Array:
    """Choose times between which straight lines stay within a tolerance of the curve.

    A line over h leaves the curve by h**2 |q''| / 8: times that share the integral of sqrt(|q''|)
    evenly give every line the same error. Their number grows until the error is met.

    Args:
        tolerance: Of the position [rad or m].
        step: Least time between points that the controller takes [s].
    Returns:
        Times from `curve.start` to `curve.end`, shape (m,).
    """
    duration = curve.end - curve.start
    fine = max(int(np.ceil(2.0 * duration / step)), 16)
    t: Array = np.linspace(curve.start, curve.end, fine + 1)
    q = curve(t)
    bend = np.abs(curve(t, 2)).max(axis=1) / 8.0
    # Where the curve is straight for a moment, segments still do not grow without bound.
    density = np.sqrt(bend + _FLOOR * bend.max()) + 1e-12 / duration
    share = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(t))])
    most = max(int(duration / step), 1)
    count = min(max(int(np.ceil(share[-1] / np.sqrt(tolerance) * _FIRST_TRY)), 1), most)
    while True:
        evenly: Array = np.linspace(0.0, float(share[-1]), count + 1)
        times = np.interp(evenly, share, t)
        if count >= most or _line_error(times, curve(times), t, q) <= tolerance:
            return times
        count = min(count + max(count // 32, 1), most)


def _line_error(times: Array, points: Array, t: Array, q: Array) -> float:
    lines = [np.interp(t, times, points[:, k]) for k in range(q.shape[1])]
    return float(np.abs(np.stack(lines, axis=1) - q).max())


def _candidates(curve: PiecewisePolynomial, min_dt: float) -> Array:
    """Return the breaks, with pieces that no quintic equals cut into several."""
    if curve.degree <= 5:
        return curve.breaks
    parts: list[Array] = [
        np.linspace(a, b, max(min(_PARTS, int((b - a) / min_dt)), 1), endpoint=False)
        for a, b in pairwise(curve.breaks)
    ]
    return np.append(np.concatenate(parts), curve.end)


def _quintic(s: Array, h: float, start: Array, end: Array) -> tuple[Array, Array, Array]:
    """Value, second and third derivative at s in [0, h] of the quintic with the given ends.

    Args:
        s: Shape (k,) [s].
        start, end: Value, first and second derivative, shape (3, n).
    Returns:
        Three arrays, shape (k, n).
    """
    d = (end[0] - start[0] - h * start[1] - 0.5 * h * h * start[2]) / h**3
    dv = (end[1] - start[1] - h * start[2]) / h**2
    da = 0.5 * (end[2] - start[2]) / h
    c3 = 10.0 * d - 4.0 * dv + da
    c4 = (7.0 * dv - 15.0 * d - 2.0 * da) / h
    c5 = (6.0 * d - 3.0 * dv + da) / h**2
    s = s[:, None]
    value = start[0] + s * (start[1] + s * (0.5 * start[2] + s * (c3 + s * (c4 + s * c5))))
    second = start[2] + s * (6.0 * c3 + s * (12.0 * c4 + s * 20.0 * c5))
    third = 6.0 * c3 + s * (24.0 * c4 + s * 60.0 * c5)
    return value, second, third


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
