"""Signed distance from a point to a box, cylinder, ball or point cloud, compiled."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.compiled_jit import jit

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
def nearest_point(tree: Array, x: float, y: float, z: float, bound: float) -> float:
    """Distance to the nearest of the points packed as a tree, or `bound` if none is nearer [m]."""
    low = np.empty(64, np.int64)
    high = np.empty(64, np.int64)
    axes = np.empty(64, np.int64)
    gaps = np.empty(64)
    low[0], high[0], axes[0], gaps[0] = 0, tree.shape[0], 0, 0.0
    top, best = 1, bound * bound if bound > 0.0 else 0.0
    while top > 0:
        top -= 1
        i, j, axis = low[top], high[top], axes[top]
        if i >= j or gaps[top] >= best:
            continue
        m = (i + j) // 2
        dx, dy, dz = x - tree[m, 0], y - tree[m, 1], z - tree[m, 2]
        best = min(best, dx * dx + dy * dy + dz * dz)
        gap = dx if axis == 0 else (dy if axis == 1 else dz)
        following = (axis + 1) % 3
        # The side that holds the query is pushed last, to be looked at first.
        far_low, far_high = (i, m) if gap > 0.0 else (m + 1, j)
        near_low, near_high = (m + 1, j) if gap > 0.0 else (i, m)
        low[top], high[top], axes[top], gaps[top] = far_low, far_high, following, gap * gap
        top += 1
        low[top], high[top], axes[top], gaps[top] = near_low, near_high, following, 0.0
        top += 1
    return np.sqrt(best) if bound > 0.0 else bound
