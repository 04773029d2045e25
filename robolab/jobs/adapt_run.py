"""Adapt a scene's job to loads that the scene leaves open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from robolab.core.errors import SceneError
from robolab.jobs.adapt import Adapter
from robolab.jobs.adapt_feel import Feeler, SimulatedFeeler
from robolab.jobs.adapted import Adapted, AdaptSettings
from robolab.jobs.moves import expand
from robolab.jobs.plan import Cell, Step, plan_steps
from robolab.planning.contract import Planner
from robolab.robots.model import RobotModel
from robolab.scene.spec import Pick, SceneSpec
from robolab.trajectory.loads import scaled

Progress = Callable[[str], None]


@dataclass(frozen=True)
class OpenJob:
    """A job planned as if every load were the most that it may be, its paths not timed yet.

    Attributes:
        cell: Its scene has every load as heavy as it may be.
        real: The scene with the loads that there are.
        least: The least that each object may weigh, by name [kg].
    """

    cell: Cell
    real: SceneSpec
    steps: tuple[Step, ...]
    least: Mapping[str, float]

    def adapted(
        self, feeler: Feeler | None = None, settings: AdaptSettings | None = None
    ) -> Adapted:
        """Time the job for loads that are felt on the way.

        Args:
            feeler: What estimates them; without it, the true ones with an estimator's errors.
        """
        masses = {item.name: item.mass for item in self.real.objects}
        adapter = Adapter(
            self.cell,
            self.least,
            lambda name, taken_for: scaled(taken_for, masses[name]),
            feeler or SimulatedFeeler(self.cell.seed),
            settings or AdaptSettings(),
        )
        return adapter.run(self.steps)


def open_job(
    scene: SceneSpec,
    real: SceneSpec,
    robot: RobotModel,
    planner: Planner,
    seed: int,
    progress: Progress = lambda _: None,
) -> OpenJob:
    """Plan a job without looking at what its loads weigh.

    Args:
        scene: As the file has it, with the ranges of the loads.
        real: The same scene realised, with the loads that there are.
    Raises:
        PlanningError: a step cannot be done.
        SceneError: the scene leaves no load open, or one that the robot may not carry.
    """
    ranges = open_loads(scene, robot)
    cell = Cell(
        with_masses(real, {name: most for name, (_, most) in ranges.items()}), robot, planner, seed
    )
    steps = plan_steps(cell, expand(cell.scene, robot), robot.home, progress)
    least = {item.name: item.mass for item in real.objects}
    least |= {name: lightest for name, (lightest, _) in ranges.items()}
    return OpenJob(cell, real, tuple(steps), least)


def open_loads(scene: SceneSpec, robot: RobotModel) -> dict[str, tuple[float, float]]:
    """Return the least and the most that objects may weigh whose mass the scene leaves open, by name [kg].

    Only what the job picks up counts.

    Raises:
        SceneError: there is none, or one may be more than the robot is rated for.
    """
    picked = {step.object for step in scene.job if isinstance(step, Pick)}
    ranges: dict[str, tuple[float, float]] = {}
    for index, entry in enumerate(scene.randomisation.objects):
        if entry.mass is None or entry.object not in picked:
            continue
        if robot.rated_load is not None and entry.mass[1] > robot.rated_load:
            raise SceneError(
                f"{entry.object!r} may be heavier than what {robot.name} with its tool is rated for",
                field=f"randomisation.objects.{index}.mass",
                value=entry.mass[1],
                expected=f"at most {robot.rated_load:g} kg",
            )
        ranges[entry.object] = entry.mass
    if not ranges:
        raise SceneError(
            f"scene {scene.name!r} leaves no load open that a motion could adapt to",
            field="randomisation.objects",
            expected="mass: [least, most] of an object that the job picks up",
        )
    return ranges


def with_masses(scene: SceneSpec, masses: dict[str, float]) -> SceneSpec:
    """Return a scene in which some objects have other masses, by name [kg]."""
    objects = tuple(
        item.model_copy(update={"mass": masses[item.name]}) if item.name in masses else item
        for item in scene.objects
    )
    return scene.model_copy(update={"objects": objects})
