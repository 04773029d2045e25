"""What speaks against lifting: pads that are dead or another sensor's, fingers that do not touch, too much to hold."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array
from robolab.tasks.lift import GripSample

_BEYOND = 20.0
"""No cell of this pad can say more [N]."""
_DEAD = 0.03
"""A pad whose cells all stand still for so long is dead: noise moves every living one [s]."""
_TOUCHED = 0.3
"""Force that is a touch beyond doubt [N]."""
_ALONE, _NOTHING = 0.4, 0.9
"""Time that one finger may touch alone, and that none may [s]."""
_AT_ONCE = 0.003
"""A touch within so long of the start was there before the fingers closed [s]."""


class PadWatch:
    """Watches the readings of one grip, in constant time and memory."""

    def __init__(self) -> None:
        self._last = np.full((2, 1), np.nan)
        self._moved: Array | None = None
        self._began = float("nan")
        self._alone: float | None = None

    def look(self, sample: GripSample, contact: bool, stuck: bool) -> str:
        """Return what is wrong, or nothing.

        Args:
            contact: Whether both fingers have been felt to touch.
            stuck: Whether the object does not come along however hard it is held.
        """
        time, normal = sample.time, sample.pads.normal.reshape(2, -1)
        if self._moved is None:
            self._moved, self._began = np.full(2, time), time
        return self._pads(time, normal) or (
            self._holding(stuck) if contact else self._closing(time, normal.sum(axis=1))
        )

    def _pads(self, time: float, normal: Array) -> str:
        assert self._moved is not None
        alive = np.isfinite(normal) & (normal != self._last)
        self._moved = np.where(alive.any(axis=1), time, self._moved)
        self._last = normal
        for finger in range(2):
            if time - self._moved[finger] > _DEAD:
                return f"the pad of finger {finger + 1} is dead"
        if np.nanmax(np.abs(normal), initial=0.0) > _BEYOND:
            return f"a cell reads more than {_BEYOND:g} N: not this pad"
        return ""

    def _closing(self, time: float, force: Array) -> str:
        touching = force > _TOUCHED
        if time - self._began < _AT_ONCE and touching.any():
            return "something touches before the fingers close: wider than the gripper opens"
        if touching.sum() != 1:
            self._alone = None
        elif self._alone is None:
            self._alone = time
        elif time - self._alone > _ALONE:
            return f"finger {1 + int(np.argmin(force))} does not touch"
        return "nothing between the fingers" if time - self._began > _NOTHING else ""

    def _holding(self, stuck: bool) -> str:
        return "too heavy or too slippery for the force that is allowed" if stuck else ""
