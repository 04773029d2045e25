"""The stamps of samples: which are in time, which come late, and when the clock was set back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LATE = 0.12
"""A stamp that is behind the newest by no more than this is a late sample's; beyond it the clock was set back [s]."""
LATEST = 1e12
"""Stamps from here on, either way, are none [s]."""

Stamp = Literal["next", "late", "back", "none"]


@dataclass
class Clock:
    """Watches stamps in constant memory.

    Attributes:
        set_back: The first stamp since the clock was last set back [s], or None if it never was.
    """

    set_back: float | None = None
    _newest: float | None = None

    def look(self, time: float) -> Stamp:
        """Take a stamp [s]; say whether its sample comes next, is late, is the first of a new time, or has no time."""
        if not abs(time) < LATEST:
            return "none"
        behind = -1.0 if self._newest is None else self._newest - time
        if 0.0 <= behind <= LATE:
            return "late"
        self._newest = time
        if behind < 0.0:
            return "next"
        self.set_back = time
        return "back"
