"""The moves of an episode as programs for controllers: one for each case, verified against what really stood there.

A program goes to the case, switches the vacuum, lifts for the test, carries to the belt and lets go. The lift column's
height, which a robot's controller does not command, is stated beside it. Cups are soft: the case that is held is taken
to hang flush under them, and others, and the deck, to end as far below their top as the bellows give.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from robolab.core.files import write_json
from robolab.core.transforms import Array, inverse
from robolab.jobs.exports import export_all
from robolab.jobs.pallet_cell import COLUMN, PALLET, PalletCell, true_boxes
from robolab.jobs.pallet_scene import box_of, pose_spec
from robolab.jobs.pallet_watch import Turn
from robolab.jobs.result import RunResult
from robolab.jobs.saved import PROGRAM
from robolab.jobs.storage import save_program
from robolab.planning.pallet_moves import Move
from robolab.robots import load_robot
from robolab.robots.model import Payload, RobotModel
from robolab.scene.spec import BoxShape, ObjectSpec, SceneSpec
from robolab.tasks.pallet_case import Case, Pallet
from robolab.tasks.pallet_faces import upper_face
from robolab.tasks.pallet_grip import GIVE, SEALING
from robolab.trajectory.polynomial import from_bernstein
from robolab.trajectory.timing import time_path
from robolab.trajectory.trajectory import (
    Dwell,
    Leg,
    LegRequirements,
    Output,
    Program,
    Trajectory,
)
from robolab.verify import verify_program

_BESIDE = 0.03
"""Cases nearer than this to the one that is taken may rub against it on its way out [m]."""
_LETTING_GO = 3.0
"""Time constants of the valve."""
_PLANNER = "pallet_moves"


@dataclass(frozen=True)
class Pick:
    """A program for one case, the scene that it is for, and the height of the base there [m]."""

    program: Program
    scene: SceneSpec
    robot: RobotModel
    lift: float


def write_programs(
    cell: PalletCell, pallet: Pallet, turns: Sequence[Turn], folder: Path
) -> dict[str, Any]:
    """Verify the moves of all turns that took a case, and write those that pass for every controller that can run them.

    Left out is what was felt for without being seen, where the tool stops as its gauge says, and what took two at once.


    Returns:
        How many picks there were and how many are verified; for each its case, lift height, files, or why it is not.
    """
    said: list[dict[str, Any]] = []
    for turn in turns:
        if turn.option is not None and len(turn.moves) == 2 and turn.moved == 1:
            said.append(_written(pick_of(cell, turn), pallet.seed, folder))
    return {"picks": len(said), "verified": sum(of["verified"] for of in said), "list": said}


def _written(pick: Pick, seed: int, folder: Path) -> dict[str, Any]:
    report = verify_program(pick.program, pick.scene, robot=pick.robot)
    about: dict[str, Any] = {
        "program": pick.program.name,
        "lift_m": round(pick.lift, 4),
        "seconds": round(pick.program.duration, 3),
        "verified": report.verified,
    }
    if not report.verified:
        return {**about, "why": report.explain(3)}
    result = RunResult(pick.scene, seed, pick.robot, pick.program, report, None)
    folder = folder / pick.program.name
    folder.mkdir(parents=True, exist_ok=True)
    exports = export_all(result, folder)
    save_program(folder / PROGRAM, pick.program)
    write_json(folder / "verification.json", report.to_json())
    files = {name: list(of.files) for name, of in exports.items() if of.files}
    return {**about, "files": files}


def pick_of(cell: PalletCell, turn: Turn) -> Pick:
    """Return the program of a turn that took a case, and the scene as it stood."""
    (approach, carry), case = turn.moves, turn.taken
    assert case is not None
    scene = _scene(cell, turn, case, approach)
    robot = load_robot(scene.robot, scene.folder)
    gripper = robot.gripper
    assert gripper is not None
    payload = _payload(scene.object(case.name), inverse(robot.fk(approach.end)))
    rubs = frozenset((case.name, name) for name in _beside(turn.cases, case))
    touches = frozenset({(scene.robot.name, case.name)})
    held = replace(_LEG, contacts=rubs | touches)
    test = _straight(robot, approach.end, carry.trajectory.position(0.0), payload)
    program = Program(
        f"{turn.number:03d}_{case.name.replace('-', '_')}",
        scene.name,
        robot.name,
        robot.joints,
        (
            Leg("to the case", approach.trajectory, replace(_LEG, contacts=touches), _PLANNER),
            Output(gripper.output, True, grasps=case.name),
            Dwell(SEALING),
            Leg("lift test", test, held, _PLANNER, case.name, payload),
            Leg("to the belt", carry.trajectory, held, _PLANNER, case.name, payload),
            Output(gripper.output, False, releases=case.name),
            Dwell(_LETTING_GO * cell.cups.figures.release_time),
        ),
    )
    return Pick(program, scene, robot, approach.lift)


_LEG = LegRequirements(clearance=0.0, carried_clearance=0.0)


def _scene(cell: PalletCell, turn: Turn, case: Case, approach: Move) -> SceneSpec:
    """The scene as it stood, with the base at the height of a move, and the cups' give taken off."""
    spec = cell.scene
    rise = approach.lift - cell.arm.base
    base = spec.robot.base.matrix()
    base[2, 3] += rise
    robot = spec.robot.model_copy(update={"base": pose_spec(base)})
    X = cell.arm.tool(approach, np.array([approach.duration]))[0]
    lower = {name: (pose, half) for name, pose, half in true_boxes(turn.cases)}
    cases = [
        _flush(case, X) if one.name == case.name else _lowered(one, *lower[one.name])
        for one in turn.cases
    ]
    still = [_around(item, rise) for item in spec.objects]
    asked = spec.requirements.model_copy(update={"clearance": 0.0, "carried_clearance": 0.0})
    return spec.model_copy(
        update={"robots": (robot,), "objects": (*still, *cases), "requirements": asked}
    )


def _flush(case: Case, X_world_tcp: Array) -> ObjectSpec:
    """The case that is taken, its upper face in the plane of the cups."""
    face = upper_face(case)
    z = -X_world_tcp[:3, 2]
    x = face.X_world_face[:3, 0] - z * float(face.X_world_face[:3, 0] @ z)
    x /= np.linalg.norm(x)
    flush = np.eye(4)
    flush[:3, :3] = np.column_stack([x, np.cross(z, x), z])
    flush[:3, 3] = face.X_world_face[:3, 3]
    flush[2, 3] = X_world_tcp[2, 3]
    X_face_case = inverse(face.X_world_face) @ case.X_world_case
    return box_of(replace(case, X_world_case=flush @ X_face_case))


def _lowered(case: Case, X: Array, half: Array) -> ObjectSpec:
    return box_of(replace(case, X_world_case=X, size=2.0 * half))


def _around(item: ObjectSpec, rise: float) -> ObjectSpec:
    """What stands around, the column risen with the base and the deck sunk."""
    if item.name == COLUMN:
        return _risen(item, rise)
    return _sunk(item) if item.name == PALLET else item


def _sunk(pallet: ObjectSpec) -> ObjectSpec:
    """The pallet, its deck as far below as the cups may press a case down."""
    assert isinstance(pallet.shape, BoxShape)
    x, y, z = pallet.shape.size
    size = BoxShape(type="box", size=(x, y, z - GIVE))
    return _risen(pallet, -GIVE / 2.0).model_copy(update={"shape": size})


def _risen(item: ObjectSpec, by: float) -> ObjectSpec:
    X = item.pose.matrix()
    X[2, 3] += by
    return item.model_copy(update={"pose": pose_spec(X)})


def _beside(cases: Sequence[Case], case: Case) -> list[str]:
    """Names of what stands next to a case, or under it."""
    low, high = _bounds(case)
    near: list[str] = []
    for other in cases:
        a, b = _bounds(other)
        if other.name != case.name and ((a < high + _BESIDE) & (b > low - _BESIDE)).all():
            near.append(other.name)
    return near


def _bounds(case: Case) -> tuple[Array, Array]:
    reach = np.abs(case.X_world_case[:3, :3]) @ np.asarray(case.size) / 2.0
    middle: Array = case.X_world_case[:3, 3]
    return middle - reach, middle + reach


def _payload(case: ObjectSpec, X_tcp_world: Array) -> Payload:
    """A case of even density as a load on the tool."""
    assert isinstance(case.shape, BoxShape)
    x, y, z = case.shape.size
    own = case.mass / 12.0 * np.diag([y * y + z * z, x * x + z * z, x * x + y * y])
    X_tcp_case = X_tcp_world @ case.pose.matrix()
    R = X_tcp_case[:3, :3]
    return Payload(case.mass, X_tcp_case[:3, 3].copy(), R @ own @ R.T)


def _straight(robot: RobotModel, start: Array, end: Array, payload: Payload) -> Trajectory:
    """The few centimetres of the lift test, straight in the joints."""
    path = from_bernstein(np.array([start, end]))
    return time_path(robot, path, payload=payload, requirements=_LEG)
