"""What a job with loads that are felt on the way was told, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from scipy.special import gammaincinv, ndtri

from robolab.core.errors import PlanningError
from robolab.jobs.adapt_clock import Retiming
from robolab.jobs.adapt_feel import Felt
from robolab.robots.model import Payload
from robolab.trajectory.loads import LoadRange
from robolab.trajectory.trajectory import Program


@dataclass(frozen=True)
class AdaptSettings:
    """How careful to be.

    Attributes:
        quantile: Chance that a load lies on the safe side of each bound that is derived from what was felt.
        allowance: From when a new law is looked for until it takes over in mid-motion [s].
        clock: Time of the processor that finds new time laws [s]. What it takes counts: a law that is not there
            when the arm should go over to it is left out.
        off: How far a centre of mass that was not felt yet may be from where the object's shape has it [m].
    """

    quantile: float = 0.9995
    allowance: float = 0.064
    off: float = 0.02
    clock: Callable[[], float] = time.thread_time

    def range_of(self, felt: Felt, least: float, most: float) -> LoadRange:
        """Return all that a load may be that was felt, given the least and the most that it can be [kg].

        Raises:
            PlanningError: it is heavier than that, beyond doubt.
        """
        sigmas = float(ndtri(self.quantile))
        light, heavy = (felt.load.mass + sign * sigmas * felt.doubt.mass for sign in (-1.0, 1.0))
        if light > most:
            raise PlanningError(
                "the load that was felt is heavier than anything the scene speaks of",
                field="mass",
                value=round(felt.load.mass, 2),
                expected=f"at most {most:g} kg",
            )
        off = float(2.0 * gammaincinv(1.5, self.quantile)) ** 0.5 * felt.doubt.com
        return LoadRange.around(felt.load, max(light, least), min(heavy, most), off)


@dataclass(frozen=True)
class AdaptedLeg:
    """A leg that carries something.

    Attributes:
        index: Among the program's legs.
        assumed: How long it takes if timed for the most that the load may be [s].
        duration: How long it takes here [s].
        taken_over: When in it the motion timed for what was felt begins [s]; None if it never does.
        late: Whether a law that was found for it was left out since it came too late.
    """

    index: int
    name: str
    assumed: float
    duration: float
    taken_over: float | None
    late: bool = False


@dataclass(frozen=True)
class Handled:
    """An object that was lifted, what was felt of it, and what came of that.

    Attributes:
        assumed: What it was taken for until it was felt.
        felt, safe: What was felt, and the range that limits were kept for; None if it was put down before.
    """

    object: str
    true: Payload
    assumed: LoadRange
    felt: Felt | None
    safe: LoadRange | None
    legs: tuple[AdaptedLeg, ...]


@dataclass(frozen=True)
class Adapted:
    """A job as it was done.

    Attributes:
        assumed: The same job timed for the most that every load may be.
        retimings: What was asked of the processor under way, in order.
    """

    program: Program
    assumed: Program
    handled: tuple[Handled, ...]
    settings: AdaptSettings
    feeler: str
    retimings: tuple[Retiming, ...]

    @property
    def late(self) -> int:
        """How many new time laws were left out since they came too late."""
        return sum(found.late for found in self.retimings)
