"""Everything a live run needs, made from a realised scene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.errors import SceneError
from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.jobs.live import Executive, Watcher
from robolab.jobs.live_tasks import tasks_of
from robolab.jobs.live_watch import TrackWatcher
from robolab.jobs.moves import Move
from robolab.jobs.setting import requirements_of
from robolab.kernels.compiled import CompiledChecker
from robolab.kernels.obstacles import Obstacles
from robolab.planning.detours import library_of
from robolab.planning.query import Query
from robolab.planning.replan import Replanner
from robolab.planning.scene_obstacles import obstacles_of
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.jerk_limited import Bounds, JerkLimited, State
from robolab.trajectory.trajectory import LegRequirements

_LIMIT_SHARE = 0.995
"""Share of the allowed velocity, acceleration and jerk that motions use, for rounding."""


@dataclass(frozen=True)
class LiveCell:
    """A realised scene with its robot, ready to run."""

    scene: SceneSpec
    robot: RobotModel
    requirements: LegRequirements
    executive: Executive


def standing_of(scene: SceneSpec) -> Obstacles:
    """What stands still in a scene."""
    return obstacles_of(scene, without={track.object for track in scene.tracks})


def live_cell(
    scene: SceneSpec,
    robot: RobotModel,
    seed: int,
    replans: bool = True,
    limit: float = 60.0,
    watcher: Watcher | None = None,
) -> LiveCell:
    """Set up a live run.

    Args:
        watcher: What tells of bodies that move; without it, the scene's tracks as a sensor would measure them.
    Raises:
        SceneError: nothing moves, or the job cannot be done live.
        PlanningError: the arm's home or a place of the job is not free of what stands still.
    """
    if not scene.tracks:
        raise SceneError("nothing moves in a live run", field="tracks", expected="a track or more")
    asked = requirements_of(scene, robot, Move("live", straight=False), None)
    standing = standing_of(scene)
    static = CompiledChecker(
        robot.chain,
        robot.spheres,
        standing,
        clearance=asked.clearance,
        upright=asked.upright,
    )
    if not static.free(robot.home):
        bodies = ", ".join(f"{a} with {b}" for a, b in static.colliding_bodies(robot.home))
        raise SceneError(f"the arm cannot start: {bodies}", field="robots.0.home")
    tasks = tasks_of(scene, robot, static, seed)
    places = np.vstack([robot.home, *(task.goals for task in tasks)])
    library = library_of(robot, static, places, stream(seed, "live", "library"))
    share, limits = asked.limits_share * _LIMIT_SHARE, robot.limits
    bounds = Bounds(limits.velocity * share, limits.acceleration * share, limits.jerk * share)
    planner = Replanner(robot, static, standing, JerkLimited(bounds), library, asked)
    _warm_up(planner, tasks[0].goals, TrackWatcher(scene, seed))
    executive = Executive(planner, tasks, watcher or TrackWatcher(scene, seed), replans, limit)
    return LiveCell(scene, robot, asked, executive)


def _warm_up(planner: Replanner, goals: Array, watcher: TrackWatcher) -> None:
    """Compile what planning runs, with nothing in the way and with all, so that the first plan is timed fairly."""
    watcher.update(0.0, lambda _: planner.robot.home)
    start = State.at_rest(planner.robot.home)
    for margin in (-1.0, 10.0):
        planner.plan(Query(start, 0.0, goals, watcher.threats(), 0.5, margin))
