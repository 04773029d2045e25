"""What an arm remembers of a pallet: which ways were tried on which face, and how high what it cannot see may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from robolab.core.transforms import Array
from robolab.tasks.pallet_faces import Hole, SeenFace, at_height

SAME = 0.05
"""A face nearer than this to one that was tried is that one again [m]."""
TRIES = 3
"""Different ways that are tried before a person is asked."""


@dataclass(frozen=True)
class _Try:
    place: Array
    way: int
    cause: str


class Tried:
    """Ways that failed, by where their face was."""

    def __init__(self) -> None:
        self._tries: list[_Try] = []

    def note(self, place: Array, way: int, cause: str) -> None:
        """Remember a way that failed on a face, whose middle was at a place, shape (3,) [m]."""
        self._tries.append(_Try(place.copy(), way, cause))

    def count(self, place: Array, but: str = "") -> int:
        """How many ways have failed there, but for one cause."""
        return sum(one.cause != but for one in self._at(place))

    def of(self, place: Array, cause: str) -> int:
        """How many ways have failed there for one cause."""
        return sum(one.cause == cause for one in self._at(place))

    def last(self, place: Array) -> str:
        """Why the last way failed there; empty where none was tried."""
        found = self._at(place)
        return found[-1].cause if found else ""

    def forget(self) -> bool:
        """Give every way another chance; say whether there was any to forget."""
        had = bool(self._tries)
        self._tries.clear()
        return had

    def worst(self) -> tuple[Array, str] | None:
        """Return the place at which most ways failed, and why the last one did."""
        if not self._tries:
            return None
        place = max(self._tries, key=lambda one: self.count(one.place)).place
        return place, self.last(place)

    def has(self, place: Array, way: int) -> bool:
        """Whether a way has failed on the face at a place, or enough others have."""
        found = self._at(place)
        return len(found) >= TRIES or any(one.way == way for one in found)

    def _at(self, place: Array) -> list[_Try]:
        return [one for one in self._tries if np.linalg.norm(one.place - place) < SAME]


class Heights:
    """How high what no camera knows was at most: what hides in a hole, or was a face before, does not sink by itself."""

    def __init__(self) -> None:
        self._known: list[Hole] = []
        self._faces: list[SeenFace] = []
        self._passed: list[tuple[Array, Array]] = []

    def passed(self, X_world_tcp: Array, half: Array) -> None:
        """Note where the tool is: what would be higher there is not.

        Args:
            X_world_tcp: Shape (4, 4). half: Of the tool's outline, shape (2,) [m].
        """
        self._passed.append((X_world_tcp.copy(), np.asarray(half)))

    def recall(self, faces: Sequence[SeenFace]) -> tuple[SeenFace, ...]:
        """Return what is seen, holes as high as they are remembered; forget what is a hole no longer."""
        recalled = [
            self._lowered(self._recalled(face)) if isinstance(face, Hole) else face
            for face in faces
        ]
        self._known = [face for face in recalled if isinstance(face, Hole)]
        self._faces = [face for face in recalled if face.confidence > 0.0]
        return tuple(recalled)

    def taken(self, face: SeenFace, bottom: float) -> None:
        """Note that a case was taken: what bore it is as high as its bottom was [m]."""
        self._known = [hole for hole in self._known if not _within(hole, face)]
        self._faces = [other for other in self._faces if not _within(face, other, 0.0)]
        self._known.append(Hole(at_height(face, bottom), np.asarray(face.extent), sure=True))

    def _recalled(self, hole: Hole) -> Hole:
        near = [known for known in self._known if _within(hole, known)]
        sure = [known for known in near if known.sure]
        if sure:
            lowest = min(float(known.X_world_face[2, 3]) for known in sure)
            return Hole(at_height(hole, lowest), hole.extent, sure=True)
        seen = [face for face in self._faces if _within(hole, face, 0.0)]
        top = max(float(one.X_world_face[2, 3]) for one in (hole, *near, *seen))
        return Hole(at_height(hole, top), hole.extent)

    def _lowered(self, hole: Hole) -> Hole:
        """A hole no higher than where the tool has been in its midst."""
        at = hole.X_world_face[:3, 3]
        lows = [
            float(X[2, 3])
            for X, half in self._passed
            if (np.abs((at - X[:3, 3]) @ X[:3, :2]) <= half).all()
        ]
        lowest = min(lows, default=np.inf)
        return replace(hole, X_world_face=at_height(hole, lowest)) if lowest < at[2] else hole


def _within(hole: SeenFace, face: SeenFace, beside: float = 0.5) -> bool:
    """Whether a hole's middle lies within an outline, or beside it by no more than a share of the hole's sides."""
    off = (hole.X_world_face[:3, 3] - face.X_world_face[:3, 3]) @ face.X_world_face[:3, :2]
    reach = np.asarray(face.extent) / 2.0 + beside * np.asarray(hole.extent)
    return bool((np.abs(off) <= reach).all())
