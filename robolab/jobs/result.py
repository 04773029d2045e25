"""What a run yields, before and after it is written to its folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from robolab.jobs.adapted import Adapted
from robolab.jobs.explain import Explained, explain
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.sim.engines import SecondOpinion
from robolab.sim.tracking import TrackingLog
from robolab.trajectory.trajectory import Program
from robolab.verify.report import VerificationReport


@dataclass(frozen=True)
class ExportResult:
    """One program file set, or why this controller cannot have it.

    Attributes:
        files: Names inside the run folder.
        read_back_error: Largest joint error after reading the files back [rad].
        refused: The reason where the controller cannot run this program.
    """

    files: tuple[str, ...] = ()
    read_back_error: float | None = None
    refused: str | None = None


@dataclass(frozen=True)
class Comparison:
    """A run through the poses of a recorded log, beside the recording.

    Attributes:
        poses: How many standstills were found.
        recorded: Time the real arm spent moving between them [s].
        planned: Time the program moves [s].
    """

    poses: int
    recorded: float
    planned: float

    @property
    def ratio(self) -> float:
        """Planned over recorded motion time."""
        return self.planned / self.recorded


@dataclass(frozen=True)
class RunResult:
    """Everything about one run.

    Attributes:
        scene: Realised.
        live: Whether what has a track moved meanwhile; in other runs it stands where it is at first.
        adaptation: What was felt of loads on the way, and what came of it, where that was asked for.
        opinion: What another engine made of the program, where one was asked.
        picture: PNG of the scene, or None.
        seconds: Wall time by stage.
        training: Time it took to train the policy and to measure it [s]; None without one.
    """

    scene: SceneSpec
    seed: int
    robot: RobotModel
    program: Program
    report: VerificationReport
    tracking: TrackingLog | None
    exports: dict[str, ExportResult] = field(default_factory=dict[str, ExportResult])
    comparison: Comparison | None = None
    opinion: SecondOpinion | None = None
    picture: bytes | None = None
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    live: bool = False
    training: float | None = None
    adaptation: Adapted | None = None

    @cached_property
    def explained(self) -> Explained:
        """What shaped the program; found once for all reports."""
        return explain(self.program, self.scene, self.robot, self.live)
