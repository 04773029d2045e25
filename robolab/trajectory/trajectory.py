"""A motion of named joints over time, and the program that strings motions together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import ArrayLike

from robolab.core.transforms import Array
from robolab.robots.model import Payload
from robolab.trajectory.polynomial import PiecewisePolynomial


@dataclass(frozen=True)
class Trajectory:
    """Joint motion q(t), continuous in acceleration, at rest at both ends unless said otherwise.

    Attributes:
        joints: Names, length n.
        curve: Over [0, duration] [s], values [rad or m].
    """

    joints: tuple[str, ...]
    curve: PiecewisePolynomial

    @property
    def duration(self) -> float:
        return self.curve.end - self.curve.start

    def position(self, t: ArrayLike) -> Array:
        """Joint positions at times t, shape (..., n)."""
        return self.curve(t)

    def velocity(self, t: ArrayLike) -> Array:
        return self.curve(t, 1)

    def acceleration(self, t: ArrayLike) -> Array:
        return self.curve(t, 2)

    def jerk(self, t: ArrayLike) -> Array:
        return self.curve(t, 3)


@dataclass(frozen=True)
class LegRequirements:
    """What the process asks of one leg.

    Attributes:
        clearance, carried_clearance: Least distances [m].
        upright: World direction (3,) and angle [rad] for the tool's z axis, or None.
        tool_speed, tool_acceleration: Greatest, of the tool centre point [m/s, m/s2], or None.
        straight: The tool centre point follows a line.
        limits_share: Scales velocity, acceleration and jerk limits.
        contacts: Pairs of body names that may touch on this leg ("arm" stands for the robot with its tool).
    """

    clearance: float
    carried_clearance: float
    upright: tuple[Array, float] | None = None
    tool_speed: float | None = None
    tool_acceleration: float | None = None
    straight: bool = False
    limits_share: float = 1.0
    contacts: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class LoadDoubt:
    """How far a payload that was felt, not told, may be off: standard deviations.

    Attributes:
        mass: [kg].
        com: Of each coordinate of the centre of mass [m].
    """

    mass: float
    com: float


@dataclass(frozen=True)
class Leg:
    """One uninterrupted motion, from rest to rest.

    Attributes:
        carried: Name of the held object, or None.
        payload: The load that follows from it, or None; the controller compensates its weight.
        planner: Which planner made it ("learned", "ompl", "straight", …).
        provenance: What else there is to say: iterations, fallback reason, seconds.
        doubt: How far the payload may be off; None where it is known.
    """

    name: str
    trajectory: Trajectory
    requirements: LegRequirements
    planner: str
    carried: str | None = None
    payload: Payload | None = None
    provenance: dict[str, Any] = field(default_factory=dict[str, Any])
    doubt: LoadDoubt | None = None


@dataclass(frozen=True)
class Dwell:
    """Stand still [s]."""

    seconds: float


@dataclass(frozen=True)
class Output:
    """Set a digital output; `grasps` or `releases` names the object the gripper takes or lets go by it."""

    name: str
    value: bool
    grasps: str | None = None
    releases: str | None = None


@dataclass(frozen=True)
class Program:
    """Legs, dwells and outputs in order: what is verified, simulated and exported."""

    name: str
    scene: str
    robot: str
    joints: tuple[str, ...]
    items: tuple[Leg | Dwell | Output, ...]

    @property
    def legs(self) -> tuple[Leg, ...]:
        return tuple(item for item in self.items if isinstance(item, Leg))

    @property
    def duration(self) -> float:
        """Cycle time [s]."""
        motion = sum(leg.trajectory.duration for leg in self.legs)
        return motion + sum(item.seconds for item in self.items if isinstance(item, Dwell))
