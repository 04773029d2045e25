"""What is counted while a pallet is emptied, and who looks at it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from robolab.tasks.pallet_case import Case
from robolab.tasks.pallet_choice import Option
from robolab.tasks.pallet_faces import View

NO_WAY = "no way there"
"""A way that was ruled out by planning alone: no mishap."""


class See(Protocol):
    """Finds faces of the cases that stand; numbers of the cases are the pallet's."""

    def __call__(self, cases: Sequence[Case], look: int) -> View: ...


Watch = Callable[[View, Option, bool, float], None]
"""Is told what was believed to stand there, the way that was taken or tried, whether it went well, and how long it took [s]."""


@dataclass
class Tally:
    """What happened on one pallet.

    Attributes:
        seconds: Simulated time. shortest_carry: Of a case to the belt [m].
        causes: What went wrong, by name, and how often.
        looking: Time of each look [s].
        stopped: Why the arm stopped before the end, if it did.
    """

    cases: int
    moved: int = 0
    drops: int = 0
    collisions: int = 0
    interventions: int = 0
    double_picks: int = 0
    seconds: float = 0.0
    shortest_carry: float = float("inf")
    causes: Counter[str] = field(default_factory=Counter[str])
    looking: list[float] = field(default_factory=list[float])
    stopped: str = ""

    def call(self, cause: str) -> None:
        """Count that a person was called, and why."""
        self.interventions += 1
        self.causes[cause] += 1

    def mishaps(self) -> int:
        """How often something went wrong so far, planning aside."""
        return sum(n for cause, n in self.causes.items() if not cause.startswith(NO_WAY))
