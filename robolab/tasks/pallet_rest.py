"""What stands on a pallet and belongs to no face that is known: level patches, to be kept away from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from robolab.core.transforms import Array, apply
from robolab.tasks.pallet_case import Deck
from robolab.tasks.pallet_faces import CaseFace, Ledge, SeenFace
from robolab.tasks.pallet_view import Photo

ON_DECK = 0.06
"""What is lower above the deck than this is no case [m]."""
OVERHANG = 0.1
"""How far beside the deck cases may reach [m]."""
_RIM, _WALL = 0.02, 0.008
"""What a face explains beyond its own edge, level with it and below it [m]: wider cases may stand below."""
_CELL, _FEWEST, _SPARSE = 0.05, 24, 2
"""What no face explains is gathered in cells of that side [m], from so many points on; every so many-th pixel is looked at."""
_OF_LEDGE, _LEVEL, _MOSTLY = 6, 0.01, 0.7
"""A ledge under a face's edge has so many points, that share of them so near to one height [m]; edges of depth have not."""
_BLUR = 0.008
"""How much farther than its points a ledge may reach: depth is missing at edges [m]."""


def rest_of(photo: Photo, faces: Sequence[SeenFace], deck: Deck) -> tuple[CaseFace, ...]:
    """Return what no face explains, as patches of confidence 0."""
    points = _standing(photo, deck)
    known, at_edge = _explained(points, faces)
    points, at_edge = points[~known], at_edge[~known]
    low = deck.X_world_deck[:2, 3] - deck.size[:2] / 2.0 - OVERHANG
    cells, place = np.unique(
        ((points[:, :2] - low) / _CELL).astype(int), axis=0, return_inverse=True
    )
    found = [
        _patch(points[place == k], at_edge[place == k], low + (cell + 0.5) * _CELL)
        for k, cell in enumerate(cells)
    ]
    return tuple(patch for patch in found if patch is not None)


def _standing(photo: Photo, deck: Deck) -> Array:
    """Points above the deck or close beside it, shape (m, 3) [m]."""
    depth = photo.depth[::_SPARSE, ::_SPARSE]
    v, u = np.nonzero(depth > 0.0)
    pixels = np.stack([_SPARSE * u, _SPARSE * v, np.ones(len(u))], axis=1)
    rays = pixels @ np.linalg.inv(photo.intrinsics).T
    points = apply(photo.X_world_cam, rays * depth[v, u][:, None])
    beside = np.abs(points[:, :2] - deck.X_world_deck[:2, 3]) - deck.size[:2] / 2.0
    return points[(beside < OVERHANG).all(axis=1) & (points[:, 2] > deck.top + ON_DECK)]


def _explained(points: Array, faces: Sequence[SeenFace]) -> tuple[np.ndarray, np.ndarray]:
    """Which points belong to a face or the walls below it, and which may be of a ledge under its edge, shapes (m,)."""
    known, ledge = np.zeros((2, len(points)), dtype=bool)
    for face in faces:
        at = (points - face.X_world_face[:3, 3]) @ face.X_world_face[:3, :3]
        beyond = (np.abs(at[:, :2]) - np.asarray(face.extent) / 2.0).max(axis=1)
        near = (beyond < _RIM) & (at[:, 2] < _RIM)
        part = near & ((at[:, 2] > -_RIM) | (beyond < _WALL))
        known |= part
        ledge |= near & ~part
    return known, ledge


def _patch(points: Array, at_edge: np.ndarray, middle: Array) -> CaseFace | None:
    """A whole cell, as high as most of what is in it; or what of it a ledge takes up; None where there is neither."""
    clear = points[~at_edge]
    if len(clear) < _FEWEST:
        return _ledge(points)
    X = np.eye(4)
    X[:3, 3] = [*middle, np.percentile(clear[:, 2], 90.0)]
    return CaseFace(X, np.full(2, _CELL), 0.0)


def _ledge(points: Array) -> Ledge | None:
    """What little shows of a case, if most of the points lie on one level."""
    if len(points) < _OF_LEDGE:
        return None
    height = float(np.median(points[:, 2]))
    level = points[np.abs(points[:, 2] - height) < _LEVEL]
    if len(level) < max(_OF_LEDGE, _MOSTLY * len(points)):
        return None
    low, high = level[:, :2].min(axis=0), level[:, :2].max(axis=0)
    X = np.eye(4)
    X[:3, 3] = [*(low + high) / 2.0, height]
    return Ledge(X, high - low + 2.0 * _BLUR)
