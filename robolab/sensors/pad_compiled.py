"""The skin of a pad, compiled: it is read a thousand times a second of simulated time."""

from __future__ import annotations

import numpy as np

from robolab.core.compiled import jit
from robolab.core.transforms import Array

_FLOOR = 1e-12
"""So that a touch beside every cell still has a share somewhere, and nothing is divided by nothing."""


@jit
def spread(
    points: Array,
    normal: Array,
    shear: Array,
    friction: float,
    twist: float,
    cells: Array,
    width: float,
) -> Array:
    """Share contact points among cells; see `robolab.sensors.pad.cells_of`.

    Args:
        points, normal, shear: Shapes (n, 2), (n,) and (n, 2) [m, N, N].
        twist: Torque of the patches about their own points [N m].
        cells: Middles, shape (m, 2) [m].
        width: Standard deviation of what a point becomes [m].
    Returns:
        Normal force, shear across and along of each cell, shape (m, 3) [N].
    """
    count, out = len(cells), np.zeros((len(cells), 3))
    share = np.empty(count)
    for i in range(len(normal)):
        total = 0.0
        for k in range(count):
            dx, dy = cells[k, 0] - points[i, 0], cells[k, 1] - points[i, 1]
            share[k] = np.exp(-0.5 * (dx * dx + dy * dy) / width**2) + _FLOOR
            total += share[k]
        for k in range(count):
            out[k, 0] += normal[i] * share[k] / total
    _brush(out, shear, friction)
    _twist(out, points, normal, shear, twist, cells)
    return out


@jit
def _brush(out: Array, shear: Array, friction: float) -> None:
    """Draw all cells along alike; the weakest slip until the rest can carry what is left."""
    x, y = shear[:, 0].sum(), shear[:, 1].sum()
    size = np.hypot(x, y)
    if size <= _FLOOR:
        return
    most = np.sort(friction * out[:, 0])
    level, slipping, count = np.inf, 0.0, len(most)
    for k in range(count):
        alike = (size - slipping) / (count - k)
        if alike <= most[k]:
            level = alike
            break
        slipping += most[k]
    carried = np.minimum(friction * out[:, 0], level)
    scale = 1.0 / carried.sum()
    out[:, 1] = carried * (x * scale)
    out[:, 2] = carried * (y * scale)


@jit
def _twist(
    out: Array, points: Array, normal: Array, shear: Array, twist: float, cells: Array
) -> None:
    """Add the shear of the torsion about the centre of pressure, which sums to nothing."""
    total = normal.sum()
    cx, cy, px, py = 0.0, 0.0, 0.0, 0.0
    for k in range(len(cells)):
        cx += out[k, 0] * cells[k, 0] / total
        cy += out[k, 0] * cells[k, 1] / total
    for i in range(len(normal)):
        px += normal[i] * points[i, 0] / total
        py += normal[i] * points[i, 1] / total
    moment, inertia = twist, _FLOOR
    for i in range(len(normal)):
        moment += (points[i, 0] - px) * shear[i, 1] - (points[i, 1] - py) * shear[i, 0]
    for k in range(len(cells)):
        dx, dy = cells[k, 0] - cx, cells[k, 1] - cy
        inertia += out[k, 0] * (dx * dx + dy * dy)
    for k in range(len(cells)):
        out[k, 1] -= (cells[k, 1] - cy) * out[k, 0] * moment / inertia
        out[k, 2] += (cells[k, 0] - cx) * out[k, 0] * moment / inertia
