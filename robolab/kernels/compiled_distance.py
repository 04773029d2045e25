"""Signed distance from a point to a box, cylinder, ball or point cloud, compiled."""

from __future__ import annotations

import numpy as np

from robolab.core.compiled import jit
from robolab.core.transforms import Array

FAR = 1e9


@jit
def solid_distance(solid: Array, x: float, y: float, z: float) -> float:
    """Distance of a point to a packed solid, negative inside [m]."""
    dx, dy, dz = x - solid[10], y - solid[11], z - solid[12]
    if solid[0] == 2.0:
        return np.sqrt(dx * dx + dy * dy + dz * dz) - solid[13]
    u = solid[1] * dx + solid[4] * dy + solid[7] * dz
    v = solid[2] * dx + solid[5] * dy + solid[8] * dz
    w = solid[3] * dx + solid[6] * dy + solid[9] * dz
    if solid[0] == 0.0:
        a, b, c = abs(u) - solid[13], abs(v) - solid[14], abs(w) - solid[15]
        inside = min(max(a, b, c), 0.0)
        a, b, c = max(a, 0.0), max(b, 0.0), max(c, 0.0)
        return np.sqrt(a * a + b * b + c * c) + inside
    a, b = np.sqrt(u * u + v * v) - solid[13], abs(w) - solid[14]
    inside = min(max(a, b), 0.0)
    a, b = max(a, 0.0), max(b, 0.0)
    return np.sqrt(a * a + b * b) + inside


@jit
def nearest_point(tree: Array, x: float, y: float, z: float, bound: float) -> tuple[float, int]:
    """Distance to the nearest of the points packed as a tree [m] and its row, or `bound` and -1 if none is nearer."""
    low = np.empty(64, np.int64)
    high = np.empty(64, np.int64)
    axes = np.empty(64, np.int64)
    gaps = np.empty(64)
    low[0], high[0], axes[0], gaps[0] = 0, tree.shape[0], 0, 0.0
    top, best, found = 1, bound * bound if bound > 0.0 else 0.0, -1
    while top > 0:
        top -= 1
        i, j, axis = low[top], high[top], axes[top]
        if i >= j or gaps[top] >= best:
            continue
        m = (i + j) // 2
        dx, dy, dz = x - tree[m, 0], y - tree[m, 1], z - tree[m, 2]
        square = dx * dx + dy * dy + dz * dz
        if square < best:
            best, found = square, m
        gap = dx if axis == 0 else (dy if axis == 1 else dz)
        following = (axis + 1) % 3
        # The side that holds the query is pushed last, to be looked at first.
        far_low, far_high = (i, m) if gap > 0.0 else (m + 1, j)
        near_low, near_high = (m + 1, j) if gap > 0.0 else (i, m)
        low[top], high[top], axes[top], gaps[top] = far_low, far_high, following, gap * gap
        top += 1
        low[top], high[top], axes[top], gaps[top] = near_low, near_high, following, 0.0
        top += 1
    return (np.sqrt(best) if found >= 0 else bound), found


@jit
def solid_gradient(solid: Array, x: float, y: float, z: float, out: Array) -> float:
    """Signed distance to a packed solid [m]; fills in the direction in which it grows, shape (3,)."""
    dx, dy, dz = x - solid[10], y - solid[11], z - solid[12]
    if solid[0] == 2.0:
        length = np.sqrt(dx * dx + dy * dy + dz * dz)
        scale = 1.0 / max(length, 1e-9)
        out[0], out[1], out[2] = dx * scale, dy * scale, dz * scale
        return length - solid[13]
    u = solid[1] * dx + solid[4] * dy + solid[7] * dz
    v = solid[2] * dx + solid[5] * dy + solid[8] * dz
    w = solid[3] * dx + solid[6] * dy + solid[9] * dz
    if solid[0] == 0.0:
        distance, u, v, w = _box_gradient(solid, u, v, w)
    else:
        distance, u, v, w = _cylinder_gradient(solid, u, v, w)
    for r in range(3):
        out[r] = solid[1 + 3 * r] * u + solid[2 + 3 * r] * v + solid[3 + 3 * r] * w
    return distance


@jit
def _box_gradient(solid: Array, u: float, v: float, w: float) -> tuple[float, float, float, float]:
    a, b, c = abs(u) - solid[13], abs(v) - solid[14], abs(w) - solid[15]
    if max(a, b, c) <= 0.0:
        if a >= b and a >= c:
            return a, np.sign(u), 0.0, 0.0
        return (b, 0.0, np.sign(v), 0.0) if b >= c else (c, 0.0, 0.0, np.sign(w))
    a, b, c = max(a, 0.0), max(b, 0.0), max(c, 0.0)
    length = np.sqrt(a * a + b * b + c * c)
    return length, np.sign(u) * a / length, np.sign(v) * b / length, np.sign(w) * c / length


@jit
def _cylinder_gradient(
    solid: Array, u: float, v: float, w: float
) -> tuple[float, float, float, float]:
    radial = np.sqrt(u * u + v * v)
    scale = 1.0 / max(radial, 1e-9)
    a, b = radial - solid[13], abs(w) - solid[14]
    if max(a, b) <= 0.0:
        return (a, u * scale, v * scale, 0.0) if a >= b else (b, 0.0, 0.0, np.sign(w))
    a, b = max(a, 0.0), max(b, 0.0)
    length = np.sqrt(a * a + b * b)
    return length, u * scale * a / length, v * scale * a / length, np.sign(w) * b / length
