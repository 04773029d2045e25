"""Whether a whole segment or curve is free, by halving until each part is known, compiled."""

from __future__ import annotations

import numpy as np

from robolab.core.compiled import jit
from robolab.core.transforms import Array
from robolab.kernels.compiled_kinematics import new_room
from robolab.kernels.compiled_motion import free_share

FREE = -1.0
_DEEP = 48


@jit
def segment_search(body, world, setting, start, end):
    """Where along a straight segment something touches: a place in [0, 1], or FREE.

    Looks at the middle of the longest unknown stretch, so that collisions are found early.
    """
    n, room = start.shape[0], new_room(body)
    q, step, rest = np.empty(n), np.empty(n), np.zeros(n)
    low, high = np.empty(_DEEP), np.empty(_DEEP)
    low[0], high[0], top = 0.0, 1.0, 1
    while top > 0:
        top -= 1
        a, b = low[top], high[top]
        middle, half = 0.5 * (a + b), 0.5 * (b - a)
        for j in range(n):
            q[j] = start[j] + middle * (end[j] - start[j])
            step[j] = half * (end[j] - start[j])
        share = free_share(body, world, setting, q, step, rest, room)
        if share < 0.0:
            return middle
        if share < 1.0:
            if top + 2 > _DEEP:
                return middle
            known = share * half
            low[top], high[top] = a, middle - known
            low[top + 1], high[top + 1] = middle + known, b
            top += 2
    return FREE


@jit
def curve_search(body, world, setting, control):
    """Where along a Bézier curve something touches: a place in [0, 1], or FREE.

    Args:
        control: Control points, shape (degree + 1, n).
    """
    degree, n, room = control.shape[0] - 1, control.shape[1], new_room(body)
    stack = np.empty((_DEEP + 2, degree + 1, n))
    low, high = np.empty(_DEEP + 2), np.empty(_DEEP + 2)
    left, q, step, rest = np.empty((degree + 1, n)), np.empty(n), np.empty(n), np.empty(n)
    stack[0] = control
    low[0], high[0], top = 0.0, 1.0, 1
    while top > 0:
        top -= 1
        right = stack[top]
        a, b = low[top], high[top]
        middle = 0.5 * (a + b)
        rest[:] = 0.0
        for j in range(n):
            q[j], step[j] = _middle(right, degree, j)
            for k in range(degree + 1):
                straight = q[j] + (2.0 * k / degree - 1.0) * step[j]
                rest[j] = max(rest[j], abs(right[k, j] - straight))
        share = free_share(body, world, setting, q, step, rest, room)
        if share < 0.0:
            return middle
        if share < 1.0:
            if top + 2 > _DEEP:
                return middle
            _halve(right, left, degree, n)
            stack[top + 1] = left
            low[top], high[top] = middle, b
            low[top + 1], high[top + 1] = a, middle
            top += 2
    return FREE


@jit
def _middle(control: Array, degree: int, j: int) -> tuple[float, float]:
    """Value in the middle of a Bézier curve and half its derivative there."""
    weight, value, slope = 0.5**degree, 0.0, 0.0
    for k in range(degree + 1):
        value += weight * control[k, j]
        slope += weight * control[k, j] * (2.0 * k - degree)
        weight *= (degree - k) / (k + 1.0)
    return value, slope


@jit
def _halve(right: Array, left: Array, degree: int, n: int) -> None:
    """Split a Bézier curve in the middle, by de Casteljau's scheme; `right` ends up holding the right half."""
    for j in range(n):
        left[0, j] = right[0, j]
        for level in range(1, degree + 1):
            for k in range(degree + 1 - level):
                right[k, j] = 0.5 * (right[k, j] + right[k + 1, j])
            left[level, j] = right[0, j]
