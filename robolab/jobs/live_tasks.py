"""A job that can be done live: places to go to, each with how long to stand there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.errors import PlanningError, SceneError
from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.jobs.targets import joint_or_pose
from robolab.kernels.compiled import CompiledChecker
from robolab.planning.ik import solve_ik
from robolab.robots.model import RobotModel
from robolab.scene.spec import MoveFree, SceneSpec, Wait

_MOST_GOALS = 3


@dataclass(frozen=True)
class Task:
    """Go to one of several joint positions, shape (k, n) [rad], and stand there for a time [s]."""

    name: str
    goals: Array
    stand: float = 0.0


def tasks_of(
    scene: SceneSpec, robot: RobotModel, static: CompiledChecker, seed: int
) -> tuple[Task, ...]:
    """Turn a realised scene's job into tasks.

    Raises:
        SceneError: there is nothing to do, or a step that cannot be done live.
        PlanningError: a place cannot be reached, whatever moves.
    """
    tasks: list[Task] = []
    for index, step in enumerate(scene.job):
        if isinstance(step, MoveFree):
            name = step.to if isinstance(step.to, str) else "pose"
            goals = _goals(scene, robot, static, step, seed, index)
            tasks.append(Task(f"{index + 1} free to {name}", goals))
        elif isinstance(step, Wait) and tasks:
            last = tasks[-1]
            tasks[-1] = Task(last.name, last.goals, last.stand + step.seconds)
        elif not isinstance(step, Wait):
            raise SceneError(
                "cannot be done live",
                field=f"job.{index}.do",
                value=step.do,
                expected="move_free or wait",
            )
    if not tasks:
        raise SceneError("a live run needs a job", field="job", expected="move_free and wait steps")
    return tuple(tasks)


def _goals(
    scene: SceneSpec,
    robot: RobotModel,
    static: CompiledChecker,
    step: MoveFree,
    seed: int,
    index: int,
) -> Array:
    joints, pose = joint_or_pose(scene, robot, step.to)
    rng = stream(seed, "live", "ik", index)
    if pose is not None:
        found = solve_ik(robot, pose, rng)
    else:
        assert joints is not None
        found = joints[None]
    free = np.array([q for q in found if static.free(q)])
    if len(free) == 0:
        reason = "no joint positions reach it" if len(found) == 0 else "all that reach it collide"
        raise PlanningError(f"goal cannot be used: {reason}", field=f"job.{index}", value=step.to)
    return free[:_MOST_GOALS]
