"""Convex hulls of a robot's collision shapes: what exact distances are taken to.

A shape that is not convex is cut into slabs, whose hulls together enclose it more closely than one.
"""

from __future__ import annotations

import io
import itertools
import zipfile
from pathlib import Path

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from robolab.core.assets import cache_dir
from robolab.core.files import write_bytes
from robolab.core.transforms import Array, apply
from robolab.robots.chain import frames_of
from robolab.robots.model import Hulls, RobotModel
from robolab.robots.spheres import geometry_hash
from robolab.robots.surfaces import collision_shapes
from robolab.robots.urdf import read_tree

_FORMAT = "1"
_SLABS = (2, 3, 4, 6, 8)
_WORTH = 0.02
"""Share of the volume that each further slab must save."""
_SPARE = 1e-9


def hulls_of(robot: RobotModel) -> Hulls:
    """Return the hulls of every collision element of every link: those cached for its geometry, else cut now."""
    tree = read_tree(robot.urdf, robot.urdf.parent)
    file = cache_dir() / "hulls" / f"{geometry_hash(tree)}-{_FORMAT}.npz"
    pieces = _read(file)
    if pieces is None:
        pieces = [
            (body, corners)
            for body, triangles in collision_shapes(tree)
            for corners in convex_pieces(triangles)
        ]
        _write(file, pieces)
    frames = frames_of(robot, tree)
    vertices = [apply(frames[body][1], corners) for body, corners in pieces]
    return Hulls(
        link=np.array([frames[body][0] for body, _ in pieces], dtype=np.int64),
        body=tuple(body for body, _ in pieces),
        first=np.cumsum([0, *(len(corners) for corners in vertices)]),
        vertices=np.concatenate([np.zeros((0, 3)), *vertices]),
    )


def _read(file: Path) -> list[tuple[str, Array]] | None:
    try:
        with np.load(file, allow_pickle=False) as kept:
            ends, corners = kept["first"], kept["corners"]
            parts = zip(kept["body"].tolist(), itertools.pairwise(ends), strict=True)
            return [(str(body), corners[i:j]) for body, (i, j) in parts]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        # Absent, or cut short by whatever also ended its writer: it is made again.
        return None


def _write(file: Path, pieces: list[tuple[str, Array]]) -> None:
    memory = io.BytesIO()
    corners = [corners for _, corners in pieces]
    np.savez(
        memory,
        body=np.array([body for body, _ in pieces]),
        first=np.cumsum([0, *(len(c) for c in corners)]),
        corners=np.concatenate([np.zeros((0, 3)), *corners]),
    )
    write_bytes(file, memory.getvalue())


def convex_pieces(triangles: Array) -> list[Array]:
    """Cut a closed surface, shape (t, 3, 3), into slabs while that pays; return the corners of their hulls."""
    best = [triangles.reshape(-1, 3)]
    least = _volume(best)
    if least <= (1.0 + _WORTH) * _enclosed(triangles):
        return [best[0][ConvexHull(best[0]).vertices]]
    for axis in range(3):
        for count in _SLABS:
            pieces = _slabs(triangles, axis, count)
            volume = _volume(pieces)
            if volume < least * (1.0 - _WORTH * (count - len(best))):
                best, least = pieces, volume
    return [points[ConvexHull(points).vertices] for points in best]


def _slabs(triangles: Array, axis: int, count: int) -> list[Array]:
    """Points that span the parts of a surface between even planes across an axis."""
    low, high = triangles[..., axis].min(), triangles[..., axis].max()
    planes = np.linspace(low, high, count + 1)
    edges = np.stack([triangles, np.roll(triangles, -1, axis=1)], axis=2).reshape(-1, 2, 3)
    corners = triangles.reshape(-1, 3)
    pieces: list[Array] = []
    for a, b in itertools.pairwise(planes):
        inside = (corners[:, axis] >= a - _SPARE) & (corners[:, axis] <= b + _SPARE)
        pieces.append(np.vstack([corners[inside], _cut(edges, axis, a), _cut(edges, axis, b)]))
    return pieces


def _cut(edges: Array, axis: int, plane: float) -> Array:
    """Where edges, shape (e, 2, 3), pass through a plane."""
    a, b = edges[:, 0], edges[:, 1]
    crosses = (a[:, axis] - plane) * (b[:, axis] - plane) < 0.0
    a, b = a[crosses], b[crosses]
    share = (plane - a[:, axis]) / (b[:, axis] - a[:, axis])
    return a + share[:, None] * (b - a)


def _enclosed(triangles: Array) -> float:
    """Volume inside a closed surface [m3]; 0 of one that is not closed or inside out."""
    a, b, c = np.moveaxis(triangles - triangles.reshape(-1, 3).mean(axis=0), 1, 0)
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6.0)


def _volume(pieces: list[Array]) -> float:
    try:
        return float(sum(ConvexHull(points).volume for points in pieces))
    except QhullError:  # a slab without thickness
        return np.inf
