"""What speaks against lifting: pads that are dead or another sensor's, fingers that do not touch, too much to hold."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from robolab.core.transforms import Array
from robolab.tasks.lift import GripSample

BEYOND = 20.0
"""No cell of this pad can say more [N]."""
DEAD = 0.03
"""A pad whose cells all stand still for so long is dead: noise moves every living one [s]."""
TOUCHED = 0.3
"""Force that is a touch beyond doubt [N]."""
ALONE, NOTHING = 0.4, 0.9
"""Time that one finger may touch alone, and that none may [s]."""
AT_ONCE = 0.003
"""A touch within so long of the start was there before the fingers closed [s]."""


class Fault(IntEnum):
    """Why the motion must not begin, or why a grip in the air no longer adapts; exported code says the number."""

    NONE = 0
    DEAD_1 = 1
    DEAD_2 = 2
    BEYOND = 3
    ALONE_1 = 4
    ALONE_2 = 5
    NOTHING = 6
    TOO_WIDE = 7
    SEEN_TOO_WIDE = 8
    TOO_HEAVY = 9

    @property
    def words(self) -> str:
        """Return it for people; empty when all is well."""
        return _WORDS[self]


_WORDS = {
    Fault.NONE: "",
    Fault.DEAD_1: "the pad of finger 1 is dead",
    Fault.DEAD_2: "the pad of finger 2 is dead",
    Fault.BEYOND: f"a cell reads more than {BEYOND:g} N: not this pad",
    Fault.ALONE_1: "finger 1 touches, finger 2 does not",
    Fault.ALONE_2: "finger 2 touches, finger 1 does not",
    Fault.NOTHING: "nothing between the fingers",
    Fault.TOO_WIDE: "something touches before the fingers close: wider than the gripper opens",
    Fault.SEEN_TOO_WIDE: "wider than the gripper opens, as vision sees it",
    Fault.TOO_HEAVY: "too heavy or too slippery for the force that is allowed",
}


class PadWatch:
    """Watches the readings of one grip, in constant time and memory."""

    def __init__(self) -> None:
        self._last = np.full((2, 1), np.nan)
        self._moved: Array | None = None
        self._began = float("nan")
        self._alone: float | None = None

    def look(self, sample: GripSample, contact: bool, stuck: bool) -> Fault:
        """Return what is wrong, if anything.

        Args:
            contact: Whether both fingers have been felt to touch.
            stuck: Whether the object does not come along however hard it is held.
        """
        time, normal = sample.time, sample.pads.normal.reshape(2, -1)
        if self._moved is None:
            self._moved, self._began = np.full(2, time), time
        fault = self._pads(time, normal)
        if fault != Fault.NONE:
            return fault
        if contact:
            return Fault.TOO_HEAVY if stuck else Fault.NONE
        return self._closing(time, normal.sum(axis=1))

    def _pads(self, time: float, normal: Array) -> Fault:
        assert self._moved is not None
        alive = np.isfinite(normal) & (normal != self._last)
        self._moved = np.where(alive.any(axis=1), time, self._moved)
        self._last = normal
        for finger, fault in enumerate((Fault.DEAD_1, Fault.DEAD_2)):
            if time - self._moved[finger] > DEAD:
                return fault
        beyond = np.any(np.abs(normal) > BEYOND)
        return Fault.BEYOND if beyond else Fault.NONE

    def _closing(self, time: float, force: Array) -> Fault:
        first, second = (force > TOUCHED).tolist()
        since = time - self._began
        if since < AT_ONCE and (first or second):
            return Fault.TOO_WIDE
        if first == second:
            self._alone = None
        elif self._alone is None:
            self._alone = time
        elif time - self._alone > ALONE:
            return Fault.ALONE_1 if first else Fault.ALONE_2
        return Fault.NOTHING if since > NOTHING else Fault.NONE
