"""Convex hulls of a robot's collision shapes: what exact distances are taken to.

A shape that is not convex is cut into pieces, whose hulls together enclose it more closely than one.
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
from robolab.robots.urdf import Tree, read_tree

_FORMAT = "2"
_MOST = 16
"""Pieces of one shape at most."""
_PLACES = (0.15, 0.3, 0.5, 0.7, 0.85)
_WORTH = 0.01
"""Share of the whole hull's volume that each further piece must save."""


def hulls_of(robot: RobotModel) -> Hulls:
    """Return the hulls of every collision element of every link."""
    tree = read_tree(robot.urdf, robot.urdf.parent)
    pieces = pieces_of(tree)
    frames = frames_of(robot, tree)
    vertices = [apply(frames[body][1], corners) for body, corners in pieces]
    return Hulls(
        link=np.array([frames[body][0] for body, _ in pieces], dtype=np.int64),
        body=tuple(body for body, _ in pieces),
        first=np.cumsum([0, *(len(corners) for corners in vertices)]),
        vertices=np.concatenate([np.zeros((0, 3)), *vertices]),
    )


def pieces_of(tree: Tree) -> list[tuple[str, Array]]:
    """Return link and corners, shape (k, 3) in its frame [m], of every convex piece: cached for the geometry, else cut now."""
    file = cache_dir() / "hulls" / f"{geometry_hash(tree)}-{_FORMAT}.npz"
    pieces = _read(file)
    if pieces is None:
        pieces = [
            (body, corners)
            for body, triangles in collision_shapes(tree)
            for corners in convex_pieces(triangles)
        ]
        _write(file, pieces)
    return pieces


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
    """Cut a closed surface, shape (t, 3, 3), where that pays; return the corners of the pieces' hulls.

    A piece is bounded by planes across two axes at most: then all its extreme points lie on the surface, so that
    the hull of what is left of the surface encloses it.
    """
    whole = _Piece(triangles, frozenset())
    if whole.volume <= (1.0 + _WORTH) * _enclosed(triangles):
        return [whole.corners]
    pieces = [whole]
    while len(pieces) < _MOST:
        found = [(*_best_cut(piece), place) for place, piece in enumerate(pieces)]
        gain, halves, place = max(found, key=lambda entry: entry[0])
        if gain < _WORTH * whole.volume:
            break
        pieces[place : place + 1] = halves
    return [piece.corners for piece in pieces]


class _Piece:
    """Part of a surface, the axes it was cut across, and its hull."""

    def __init__(self, triangles: Array, axes: frozenset[int]) -> None:
        self.triangles, self.axes = triangles, axes
        points = triangles.reshape(-1, 3)
        hull = ConvexHull(points)
        self.corners, self.volume = points[hull.vertices], float(hull.volume)


def _best_cut(piece: _Piece) -> tuple[float, list[_Piece]]:
    """Volume that the best cut of a piece in two saves [m3], and the two."""
    best: tuple[float, list[_Piece]] = (0.0, [])
    for axis in range(3):
        axes = piece.axes | {axis}
        if len(axes) > 2:
            continue
        along = piece.triangles[..., axis]
        for share in _PLACES:
            plane = float(along.min() + share * np.ptp(along))
            try:
                halves = [_Piece(_side(piece.triangles, axis, plane, s), axes) for s in (1.0, -1.0)]
            except (QhullError, ValueError):  # one side is flat or empty
                continue
            gain = piece.volume - sum(half.volume for half in halves)
            if gain > best[0]:
                best = (gain, halves)
    return best


def _side(triangles: Array, axis: int, plane: float, sign: float) -> Array:
    """The part of triangles on one side of a plane across an axis, as triangles."""
    height = sign * (triangles[..., axis] - plane)
    inside = height >= 0.0
    kept = [triangles[inside.all(axis=1)]]
    for corners, heights in zip(
        *(x[inside.any(axis=1) & ~inside.all(axis=1)] for x in (triangles, height)), strict=True
    ):
        polygon: list[Array] = []
        for i in range(3):
            a, b, u, v = corners[i], corners[(i + 1) % 3], heights[i], heights[(i + 1) % 3]
            if u >= 0.0:
                polygon.append(a)
            if u * v < 0.0:
                polygon.append(a + u / (u - v) * (b - a))
        fan = [[polygon[0], polygon[k], polygon[k + 1]] for k in range(1, len(polygon) - 1)]
        kept.append(np.array(fan).reshape(-1, 3, 3))
    return np.concatenate(kept)


def _enclosed(triangles: Array) -> float:
    """Volume inside a closed surface [m3]; 0 of one that is not closed or inside out."""
    a, b, c = np.moveaxis(triangles - triangles.reshape(-1, 3).mean(axis=0), 1, 0)
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6.0)
