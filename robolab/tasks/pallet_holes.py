"""Where a depth camera sees nothing on a pallet: shiny or dark tops that no face is known of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from robolab.core.transforms import Array, apply, pose
from robolab.tasks.pallet_case import Deck
from robolab.tasks.pallet_faces import SURE, CaseFace, Hole, SeenFace, Spot, at_height
from robolab.tasks.pallet_view import Photo

_SPARSE = 2
"""Every so many-th pixel is looked at."""
_SHOWN = 0.25
"""Share of what is around a pixel that has to show depth; a dark top shows some here and there."""
_THIN = 5
"""Width up to which missing depth is an edge between cases, no top of one, in looked-at pixels."""
_LEAST = 0.003
"""Area of a hole that could hide a case [m2]."""
_BESIDE = 0.05
"""How far beside the deck holes are looked for [m]."""
_CELL = 0.05
"""Side of the patches that stand for a hole [m]."""
_NARROWEST = 0.1
"""Width below which a hole is the shadow beside a step: no case is so narrow [m]."""
_MOST = 0.4
"""Share of a face above which what is missing is the face itself, known from elsewhere."""
_TALLEST = 0.65
"""Height above the deck that may hide in a hole beside which nothing higher stands, as a share of the longest side of cases."""
_HIGHEST = 70.0
"""Percentile of the heights around a hole at which the top of what hides in it is taken to be."""


def holes_of(
    photos: Sequence[Photo], faces: Sequence[SeenFace], deck: Deck
) -> tuple[CaseFace, ...]:
    """Return what no photo shows and no face covers: level patches of confidence 0, of guessed height if they are holes."""
    return tuple(
        patch
        for patches in (_holes(photos[0], deck) if photos else ())
        for patch in _left(patches, faces, photos[1:])
    )


def _left(
    patches: Sequence[Hole], faces: Sequence[SeenFace], others: Sequence[Photo]
) -> Sequence[CaseFace]:
    """What may hide in a hole beside the faces in it, and in all other photos.

    Wide enough for a case, it may be as high as the hole. A sliver is nothing beside a face that is known well; beside one that
    is half a guess it may be the rest of that case, and is as high as it.
    """
    covers = [face for face in faces if any(_covers(face, patch) for patch in patches)]
    patches = [p for p in patches if not any(_shown(photo, p) for photo in others)]
    hidden = [p for p in patches if not any(_covers(face, p) for face in covers)]
    spots = [spot for face in covers for spot in _spots(patches, face)]
    if _wide(hidden):
        return [*hidden, *spots]
    if spots:
        return spots
    guesses = [float(f.X_world_face[2, 3]) for f in covers if 0.0 < f.confidence <= SURE]
    if not guesses:
        return ()
    return [CaseFace(at_height(p, max(guesses)), p.extent, 0.0) for p in hidden]


def _spots(patches: Sequence[Hole], face: SeenFace) -> list[Spot]:
    """What of a hole lies on a face that is known well, where it is wide enough for a case."""
    inside = [p for p in patches if face.confidence > SURE and _covers(face, p)]
    if not _wide(inside) or len(inside) * _CELL**2 > _MOST * float(np.prod(face.extent)):
        return []
    height = float(face.X_world_face[2, 3])
    return [Spot(at_height(p, height), p.extent) for p in inside]


def _holes(photo: Photo, deck: Deck) -> list[list[Hole]]:
    """Patches of each hole."""
    depth = photo.depth[::_SPARSE, ::_SPARSE]
    shown = ndimage.uniform_filter((depth > 0.0).astype(float), _THIN, mode="nearest")
    missing = ndimage.binary_opening(shown < _SHOWN, np.ones((_THIN, _THIN), dtype=bool))
    labels, count = ndimage.label(missing)
    points = _points(photo, depth)
    found: list[list[Hole]] = []
    for k, box in enumerate(ndimage.find_objects(labels, count), start=1):
        rows, columns = (slice(max(s.start - 4, 0), s.stop + 4) for s in box)
        inside = labels[rows, columns] == k
        around = ndimage.binary_dilation(inside, iterations=4) & (depth[rows, columns] > 0.0)
        near = points[rows, columns][around, 2]
        top = deck.top + _TALLEST * deck.longest
        if near.size:
            top = max(top, float(np.percentile(near, _HIGHEST)))
        found.append(_patches(_lying(photo, labels == k, top), top, deck, _full(photo, top)))
    return found


def _wide(patches: Sequence[Hole]) -> bool:
    """Whether a case may hide in what is left of a hole."""
    if not patches or len(patches) * _CELL**2 < _LEAST:
        return False
    at = np.array([patch.X_world_face[:2, 3] for patch in patches])
    return bool((np.ptp(at, axis=0) + _CELL).min() > _NARROWEST - 1e-9)


def _points(photo: Photo, depth: np.ndarray) -> Array:
    """Where looked-at pixels lie in world, shape (h, w, 3) [m]; the camera itself where depth is missing."""
    v, u = np.indices(depth.shape) * _SPARSE
    rays = np.stack([u, v, np.ones_like(u)], axis=-1) @ np.linalg.inv(photo.intrinsics).T
    return apply(photo.X_world_cam, (rays * depth[..., None]).reshape(-1, 3)).reshape(rays.shape)


def _lying(photo: Photo, hole: np.ndarray, height: float) -> Array:
    """Points of a hole if it lies level at a height, shape (k, 2) [m]."""
    v, u = np.nonzero(hole)
    pixels = np.stack([_SPARSE * u, _SPARSE * v, np.ones(len(u))], axis=1)
    rays = pixels @ np.linalg.inv(photo.intrinsics).T @ photo.X_world_cam[:3, :3].T
    eye = photo.X_world_cam[:3, 3]
    return (eye + rays * ((height - eye[2]) / rays[:, 2])[:, None])[:, :2]


def _full(photo: Photo, height: float) -> float:
    """About how many points a cell has at a height."""
    far = float(photo.X_world_cam[2, 3]) - height
    return float(_CELL * photo.intrinsics[0, 0] / (_SPARSE * max(far, _CELL))) ** 2


def _patches(at: Array, top: float, deck: Deck, full: float) -> list[Hole]:
    """Cells of the deck that a hole covers for the most part.

    Args:
        full: Points of a cell that it covers whole.
    """
    low = deck.X_world_deck[:2, 3] - deck.size[:2] / 2.0 - _BESIDE
    inside = ((at > low) & (at < low + deck.size[:2] + 2.0 * _BESIDE)).all(axis=1)
    if not inside.any():
        return []
    cells, counts = np.unique(((at[inside] - low) / _CELL).astype(int), axis=0, return_counts=True)
    places: Array = low + (cells[counts >= 0.5 * full] + 0.5) * _CELL
    return [Hole(pose([x, y, top]), np.full(2, _CELL)) for x, y in places]


def _covers(face: SeenFace, patch: Hole) -> bool:
    local = (patch.X_world_face[:3, 3] - face.X_world_face[:3, 3]) @ face.X_world_face[:3, :2]
    return bool((np.abs(local) < np.asarray(face.extent) / 2.0).all())


def _shown(photo: Photo, patch: Hole) -> bool:
    """Whether another photo knows the depth there."""
    at = apply(np.linalg.inv(photo.X_world_cam), patch.X_world_face[:3, 3][None])[0]
    u, v = (photo.intrinsics @ at)[:2] / at[2]
    height, width = photo.depth.shape
    if not (4 <= u < width - 4 and 4 <= v < height - 4):
        return False
    around = photo.depth[int(v) - 4 : int(v) + 5, int(u) - 4 : int(u) + 5]
    return bool(np.mean(around > 0.0) > 0.5)
