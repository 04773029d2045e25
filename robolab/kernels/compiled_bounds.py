"""How far points of a moving arm can get, compiled: what `compiled_motion` rests on."""

from __future__ import annotations

import numpy as np

from robolab.core.compiled import jit
from robolab.core.transforms import Array

TOUCH = 2e-5
"""What comes nearer than this counts as touching [m, rad]: it ends the search for ever smaller gaps."""
COLLIDES = -1.0
DEEP = -2.0
"""The centre of a sphere, which lies inside the body, is inside a solid: no exact distance will help."""


@jit
def bound_of(lever: Array, width: Array, first: int, last: int) -> float:
    """Bound on the second derivative from joints first..last-1."""
    before, total = 0.0, 0.0
    for j in range(first, last):
        total += lever[j] * width[j] * (width[j] + 2.0 * before)
        before += width[j]
    return total


@jit
def extra_of(lever: Array, rest: Array, first: int, last: int) -> float:
    total = 0.0
    for j in range(first, last):
        total += lever[j] * rest[j]
    return total


@jit
def share_of(slack: float, speed: float, bound: float) -> float:
    """Largest t <= 1 with speed t + bound t^2 / 2 <= slack."""
    if speed + 0.5 * bound <= slack:
        return 1.0
    if slack <= 0.0:
        return 0.0
    return 2.0 * slack / (speed + np.sqrt(speed * speed + 2.0 * bound * slack))


@jit
def speed_of(
    rates: Array, link: int, origin: Array, point: Array, base: int, base_origin: Array
) -> float:
    """Speed of a point on a link as seen from a nearer link of the chain."""
    dx, dy, dz = point[0] - origin[9], point[1] - origin[10], point[2] - origin[11]
    r = rates[link]
    x = r[3] + r[1] * dz - r[2] * dy
    y = r[4] + r[2] * dx - r[0] * dz
    z = r[5] + r[0] * dy - r[1] * dx
    if base > 0:
        b = rates[base]
        dx = point[0] - base_origin[9]
        dy = point[1] - base_origin[10]
        dz = point[2] - base_origin[11]
        x -= b[3] + b[1] * dz - b[2] * dy
        y -= b[4] + b[2] * dx - b[0] * dz
        z -= b[5] + b[0] * dy - b[1] * dx
    return np.sqrt(x * x + y * y + z * z)


@jit
def turning_of(rates: Array, link: int, base: int) -> float:
    x = rates[link, 0] - rates[base, 0]
    y = rates[link, 1] - rates[base, 1]
    z = rates[link, 2] - rates[base, 2]
    return np.sqrt(x * x + y * y + z * z)


@jit
def apart(a, b):
    """Squared distance of two points."""
    dx, dy, dz = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return dx * dx + dy * dy + dz * dz
