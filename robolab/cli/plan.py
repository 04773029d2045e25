"""`robolab plan`: one motion between two places of a scene, or every problem of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robolab.cli.console import Seed, console, progress, realised
from robolab.core.errors import BadInput

if TYPE_CHECKING:
    from robolab.core.transforms import Array
    from robolab.robots.model import RobotModel
    from robolab.scene.spec import MoveFree, SceneSpec
    from robolab.trajectory.trajectory import Leg

EXAMPLE = "robolab plan ur10e_transfer --start home --goal 0.5,-1.2,1.4,-1.7,-1.57,0"

Out = Annotated[
    Path | None,
    typer.Option(
        help="File for the result: a program with exact polynomials, or a problem file's results."
    ),
]


def command(
    scene: Annotated[
        str | None,
        typer.Argument(metavar="[SCENE]", help="Shipped scene or YAML file to plan one motion in."),
    ] = None,
    goal: Annotated[
        str | None,
        typer.Option(help="Joint positions [rad], with commas between, or a target's name."),
    ] = None,
    start: Annotated[str, typer.Option(help="Joint positions [rad], or home.")] = "home",
    robot: Annotated[
        str | None, typer.Option(help="Robot that --problems are for: panda, ur5, ur10e, iiwa, …")
    ] = None,
    problems: Annotated[
        Path | None, typer.Option(help="JSON list of problems, each with its own obstacles.")
    ] = None,
    tool: Annotated[
        str | None, typer.Option(help="Tool on the robot; none, or the one it is sold with.")
    ] = None,
    verify: Annotated[bool, typer.Option(help="Verify each trajectory afterwards.")] = True,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a problem file where it was interrupted.")
    ] = False,
    seed: Seed = 0,
    policy: Annotated[Path | None, typer.Option(help="Folder of a trained policy.")] = None,
    out: Out = None,
) -> None:
    """Plan one free motion in a scene, or every problem of a file; say how long it takes, or why there is none."""
    if problems is not None:
        if robot is None or out is None or scene is not None:
            raise BadInput("--problems needs --robot and --out, and no scene", field="--problems")
        _plan_file(robot, tool, problems, out, seed, resume, verify)
    elif scene is None or goal is None:
        raise BadInput("give a scene and --goal, or --robot and --problems", field="SCENE")
    else:
        _plan_motion(scene, start, goal, seed, policy, out)


def _plan_file(
    model: str, tool: str | None, file: Path, out: Path, seed: int, resume: bool, verify: bool
) -> None:
    from robolab.jobs.planner import anywhere
    from robolab.jobs.problem_set import plan_problems, problem_set, robot_spec, summary
    from robolab.robots import load_robot
    from robolab.scene.problem_file import load_problems

    spec = robot_spec(model, tool)
    robot = load_robot(spec, Path())
    given = problem_set(spec, load_problems(file), file, anywhere(robot), seed)
    with progress(f"plan {file.name}") as say:
        results = plan_problems(given, out, resume, verify, say)
    for result in results:
        if result["status"] == "failed":
            console().print(f"{result['set']} {result['index']}: {result['reason']}", markup=False)
    for name, value in summary(results).items():
        console().print(f"{name:22} {value:.4g}")
    console().print(f"results   {out}", markup=False, soft_wrap=True)


def _plan_motion(
    scene: str, start: str, goal: str, seed: int, policy: Path | None, out: Path | None
) -> None:
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
