"""When new time laws are ready: one processor finds them one after the other while the arm moves on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from robolab.trajectory.retiming import Retimed

T = TypeVar("T")


@dataclass(frozen=True)
class Retiming:
    """A time law that was asked for under way. Times are those that the load has been in motion.

    Attributes:
        seconds: Time that finding it took on a processor [s].
        ready: When it was there [s].
        due: When the arm would have had to go over to it [s]; None where no better one was found.
    """

    seconds: float
    ready: float
    due: float | None

    @property
    def late(self) -> bool:
        """Whether the arm had to go on without it."""
        return self.due is not None and self.ready > self.due


@dataclass
class Processor:
    """What finds time laws. It has one thing in hand at a time, and a result that comes too late is no result.

    Attributes:
        clock: Its own time [s].
        free: When it has done all that it was asked, in the time that the load has been in motion [s].
        done: All that it was asked.
    """

    clock: Callable[[], float] = time.thread_time
    free: float = 0.0
    done: list[Retiming] = field(default_factory=list[Retiming])

    def by(self, due: float, work: Callable[[], T], known: float) -> T | None:
        """Return what `work` finds, or None where it is not there when it is due.

        Args:
            due: When the arm needs it [s].
            known: Since when it can be worked on [s].
        """
        found, seconds = self._timed(work)
        return found if self._note(seconds, known, due) else None

    def splice(
        self, work: Callable[[], Retimed | None], begins: float, known: float
    ) -> Retimed | None:
        """Return a time law for the rest of a motion, or None where there is none by the time it says it takes over.

        Args:
            begins: When the motion begins that it goes on from [s].
        """
        found, seconds = self._timed(work)
        due = None if found is None else begins + found.taken_over
        return found if self._note(seconds, known, due) else None

    def _timed(self, work: Callable[[], T]) -> tuple[T, float]:
        began = self.clock()
        found = work()
        return found, self.clock() - began

    def _note(self, seconds: float, known: float, due: float | None) -> bool:
        self.free = max(self.free, known) + seconds
        self.done.append(Retiming(seconds, self.free, due))
        return not self.done[-1].late
