"""What a perfect camera above a pallet would find: every case's uppermost face that it can see, a little off.

Stands in for perception where what vision costs is measured. Nothing else here looks at the truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from robolab.core.transforms import Array, apply, pose_rpy
from robolab.tasks.pallet_case import Case

_POINTS = 10
"""Along each side of a face, to see how much of it is hidden."""
_SEEN = 0.3
"""Share of a face that has to be in view."""
ABOVE = 0.01
"""What lies higher than a face by more hides it [m]."""
LOWEST = 0.06
"""Cases are not lower than this: what rises by less above a face is no case upon it [m]."""
SURE = 0.8
"""Confidence from which a face is as large as its case."""
_CORNERS = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])
_POSITION, _EXTENT, _TURN = 2e-3, 3e-3, 0.006
"""Standard deviations of position [m], side [m] and angles [rad]."""


class SeenFace(Protocol):
    """What the choice needs of a face: X_world_face (4, 4) in its middle, z out of it, x along the longer side;
    extent along x and y (2,) [m]; confidence from 0 to 1.
    """

    @property
    def X_world_face(self) -> Array: ...

    @property
    def extent(self) -> Array: ...

    @property
    def confidence(self) -> float: ...


@dataclass(frozen=True)
class CaseFace:
    """A face as it is. See `SeenFace`."""

    X_world_face: Array
    extent: Array
    confidence: float = 1.0


@dataclass(frozen=True)
class Crushed(CaseFace):
    """A face that is dented or tilts, as if it were level, as high as its highest corner; less sure, so that it is felt for."""


@dataclass(frozen=True)
class Tipped(Crushed):
    """One that tilts farther than cups follow that come straight down."""


@dataclass(frozen=True)
class Hole(CaseFace):
    """Where nothing is known of what may stand there but how high it may be: confidence 0.

    Attributes:
        sure: Whether its height is known, since what stood on it has been measured.
    """

    confidence: float = 0.0
    sure: bool = False


@dataclass(frozen=True)
class Spot(CaseFace):
    """Where depth is missing in the midst of a face, at the height of that: a dark print, or a shiny case that stands on it."""

    confidence: float = 0.0


@dataclass(frozen=True)
class Ledge(CaseFace):
    """What little shows of a case under the edge of a smaller one: in the way of the arm, and known well enough not to be felt for."""

    confidence: float = 0.0


@dataclass(frozen=True)
class View:
    """What a look gave: faces, or the trouble that the camera is in; and how long it took [s].

    Faces of confidence 0 stand for what is there without being known for a face: in the way, but nothing to take.
    """

    faces: Sequence[SeenFace]
    trouble: str | None = None
    seconds: float = 0.0


def corners(face: SeenFace) -> Array:
    """Return the corners of a face in world, around it, shape (4, 3) [m]."""
    return apply(face.X_world_face, np.c_[_CORNERS * face.extent, np.zeros(4)])


def upper_face(case: Case) -> CaseFace:
    """Return a case's uppermost face."""
    R = case.X_world_case[:3, :3]
    up = int(np.argmax(np.abs(R[2])))
    z = R[:, up] * np.sign(R[2, up])
    along, across = sorted((k for k in range(3) if k != up), key=lambda k: -case.size[k])
    X = np.eye(4)
    X[:3, :3] = np.column_stack([R[:, along], np.cross(z, R[:, along]), z])
    X[:3, 3] = case.X_world_case[:3, 3] + z * case.size[up] / 2.0
    return CaseFace(X, np.array([case.size[along], case.size[across]]))


def faces_in_view(cases: Sequence[Case], rng: np.random.Generator) -> tuple[CaseFace, ...]:
    """Return what is seen from straight above, the surest first; a face that is partly hidden shrinks to what is seen.

    Args:
        rng: Draws how far off each is.
    """
    faces = [upper_face(case) for case in cases]
    seen = [_seen(i, faces) for i in range(len(faces))]
    off = [_off(face, rng) for face in seen if face is not None]
    return tuple(sorted(off, key=lambda face: -face.confidence))


def _seen(i: int, faces: Sequence[CaseFace]) -> CaseFace | None:
    face = faces[i]
    share = (np.arange(_POINTS) + 0.5) / _POINTS - 0.5
    grid = np.stack(np.meshgrid(share, share, indexing="ij"), axis=-1).reshape(-1, 2)
    local = np.c_[grid * face.extent, np.zeros(len(grid))]
    points = local @ face.X_world_face[:3, :3].T + face.X_world_face[:3, 3]
    hidden = np.zeros(len(points), dtype=bool)
    for k, other in enumerate(faces):
        if k != i and other.X_world_face[2, 3] > face.X_world_face[2, 3] - 0.2:
            hidden |= covers(other, points)
    visible = float(1.0 - hidden.mean())
    if visible < _SEEN:
        return None
    if visible == 1.0:
        return face
    low, high = local[~hidden, :2].min(axis=0), local[~hidden, :2].max(axis=0)
    half_step = face.extent / (2.0 * _POINTS)
    low, high = low - half_step, high + half_step
    X = face.X_world_face.copy()
    X[:3, 3] += X[:3, :2] @ ((low + high) / 2.0)
    side = high - low
    if side[1] > side[0]:
        X[:3, :2] = np.column_stack([X[:3, 1], -X[:3, 0]])
        side = side[::-1]
    return CaseFace(X, side, visible)


def covers(face: SeenFace, points: Array) -> np.ndarray:
    """Which points, shape (m, 3), lie clearly below a face and within its outline, shape (m,)."""
    X, half = face.X_world_face, np.asarray(face.extent) / 2.0
    local = (points - X[:3, 3]) @ X[:3, :3]
    return (np.abs(local[:, :2]) < half).all(axis=1) & (local[:, 2] < -ABOVE)


def _off(face: CaseFace, rng: np.random.Generator) -> CaseFace:
    turn = rng.normal(0.0, _TURN, 3)
    X = face.X_world_face @ pose_rpy(rng.normal(0.0, _POSITION, 3), turn)
    extent = np.maximum(face.extent + rng.normal(0.0, _EXTENT, 2), 0.02)
    return CaseFace(X, extent, face.confidence)


def at_height(face: SeenFace, height: float) -> Array:
    """Return a face's pose with its middle at another height, shape (4, 4)."""
    X = face.X_world_face.copy()
    X[2, 3] = height
    return X
