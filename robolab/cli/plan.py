"""`robolab plan`: one motion between two places of a scene."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robolab.cli.console import SceneName, Seed, console, progress, realised
from robolab.core.errors import BadInput

if TYPE_CHECKING:
    from robolab.core.transforms import Array
    from robolab.robots.model import RobotModel
    from robolab.scene.spec import MoveFree, SceneSpec
    from robolab.trajectory.trajectory import Leg

EXAMPLE = "robolab plan ur10e_transfer --start home --goal 0.5,-1.2,1.4,-1.7,-1.57,0"


def command(
    scene: SceneName,
    goal: Annotated[
        str, typer.Option(help="Joint positions [rad], with commas between, or a target's name.")
    ],
    start: Annotated[str, typer.Option(help="Joint positions [rad], or home.")] = "home",
    seed: Seed = 0,
    policy: Annotated[Path | None, typer.Option(help="Folder of a trained policy.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="File for the program, as JSON with exact polynomials.")
    ] = None,
) -> None:
    """Plan one free motion and say how long it takes, or why there is none."""
    from robolab.jobs.moves import expand
    from robolab.jobs.plan import Cell, plan_actions
    from robolab.jobs.planner import planner_for
    from robolab.jobs.storage import save_program
    from robolab.robots import load_robot

    spec = realised(scene, seed)
    robot = load_robot(spec.robot, spec.folder)
    q_start = _start(start, robot)
    spec = spec.model_copy(update={"job": (_step(goal, robot, spec),)})
    with progress(f"plan in {spec.name}") as say:
        cell = Cell(spec, robot, planner_for(spec, robot, policy), seed)
        program = plan_actions(cell, expand(spec, robot), q_start, say)
    if not program.legs:
        console().print("start and goal are the same")
    for leg in program.legs:
        _tell(leg)
    if out is not None:
        save_program(out, program)
        console().print(f"program   {out}", markup=False, soft_wrap=True)


def _start(text: str, robot: RobotModel) -> Array:
    return robot.home if text == "home" else _joints("--start", text, robot)


def _step(text: str, robot: RobotModel, scene: SceneSpec) -> MoveFree:
    from robolab.scene.load import target_names
    from robolab.scene.spec import JointTarget, MoveFree

    if text in target_names(scene):
        return MoveFree(do="move_free", to=text)
    joints = tuple(float(q) for q in _joints("--goal", text, robot))
    return MoveFree(do="move_free", to=JointTarget(joints=joints))


def _joints(option: str, text: str, robot: RobotModel) -> Array:
    import numpy as np

    expected = f"{robot.dof} numbers with commas between, or a target's name"
    try:
        q = np.array([float(part) for part in text.split(",")])
    except ValueError:
        raise BadInput("not joint positions", field=option, value=text, expected=expected) from None
    if q.size != robot.dof or not np.all(np.isfinite(q)):
        raise BadInput("not joint positions", field=option, value=text, expected=expected)
    return q


def _tell(leg: Leg) -> None:
    from rich.table import Table

    console().print(f"{leg.planner} plans {leg.name!r}: {leg.trajectory.duration:.3f} s")
    table = Table(box=None, pad_edge=False)
    table.add_column("time [s]", justify="right")
    for joint in leg.trajectory.joints:
        table.add_column(joint, justify="right")
    for share in range(11):
        t = leg.trajectory.duration * share / 10.0
        table.add_row(f"{t:.3f}", *(f"{q:.4f}" for q in leg.trajectory.position(t)))
    console().print(table)
