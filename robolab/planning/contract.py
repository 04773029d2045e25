"""What a planner is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from robolab.core.registry import Registry
from robolab.core.transforms import Array
from robolab.kernels.obstacles import Obstacles
from robolab.robots.model import Payload, RobotModel, Spheres
from robolab.trajectory.polynomial import PiecewisePolynomial
from robolab.trajectory.trajectory import LegRequirements

if TYPE_CHECKING:
    from robolab.planning.checks import Ready

Reason = Literal[
    "start in collision",
    "goal in collision",
    "start outside limits",
    "goal unreachable",
    "collision on the way",
    "no path in the budget given",
    "singular on the way",
]


@dataclass(frozen=True)
class Problem:
    """One motion to plan.

    Attributes:
        start: Joint positions, shape (n,) [rad].
        goals: Joint positions any of which will do, best first, shape (k, n) [rad].
        spheres: The robot's, with those of a carried object added.
        obstacles: Without what is carried and what may be touched.
    """

    robot: RobotModel
    spheres: Spheres
    obstacles: Obstacles
    start: Array
    goals: Array
    requirements: LegRequirements
    payload: Payload | None = None

    @cached_property
    def ready(self) -> Ready | NoPlan:
        """Checker and usable goals, found once for all planners that are tried; or why there is nothing to plan."""
        from robolab.planning.checks import prepare

        return prepare(self)


@dataclass(frozen=True)
class Planned:
    """A collision-free path over [0, 1], at least three times continuously differentiable.

    Attributes:
        goal: Which row of the problem's goals it reaches.
        planner: Who made it; provenance says more (iterations, fallback reason).
        seconds: Wall time; for the report only, never for a decision.
    """

    path: PiecewisePolynomial
    goal: int
    planner: str
    seconds: float
    provenance: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class NoPlan:
    """No path, and why: the reason, a sentence of detail, and the bodies that caused it.

    Attributes:
        provenance: What else there is to say, as in `Planned`.
    """

    reason: Reason
    detail: str
    bodies: tuple[str, ...] = ()
    provenance: dict[str, Any] = field(default_factory=dict[str, Any])


class Planner(Protocol):
    """Anything that turns problems into paths. The budget counts iterations, so that a seed fixes the result."""

    def plan(self, problem: Problem, budget: int, rng: np.random.Generator) -> Planned | NoPlan: ...


PLANNERS: Registry[type[Planner]] = Registry("planner")
