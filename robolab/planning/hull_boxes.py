"""The convex hull of a mesh, covered by oriented boxes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from robolab.core.errors import MissingAsset
from robolab.core.transforms import Array, inverse

_FILLED = 0.75
"""A box is cut in two while the hull fills less of it than this."""
_CUTS = 3
_FLAT = 1e-4
"""Least half size of a box [m]."""


@lru_cache(maxsize=64)
def _boxes_cached(path: Path, scale: float, stamp: float) -> tuple[tuple[Array, Array], ...]:
    import trimesh

    del stamp  # part of the key: a file that changed is read again
    try:
        mesh: Any = trimesh.load(path, force="mesh")
        mesh.apply_scale(scale)
        hull = mesh.convex_hull
    except Exception as error:
        # trimesh raises whatever its many loaders raise.
        raise MissingAsset(f"cannot be read as a mesh: {error}", file=path) from error
    return tuple(_cover(hull, _CUTS))


def hull_boxes(path: Path, scale: float) -> list[tuple[Array, Array]]:
    """Cover a mesh's convex hull by up to eight boxes.

    Returns:
        Pose in the mesh's frame, shape (4, 4), and half sizes, shape (3,) [m], of each box.
    Raises:
        MissingAsset: the file is not a mesh.
    """
    return list(_boxes_cached(path, scale, path.stat().st_mtime))


def _cover(hull: Any, cuts: int) -> list[tuple[Array, Array]]:
    import trimesh

    to_box, extents = trimesh.bounds.oriented_bounds(hull)
    X, half = inverse(np.asarray(to_box, dtype=float)), np.asarray(extents) / 2.0
    if cuts == 0 or hull.volume >= _FILLED * np.prod(extents):
        return [(X, np.maximum(half, _FLAT))]
    normal = X[:3, int(np.argmax(half))]
    sides = (_half(hull, side * normal, X[:3, 3]) for side in (1.0, -1.0))
    return [box for points in sides for box in _cover(trimesh.convex.convex_hull(points), cuts - 1)]


def _half(hull: Any, normal: Array, through: Array) -> Array:
    """Corners of the part of a hull beyond a plane: its own, and where its edges cross the plane."""
    height = (hull.vertices - through) @ normal
    ends = hull.edges_unique
    crossing = ends[height[ends[:, 0]] * height[ends[:, 1]] < 0.0]
    low, high = height[crossing[:, 0]], height[crossing[:, 1]]
    share = (low / (low - high))[:, None]
    a, b = hull.vertices[crossing[:, 0]], hull.vertices[crossing[:, 1]]
    return np.vstack([hull.vertices[height >= 0.0], a + share * (b - a)])
