"""Shaping a spline by gradients, compiled: little roughness, clear of obstacles, within joint limits.

References: Zucker et al. (2013), CHOMP, for the cost.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from robolab.core.compiled import jit
from robolab.core.transforms import Array
from robolab.kernels.compiled_cost import path_cost
from robolab.kernels.compiled_descent import Rules, asks, new_descent, outcome, tell

_LIMIT_WEIGHT = 1e3
_FIRST, _SHORTEST = 0.5, 1e-6


class Form(NamedTuple):
    """A spline's shape in coordinates x with roughness |x|^2 / 2 (but for a constant).

    Attributes:
        values: Of the basis at the samples, shape (s, m).
        upper: Upper triangle U with U^T U the roughness of the inner points, shape (m - 2, m - 2).
        rest: Where the ends alone would pull the inner points, shape (m - 2, n).
        ends: First and last control point, shape (2, n).
        scale: Weight of each joint's travel, shape (n,).
        lower, upper_limit: Joint limits, shape (n,).
    """

    values: Array
    upper: Array
    rest: Array
    ends: Array
    scale: Array
    lower: Array
    upper_limit: Array


@jit
def points_of(form, x, points):
    """Write all control points, shape (m, n), of coordinates x, shape (m - 2, n)."""
    inner, n = form.rest.shape
    points[0], points[inner + 1] = form.ends[0], form.ends[1]
    for j in range(n):
        for i in range(inner - 1, -1, -1):
            value = x[i, j]
            for k in range(i + 1, inner):
                value -= form.upper[i, k] * points[k + 1, j]
            points[i + 1, j] = value / form.upper[i, i]
    for i in range(inner):
        for j in range(n):
            points[i + 1, j] = form.rest[i, j] + points[i + 1, j] / form.scale[j]


@jit
def coordinates_of(form, points, x):
    """Write the coordinates of control points."""
    inner, n = form.rest.shape
    for i in range(inner):
        for j in range(n):
            x[i, j] = 0.0
            for k in range(i, inner):
                x[i, j] += form.upper[i, k] * (points[k + 1, j] - form.rest[k, j]) * form.scale[j]


@jit
def _cost(body, world, setting, form, reach, weight, x, points, Q, slope, push, gradient):
    """Cost at x; writes its gradient. `points`, `Q`, `slope` and `push` are room to work in."""
    inner, n = form.rest.shape
    samples, count = form.values.shape
    points_of(form, x, points)
    Q[:] = 0.0
    for s in range(samples):
        for i in range(count):
            value = form.values[s, i]
            if value != 0.0:
                for j in range(n):
                    Q[s, j] += value * points[i, j]
    share = weight / samples
    total = share * path_cost(body, world, setting, reach, Q, slope)
    push[:] = 0.0
    for s in range(samples):
        for i in range(count):
            value = share * form.values[s, i]
            if value != 0.0:
                for j in range(n):
                    push[i, j] += value * slope[s, j]
    for i in range(1, count - 1):
        for j in range(n):
            over = points[i, j] - min(max(points[i, j], form.lower[j]), form.upper_limit[j])
            total += 0.5 * _LIMIT_WEIGHT * over * over
            push[i, j] += _LIMIT_WEIGHT * over
    for j in range(n):
        for i in range(inner):
            value = push[i + 1, j] / form.scale[j]
            for k in range(i):
                value -= form.upper[k, i] * (gradient[k, j] - x[k, j])
            total += 0.5 * x[i, j] * x[i, j]
            gradient[i, j] = value / form.upper[i, i] + x[i, j]
    return total


@jit
def minimise(body, world, setting, form, reach, weight, x, iterations, tolerance):
    """Move coordinates x, shape (m - 2, n), downhill in place; returns the cost reached.

    Args:
        reach: Slack below which obstacles push [m]; weight: what they weigh against roughness.
        tolerance: Relative decrease of the cost at which to stop.
    """
    samples, count = form.values.shape
    n = x.shape[1]
    points, push = np.empty((count, n)), np.empty((count, n))
    Q, slope = np.empty((samples, n)), np.empty((samples, n))
    walk, rules = new_descent(x), Rules(_FIRST, _SHORTEST, tolerance, iterations)
    while asks(walk):
        found = _cost(
            body,
            world,
            setting,
            form,
            reach,
            weight,
            walk.trial,
            points,
            Q,
            slope,
            push,
            walk.after,
        )
        tell(walk, rules, found)
    return outcome(walk)[0]
