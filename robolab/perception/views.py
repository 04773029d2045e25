"""Two cameras' views of one pallet made one: what dazzles the one, the other sees.

A shiny face shows no depth where it mirrors a camera's own light back; for a camera elsewhere that is another place. Dark
shiny faces show none to either. Their outlines do, and from two places an outline has one height at which both agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

import numpy as np

from robolab.core.transforms import Array, apply, inverse
from robolab.perception.faces import Face, Outline, Seen, Trouble
from robolab.perception.overlap import area, clipped, overlap

_SAME_PLANE, _SAME_COS = 0.04, 0.94
"""Faces further apart along the normal [m], or that lean differently by more than 20 degrees, hide nothing of each other."""
_SHARED = 0.3
"""Of the smaller of two faces: who shares more with a surer one is dropped."""
_AGREE, _APART = 0.75, 0.03
"""Overlap of two outlines at the height where their middles are nearest, and how near that must be [m]."""
_HEIGHT_STD = 0.008
"""Of a height that follows from two outlines, standard deviation [m]."""


def joined(views: Sequence[Seen], lowest: float = -np.inf) -> Seen:
    """Return what several views of one scene say together, the surest first.

    Args:
        views: From cameras at different places, at the same time.
        lowest: As for `robolab.perception.faces.look` [m].
    """
    faces = sorted((f for view in views for f in view.faces), key=lambda face: -face.confidence)
    kept = _apart(faces, [])
    bare = [[o for o in view.outlines if not _explained(o, kept)] for view in views]
    met = [face for a, b in combinations(bare, 2) for face in _met(a, b, lowest)]
    met.sort(key=lambda face: -face.confidence)
    kept += _apart(met, kept)
    kept.sort(key=lambda face: -face.confidence)
    left = tuple(o for one in bare for o in one if not _explained(o, kept))
    ms, cpu_ms = _total([view.ms for view in views]), _total([view.cpu_ms for view in views])
    trouble = None if kept else _trouble(views)
    return Seen(tuple(kept), trouble, ms, left, cpu_ms)


def _trouble(views: Sequence[Seen]) -> Trouble:
    for view in views:
        if view.trouble is not None:
            return view.trouble
    return "nothing_in_view"


def _total(times: Sequence[dict[str, float]]) -> dict[str, float]:
    names = dict.fromkeys(name for one in times for name in one)
    return {name: sum(one.get(name, 0.0) for one in times) for name in names}


def _apart(faces: Sequence[Face], others: Sequence[Face]) -> list[Face]:
    """Return the faces that share little with a surer one."""
    kept: list[Face] = []
    for face in faces:
        if not any(_shared(face, other) > _SHARED for other in (*others, *kept)):
            kept.append(face)
    return kept


def _shared(face: Face, other: Face) -> float:
    """Share of the smaller of two faces in one plane that the other covers."""
    X = inverse(other.X_world_face) @ face.X_world_face
    if X[2, 2] < _SAME_COS or abs(X[2, 3]) > _SAME_PLANE:
        return 0.0
    if np.hypot(X[0, 3], X[1, 3]) > np.linalg.norm(face.extent + other.extent) / 2.0:
        return 0.0
    a, b = apply(X, _corners(face))[:, :2], _corners(other)[:, :2]
    common = clipped(a, b)
    inner = area(common) if len(common) > 2 else 0.0
    return inner / min(area(a), area(b))


def _corners(face: Face) -> Array:
    """In the face's own frame, in order from x towards y, shape (4, 3) [m]."""
    sides = np.array([[-1.0, -1.0, 0.0], [1.0, -1.0, 0.0], [1.0, 1.0, 0.0], [-1.0, 1.0, 0.0]])
    return sides * np.append(face.extent / 2.0, 0.0)


def _explained(outline: Outline, faces: Sequence[Face]) -> bool:
    """Whether an outline is that of a face which is known already."""
    for face in faces:
        a = outline.corners(float(face.X_world_face[2, 3]))[:, :2]
        b = apply(face.X_world_face, _corners(face))[:, :2]
        if face.X_world_face[2, 2] > _SAME_COS and overlap(a, b) > 0.5:
            return True
    return False


def _met(ours: Sequence[Outline], theirs: Sequence[Outline], lowest: float) -> list[Face]:
    """Return the faces that outlines of two views make, each outline used once, the best agreement first."""
    pairs = [
        (*_meeting(a, b), i, j) for (i, a), (j, b) in product(enumerate(ours), enumerate(theirs))
    ]
    found: list[Face] = []
    taken: tuple[set[int], set[int]] = (set(), set())
    for agreement, height, i, j in sorted(pairs, key=lambda pair: -pair[0]):
        if agreement < _AGREE or height < lowest or i in taken[0] or j in taken[1]:
            continue
        taken[0].add(i)
        taken[1].add(j)
        found.append(ours[i].face(height, _HEIGHT_STD))
    return found


def _meeting(a: Outline, b: Outline) -> tuple[float, float]:
    """Return how well two outlines agree at the height where their middles are nearest, 0 to 1, and that height [m].

    A level outline's middle moves along a straight line as its height grows.
    """
    at_0 = (a.corners(0.0) - b.corners(0.0)).mean(axis=0)[:2]
    slope = (a.corners(1.0) - b.corners(1.0)).mean(axis=0)[:2] - at_0
    height = -float(at_0 @ slope) / max(float(slope @ slope), 1e-9)
    if height > min(a.X_world_cam[2, 3], b.X_world_cam[2, 3]) - 0.1:
        return 0.0, height
    if np.linalg.norm(at_0 + height * slope) > _APART:
        return 0.0, height
    return overlap(a.corners(height)[:, :2], b.corners(height)[:, :2]), height
