"""Adapt a scene's job to loads that the scene leaves open."""

from __future__ import annotations

from collections.abc import Callable

from robolab.core.errors import SceneError
from robolab.jobs.adapt import Adapter
from robolab.jobs.adapt_feel import Feeler, SimulatedFeeler
from robolab.jobs.adapted import Adapted, AdaptSettings
from robolab.jobs.moves import expand
from robolab.jobs.plan import Cell, plan_steps
from robolab.planning.contract import Planner
from robolab.robots.model import RobotModel
from robolab.scene.spec import ObjectRange, Pick, SceneSpec
from robolab.trajectory.loads import scaled

Progress = Callable[[str], None]


def adapt_job(
    scene: SceneSpec,
    real: SceneSpec,
    robot: RobotModel,
    planner: Planner,
    seed: int,
    *,
    feeler: Feeler | None = None,
    settings: AdaptSettings | None = None,
    progress: Progress = lambda _: None,
) -> Adapted:
    """Plan a job as if every load were the most that it may be, and time it for what is felt.

    Args:
        scene: As the file has it, with the ranges of the loads.
        real: The same scene realised, with the loads that there are.
        feeler: What estimates loads; without it, the true ones with an estimator's errors.
    Raises:
        PlanningError: a step cannot be done.
        SceneError: the scene leaves no load open, or one that the robot may not carry.
    """
    ranges = open_loads(scene, robot)
    heaviest = {name: entry.mass[1] for name, entry in ranges.items() if entry.mass is not None}
    least = {name: entry.mass[0] for name, entry in ranges.items() if entry.mass is not None}
    known = {item.name: item.mass for item in real.objects}
    cell = Cell(with_masses(real, heaviest), robot, planner, seed)
    steps = plan_steps(cell, expand(cell.scene, robot), robot.home, progress)
    adapter = Adapter(
        cell,
        known | least,
        lambda name, taken_for: scaled(taken_for, known[name]),
        feeler or SimulatedFeeler(seed),
        settings or AdaptSettings(),
    )
    progress("feel and time anew")
    return adapter.run(steps)


def open_loads(scene: SceneSpec, robot: RobotModel) -> dict[str, ObjectRange]:
    """Return the objects that the job picks up and whose mass the scene leaves open, by name.

    Raises:
        SceneError: there is none, or one may be more than the robot is rated for.
    """
    picked = {step.object for step in scene.job if isinstance(step, Pick)}
    entries = scene.randomisation.objects
    ranges = {entry.object: entry for entry in entries if entry.object in picked and entry.mass}
    if not ranges:
        raise SceneError(
            f"scene {scene.name!r} leaves no load open that a motion could adapt to",
            field="randomisation.objects",
            expected="mass: [least, most] of an object that the job picks up",
        )
    for index, entry in enumerate(entries):
        if entry.object not in ranges or entry.mass is None or robot.rated_load is None:
            continue
        if entry.mass[1] > robot.rated_load:
            raise SceneError(
                f"{entry.object!r} may be heavier than what {robot.name} with its tool is rated for",
                field=f"randomisation.objects.{index}.mass",
                value=entry.mass[1],
                expected=f"at most {robot.rated_load:g} kg",
            )
    return ranges


def with_masses(scene: SceneSpec, masses: dict[str, float]) -> SceneSpec:
    """Return a scene in which some objects have other masses, by name [kg]."""
    objects = tuple(
        item.model_copy(update={"mass": masses[item.name]}) if item.name in masses else item
        for item in scene.objects
    )
    return scene.model_copy(update={"objects": objects})
