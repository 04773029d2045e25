"""What an estimator is: samples in, one at a time, and what is known of the load out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from robolab.core.registry import Registry
from robolab.core.transforms import Array

if TYPE_CHECKING:
    from robolab.estimation.model import LoadModel
    from robolab.robots.model import RobotModel


@dataclass(frozen=True)
class Sample:
    """What a controller knows of its arm at one instant.

    Attributes:
        time: Since any fixed instant, rising [s]; where it falls, the sample is late, or the clock was set back.
        q, qd: Joint positions and velocities, shape (n,) [rad or m, and per s].
        current: Motor currents, shape (n,) [A]; not finite where a channel is dead.
        held: Whether the gripper's own switch says that it holds something; None without one.
    """

    time: float
    q: Array
    qd: Array
    current: Array
    held: bool | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class Estimate:
    """What the samples so far tell of the load.

    Attributes:
        time: Of the last sample [s].
        mass, mass_std: Always numbers [kg]; a 90 % interval is mass ± 1.645 mass_std.
        com, com_std: Centre of mass in tcp, shape (3,) [m].
        known: Whether the data could tell the mass; otherwise it is the prior's.
        changed: Time of the last sample at which the load seemed to be another than before [s], or None.
        set_back: First stamp after the clock was last found to have been set back [s], or None.
    """

    time: float
    mass: float
    mass_std: float
    com: Array
    com_std: Array
    known: bool
    changed: float | None = None
    set_back: float | None = None


class Estimator(ABC):
    """Estimates a load on line. A kind of estimator is a subclass in a file of its own.

    `update` takes constant time and memory, so that the same thing runs in simulation, on logs and as
    exported code.

    Args:
        model: What was identified of the arm.
        robot: The arm.
        period: Time between two samples [s].
    """

    @abstractmethod
    def __init__(self, model: LoadModel, robot: RobotModel, period: float) -> None: ...

    @abstractmethod
    def update(self, sample: Sample) -> Estimate:
        """Take one sample and say what is known now."""

    @abstractmethod
    def forget(self) -> None:
        """Forget the load, but not what was learned of the arm meanwhile."""


ESTIMATORS: Registry[type[Estimator]] = Registry("estimator")
