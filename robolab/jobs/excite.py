"""A motion that shows what an arm is: designed, planned, verified and exported like any other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from robolab.core.errors import BadInput, PlanningError
from robolab.core.files import new_folder
from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.estimation.excitation import telling_poses
from robolab.jobs.exports import export_all
from robolab.jobs.moves import Action, Move
from robolab.jobs.plan import Cell, plan_actions
from robolab.jobs.planner import anywhere
from robolab.jobs.problem_set import robot_spec
from robolab.jobs.rehearse import rehearse
from robolab.jobs.result import RunResult
from robolab.jobs.saved import MANIFEST
from robolab.jobs.setting import setting_of
from robolab.jobs.write import write_run
from robolab.kernels.compiled import CompiledChecker
from robolab.robots import load_robot
from robolab.robots.model import RobotModel
from robolab.scene.load import load_scene
from robolab.scene.realise import realise
from robolab.scene.spec import RequirementsSpec, SceneSpec
from robolab.verify import verify_program

_POSES = 60
_TRIES = 4000
_MARGIN = 0.02
"""Poses keep this much further from everything than the scene asks [m]."""
_WIDEST = np.pi
"""Joints that turn further are moved within a turn."""


def excite(
    model: str,
    scene: str | None,
    seconds: float,
    share: float,
    seed: int,
    out: Path,
    progress: Callable[[str], None] = lambda _: None,
) -> RunResult:
    """Design a motion for identification and write its run folder.

    Args:
        model: The robot's name.
        scene: Cell to move in; None means nothing around the arm, and no floor.
        seconds: About how long to move.
        share: Of the limits of velocity, acceleration and jerk.
    Raises:
        BadInput: a scene of another robot, or values out of range.
        PlanningError: there is no free pose to go to.
    """
    if not 1.0 <= seconds <= 600.0:
        raise BadInput("out of range", field="--seconds", value=seconds, expected="1 to 600")
    if not 0.05 <= share <= 1.0:
        raise BadInput("out of range", field="--share", value=share, expected="0.05 to 1")
    spec = _cell(model, scene, share, seed)
    robot = load_robot(spec.robot, spec.folder)
    with new_folder(out, replaces=MANIFEST) as folder:
        progress("choose poses")
        checker = setting_of(spec, robot, Move("", straight=False)).checker(robot)
        poses = telling_poses(
            robot, free_poses(robot, checker, seed), checker.segment_free, share, seconds
        )
        if not poses:
            raise PlanningError("there is no free pose to go to", field=spec.name)
        program = plan_actions(
            Cell(spec, robot, anywhere(robot), seed), _actions(robot, poses), robot.home, progress
        )
        progress("rehearse in the physics")
        tracking = rehearse(spec, seed, program)
        progress("verify")
        report = verify_program(program, spec, tracking)
        result = RunResult(spec, seed, robot, program, report, tracking)
        if report.verified:
            progress("export")
            result = RunResult(
                spec, seed, robot, program, report, tracking, exports=export_all(result, folder)
            )
        write_run(result, folder)
    return result


def _cell(model: str, scene: str | None, share: float, seed: int) -> SceneSpec:
    if scene is None:
        spec = SceneSpec(name=f"{model}_excitation", floor=False, robots=(robot_spec(model, None),))
    else:
        spec = realise(load_scene(scene), seed)
        if spec.robot.model != model:
            raise BadInput(
                "is a cell of another robot", field=scene, value=spec.robot.model, expected=model
            )
    asked = spec.requirements.model_dump() | {"limits_share": share, "upright": None}
    return spec.model_copy(
        update={"requirements": RequirementsSpec.model_validate(asked), "job": ()}
    )


def free_poses(robot: RobotModel, checker: CompiledChecker, seed: int) -> Array:
    """Draw poses at which the arm touches nothing, shape (k, n)."""
    rng = stream(seed, "excite", "poses")
    low = np.maximum(robot.limits.lower, robot.home - _WIDEST)
    high = np.minimum(robot.limits.upper, robot.home + _WIDEST)
    room = 0.03 * (high - low)
    found: list[Array] = []
    for _ in range(_TRIES):
        q = rng.uniform(low + room, high - room)
        if checker.free(q, _MARGIN):
            found.append(q)
        if len(found) == _POSES:
            break
    return np.array(found).reshape(-1, robot.dof)


def _actions(robot: RobotModel, poses: list[Array]) -> tuple[Action, ...]:
    moves = [
        Move(f"{k} to pose {k}", straight=False, joints=pose) for k, pose in enumerate(poses, 1)
    ]
    return (*moves, Move("home", straight=False, joints=robot.home))
