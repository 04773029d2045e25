"""What an arm remembers of a pallet: which ways were tried on which face, so that none is tried twice for nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array

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

    def count(self, place: Array) -> int:
        """How many ways have failed there."""
        return len(self._at(place))

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
