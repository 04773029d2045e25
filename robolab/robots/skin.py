"""Which part of a surface can be touched from outside.

Meshes from CAD carry cavities, overlapping parts and stray inner faces. What nothing outside can
reach needs no cover, and would make the body look thin.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from robolab.core.transforms import Array
from robolab.robots.surfaces import sample

_CELLS = 30000
_WALL = 0.9
"""Half the thickness of walls, in grid steps."""


@dataclass(frozen=True)
class Outside:
    """A grid that says which cells are reached from far away without crossing the surface.

    Attributes:
        low: Centre of the first cell, shape (3,) [m].
        step: Grid constant [m].
        free: Shape (nx, ny, nz), bool.
        distance: Signed distance to the skin, negative inside, shape (nx, ny, nz) [m].
    """

    low: Array
    step: float
    free: np.ndarray
    distance: Array

    def __call__(self, points: Array) -> np.ndarray:
        """Say for points, shape (..., 3), whether they are outside, up to about one grid step."""
        cell = np.rint((points - self.low) / self.step).astype(np.int64)
        top = np.array(self.free.shape) - 1
        beyond = np.any((cell < 0) | (cell > top), axis=-1)
        i, j, k = np.moveaxis(np.clip(cell, 0, top), -1, 0)
        return self.free[i, j, k] | beyond

    def depth(self, points: Array) -> Array:
        """Return how deep points, shape (n, 3), are inside, negative outside, up to a millimetre or two [m]."""
        cell = (points - self.low) / self.step
        return -ndimage.map_coordinates(self.distance, cell.T, order=1, mode="nearest")


def outside_of(corners: Array) -> Outside:
    """Find the outside of triangles, shape (t, 3, 3) [m]."""
    low, high = corners.reshape(-1, 3).min(axis=0), corners.reshape(-1, 3).max(axis=0)
    step = float((np.prod(np.maximum(high - low, 0.01)) / _CELLS) ** (1.0 / 3.0))
    shape = np.ceil((high - low) / step).astype(int) + 5
    first = 0.5 * (low + high) - 0.5 * step * (shape - 1)
    axes = [first[k] + step * np.arange(shape[k]) for k in range(3)]
    centres = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    points, normals = sample(corners, _dense(corners, step), np.random.default_rng(0))
    distance = np.asarray(cKDTree(points).query(centres)[0])
    # Cells that the surface passes through are walls, thick enough to leave no diagonal leak.
    wall = distance <= _WALL * step
    labels, _ = ndimage.label(~wall)
    free = labels == labels[0, 0, 0]
    outside = Outside(first, step, free, distance)
    return replace(
        outside, distance=_signed(outside, wall, centres, *_reached(points, normals, outside))
    )


def _dense(corners: Array, step: float) -> int:
    """Return how many samples leave no hole in the walls: 20 expected within half a wall of any point."""
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = 0.5 * float(np.linalg.norm(cross, axis=1).sum())
    return int(20.0 * area / (np.pi * (_WALL * step) ** 2)) + 1000


def _signed(
    outside: Outside, wall: np.ndarray, centres: Array, points: Array, normals: Array
) -> Array:
    distance, nearest = cKDTree(points).query(centres)
    facing = ((centres - points[nearest]) * normals[nearest]).sum(axis=-1) > 0.0
    return np.where(np.where(wall, facing, outside.free), distance, -np.asarray(distance))


def skin(corners: Array, count: int, outside: Outside) -> tuple[Array, Array]:
    """Draw points of the surface that the outside reaches, with normals that point there.

    Args:
        corners: Triangles, shape (t, 3, 3) [m].
        count: How many points are drawn before those inside are left out.
    """
    return _reached(*sample(corners, count, np.random.default_rng(1)), outside)


def _reached(points: Array, normals: Array, outside: Outside) -> tuple[Array, Array]:
    """Keep the points that the outside reaches, their normals turned to it."""
    reach = 1.8 * outside.step
    front = outside(points + reach * normals)
    back = outside(points - reach * normals) & ~front
    normals = np.where(back[:, None], -normals, normals)
    reached = front | back
    return points[reached], normals[reached]
