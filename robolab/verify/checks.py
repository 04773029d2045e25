"""The registry of checks, and what each of them is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from robolab.core.registry import Registry
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import Program
from robolab.verify.arm import Arm
from robolab.verify.report import Finding
from robolab.verify.story import Situation, Story

if TYPE_CHECKING:
    from robolab.verify.tracking import Log


@dataclass(frozen=True)
class Settings:
    """How strictly to check.

    Attributes:
        mass_std: Standard deviation of a held object's mass, as a share of it.
        mass_sigmas: How many standard deviations either way the limits must still hold.
        job: Whether the program must do the scene's job.
    """

    mass_std: float = 0.0
    mass_sigmas: float = 2.0
    job: bool = True


@dataclass(frozen=True)
class Case:
    """A program and all that it is checked against."""

    program: Program
    scene: SceneSpec
    robot: RobotModel
    arm: Arm
    story: Story
    settings: Settings
    tracking: Log | None = None

    @property
    def situations(self) -> Sequence[Situation]:
        return self.story.situations


Check = Callable[[Case], Iterable[Finding]]
CHECKS: Registry[Check] = Registry("check")
