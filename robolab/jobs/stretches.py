"""A job's actions grouped into stretches: a free move, and the straight moves that hang on where it ends."""

from __future__ import annotations

from dataclasses import dataclass

from robolab.jobs.moves import Action, Move


@dataclass(frozen=True)
class Stretch:
    """Attributes:
    free: The free move that leads here; None if the job begins with a straight move.
    rest: Everything up to the next free move: straight moves, dwells and outputs.
    """

    free: Move | None
    rest: tuple[Action, ...]

    @property
    def straights(self) -> tuple[Move, ...]:
        return tuple(action for action in self.rest if isinstance(action, Move))


def stretches(actions: tuple[Action, ...]) -> tuple[Stretch, ...]:
    """Cut a job before each free move."""
    result: list[Stretch] = []
    free: Move | None = None
    rest: list[Action] = []
    for action in actions:
        if isinstance(action, Move) and not action.straight:
            if free is not None or rest:
                result.append(Stretch(free, tuple(rest)))
            free, rest = action, []
        else:
            rest.append(action)
    result.append(Stretch(free, tuple(rest)))
    return tuple(result)
