"""What grippers have in common: a command, a state, and a diary of what they took and lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True)
class GripEvent:
    """Something that happened to an object in the gripper.

    Attributes:
        time: Simulated [s].
        what: "held" when the grip is firm, "released" on command, "dropped" against it, "missed" when
            nothing was there to take.
        object: Its name, or None where nothing was taken.
        reason: Why, with figures, for "dropped" and "missed".
    """

    time: float
    what: Literal["held", "released", "dropped", "missed"]
    object: str | None
    reason: str = ""


class GripperDrive(Protocol):
    """A gripper in the physics.

    Attributes:
        held: Name of the object in its grip, or None.
        events: Everything that happened since the last reset, in order.
    """

    held: str | None
    events: list[GripEvent]

    @property
    def idle(self) -> bool:
        """Whether the next physics steps need no `step` until another command."""
        ...

    def command(self, on: bool, time: float) -> None:
        """Grip (True) or let go (False)."""
        ...

    def reset(self) -> None:
        """Let go at once, and forget what was."""
        ...

    def step(self, time: float) -> None:
        """Advance by one physics step, before the physics does."""
        ...
