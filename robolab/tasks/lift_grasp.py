"""Where a two-finger gripper can take an object: between two of its faces that are parallel, near its centre of mass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.spatial import ConvexHull

from robolab.core.transforms import Array
from robolab.robots.meshes import vertices_and_faces

WIDEST = 0.076
"""Between faces that go between the open fingers [m]."""
_LEAST_FACE = 1e-4
"""Area of a face worth taking [m2]."""
_PARALLEL = np.cos(np.radians(5.0))
_FLAT, _EVEN = np.cos(np.radians(4.0)), 0.0008
"""Triangles of one face: how parallel, and how far from its plane [m]."""
_INSIDE = 0.004
"""How far inside both faces the pads' middle has to be [m]."""
_CLEAR = 0.013
"""Least height of the pads' middle over the table [m]."""
_GRID = 0.002
_TURNS = 12
"""Ways round the closing axis that are tried."""


class Face(NamedTuple):
    """A flat side of a hull: unit normal outwards, distance from the centre of mass, corners (n, 3)."""

    normal: Array
    distance: float
    corners: Array


@dataclass(frozen=True)
class Solid:
    """A convex hull about its centre of mass.

    Attributes:
        vertices: Shape (n, 3) [m].
        faces: Its flat sides that are large enough.
    """

    vertices: Array
    faces: tuple[Face, ...]


@dataclass(frozen=True)
class Grasp:
    """One way to take a solid.

    Attributes:
        R_hand_solid: Closing axis first, up last, shape (3, 3).
        points: Places of the pads' middle from the centre of mass, nearest first, in hand axes, shape (n, 3) [m].
        width: Between the faces [m].
    """

    R_hand_solid: Array
    points: Array
    width: float


def solid_of(file: Path, scale: float) -> Solid:
    """Read a mesh's convex hull.

    Raises:
        MissingAsset: it cannot be read or holds no triangles.
    """
    vertices, _ = vertices_and_faces(file)
    hull = ConvexHull(np.asarray(vertices) * scale)
    corners = hull.points[hull.simplices]
    inner = hull.points[hull.vertices].mean(axis=0)
    volume = np.abs(np.linalg.det(corners - inner))
    centre = volume @ (corners.sum(axis=1) + inner) / 4.0 / volume.sum()
    return Solid(hull.points[hull.vertices] - centre, tuple(_faces(hull, centre)))


def _faces(hull: ConvexHull, centre: Array) -> Iterator[Face]:
    """Gather triangles that are flat together, the largest first."""
    corners = hull.points[hull.simplices] - centre
    edges = corners[:, 1:] - corners[:, :1]
    area = 0.5 * np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1)
    normals, free = hull.equations[:, :3], np.ones(len(area), dtype=bool)
    for first in np.argsort(-area, kind="stable"):
        off = np.abs((corners - corners[first, 0]) @ normals[first]).max(axis=1)
        rows = free & (normals @ normals[first] > _FLAT) & (off < _EVEN)
        free[rows] = False
        if area[rows].sum() >= _LEAST_FACE:
            normal = area[rows] @ normals[rows]
            normal /= np.linalg.norm(normal)
            points = corners[rows].reshape(-1, 3)
            yield Face(normal, float((points @ normal).max()), points)


def grasps(solid: Solid) -> list[Grasp]:
    """Return all ways between parallel faces; the solid stands in a nest that fits it, whichever side is down."""
    return [
        Grasp(R, points, a.distance + b.distance)
        for a, b in _pairs(solid)
        for R in _turns(a)
        if len(points := _places(solid, a, b, R))
    ]


def _pairs(solid: Solid) -> Iterator[tuple[Face, Face]]:
    for k, a in enumerate(solid.faces):
        for b in solid.faces[:k]:
            if a.normal @ b.normal < -_PARALLEL and a.distance + b.distance <= WIDEST:
                yield a, b


def _turns(a: Face) -> Iterator[Array]:
    """Rotations that close along a face's normal, the rest turned about it in equal steps."""
    side = np.cross(a.normal, np.eye(3)[np.argmin(np.abs(a.normal))])
    side /= np.linalg.norm(side)
    other = np.cross(a.normal, side)
    for angle in 2.0 * np.pi * np.arange(_TURNS) / _TURNS:
        up = np.cos(angle) * side + np.sin(angle) * other
        yield np.array([a.normal, np.cross(up, a.normal), up])


def _places(solid: Solid, a: Face, b: Face, R: Array) -> Array:
    """Where the pads' middle is well inside both faces and over the table, nearest to the centre of mass first."""
    flat = [face.corners @ R[1:].T for face in (a, b)]
    low = np.maximum(flat[0].min(axis=0), flat[1].min(axis=0))
    high = np.minimum(flat[0].max(axis=0), flat[1].max(axis=0))
    low[1] = max(low[1], (solid.vertices @ R[2]).min() + _CLEAR)
    if np.any(high - low < _GRID):
        return np.zeros((0, 3))
    across, along = (np.arange(low[i], high[i], _GRID) for i in range(2))
    grid = np.stack(np.meshgrid(across, along, indexing="ij"), axis=-1).reshape(-1, 2)
    grid = grid[_within(grid, flat[0], _INSIDE) & _within(grid, flat[1], _INSIDE)]
    grid = grid[np.argsort(np.linalg.norm(grid, axis=1), kind="stable")]
    middle = 0.5 * (a.distance - b.distance)
    return np.column_stack([np.full(len(grid), middle), grid])


def _within(points: Array, corners: Array, margin: float) -> np.ndarray:
    """Whether points, shape (n, 2), are inside the hull of corners, shape (m, 2), by a margin."""
    planes = ConvexHull(corners).equations
    return np.all(points @ planes[:, :2].T + planes[:, 2] <= -margin + 1e-9, axis=1)
