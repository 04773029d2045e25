"""A job's steps as primitive actions: moves, dwells and outputs, and what each move may touch."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from robolab.core.errors import SceneError
from robolab.core.transforms import Array, inverse
from robolab.jobs.bounds import near_bodies
from robolab.jobs.targets import joint_or_pose, object_pose
from robolab.robots.model import RobotModel
from robolab.scene.spec import (
    ApproachSpec,
    MoveFree,
    MoveStraight,
    Pick,
    Place,
    SceneSpec,
    SetOutput,
    Wait,
)
from robolab.trajectory.trajectory import Dwell, Output


@dataclass(frozen=True)
class Move:
    """One motion to plan.

    Attributes:
        joints, pose: The goal: joint positions (n,) or the pose of the tool in world (4, 4).
        speed: Greatest tool speed [m/s], or None.
        blend: Radius around the goal in which the next move may begin [m].
        carried: Name of the held object; X_tcp_object is its pose in the tool.
        placed: Poses in world of the objects that earlier moves have put down.
        contacts: Pairs of bodies that may touch on the way.
    """

    name: str
    straight: bool
    joints: Array | None = None
    pose: Array | None = None
    speed: float | None = None
    blend: float = 0.0
    carried: str | None = None
    X_tcp_object: Array | None = None
    placed: dict[str, Array] = field(default_factory=dict[str, Array])
    contacts: frozenset[tuple[str, str]] = frozenset()


Action = Move | Dwell | Output


@dataclass
class _State:
    """What a job's earlier steps have done to the objects."""

    poses: dict[str, Array]
    carried: str | None = None
    X_tcp_object: Array | None = None


def expand(scene: SceneSpec, robot: RobotModel) -> tuple[Action, ...]:
    """Turn a realised scene's job into primitive actions.

    Raises:
        SceneError: a step cannot follow what was before it (a second pick, a place with empty hands).
    """
    state = _State({item.name: item.pose.matrix() for item in scene.objects})
    actions: list[Action] = []
    for index, step in enumerate(scene.job):
        label = f"{index + 1}"
        if isinstance(step, MoveFree | MoveStraight):
            actions.append(_move(scene, robot, step, label, state))
        elif isinstance(step, Pick):
            actions += _pick(scene, robot, step, index, state)
        elif isinstance(step, Place):
            actions += _place(scene, robot, step, index, state)
        elif isinstance(step, Wait):
            actions.append(Dwell(step.seconds))
        else:
            assert isinstance(step, SetOutput)
            actions.append(Output(step.output, step.value))
    return tuple(actions)


def _move(
    scene: SceneSpec, robot: RobotModel, step: MoveFree | MoveStraight, label: str, state: _State
) -> Move:
    joints, goal = joint_or_pose(scene, robot, step.to)
    straight = isinstance(step, MoveStraight)
    where = step.to if isinstance(step.to, str) else "pose"
    if straight and goal is None:
        assert joints is not None
        goal, joints = robot.fk(joints), None
    return Move(
        f"{label} {'straight' if straight else 'free'} to {where}",
        straight,
        joints,
        goal,
        step.speed if isinstance(step, MoveStraight) else None,
        step.blend,
        state.carried,
        state.X_tcp_object,
        dict(state.poses),
    )


def _pick(
    scene: SceneSpec, robot: RobotModel, step: Pick, index: int, state: _State
) -> list[Action]:
    if robot.gripper is None:
        raise SceneError("the robot has no gripper", field=f"job.{index}", value=step.object)
    if state.carried is not None:
        raise SceneError(
            f"the tool already holds {state.carried!r}", field=f"job.{index}", value=step.object
        )
    X_grasp = state.poses[step.object] @ step.grasp.matrix()
    arm, name = scene.robot.name, step.object
    touch = frozenset({(arm, name)})
    supports = near_bodies(scene, name, state.poses)
    label = f"{index + 1} pick {name}"
    before = Move(
        f"{label}: reach",
        False,
        pose=_shift(X_grasp, step.approach, -1.0),
        placed=dict(state.poses),
    )
    down = replace(
        before,
        name=f"{label}: approach",
        straight=True,
        pose=X_grasp,
        speed=step.approach.speed,
        contacts=touch,
    )
    state.carried, state.X_tcp_object = name, inverse(step.grasp.matrix())
    up = Move(
        f"{label}: retreat",
        True,
        None,
        _shift(X_grasp, step.retreat, 1.0),
        step.retreat.speed,
        0.0,
        name,
        state.X_tcp_object,
        dict(state.poses),
        touch | {(name, body) for body in supports},
    )
    grip = Output(robot.gripper.output, True, grasps=name)
    return [before, down, grip, Dwell(step.settle_s), up]


def _place(
    scene: SceneSpec, robot: RobotModel, step: Place, index: int, state: _State
) -> list[Action]:
    name, X_tcp_object = state.carried, state.X_tcp_object
    if name is None or X_tcp_object is None or robot.gripper is None:
        raise SceneError("nothing is held", field=f"job.{index}", expected="a pick before it")
    X_object = object_pose(scene, step.at)
    X_release = X_object @ inverse(X_tcp_object)
    arm = scene.robot.name
    touch = frozenset({(arm, name)})
    label = f"{index + 1} place {name}"
    carry = Move(
        f"{label}: carry",
        False,
        None,
        _shift(X_release, step.approach, -1.0),
        None,
        0.0,
        name,
        X_tcp_object,
        dict(state.poses),
        touch,
    )
    state.poses[name] = X_object
    supports = near_bodies(scene, name, state.poses)
    down = replace(
        carry,
        name=f"{label}: lower",
        straight=True,
        pose=X_release,
        speed=step.approach.speed,
        contacts=touch | {(name, body) for body in supports},
    )
    up = Move(
        f"{label}: retreat",
        True,
        None,
        _shift(X_release, step.retreat, 1.0),
        step.retreat.speed,
        placed=dict(state.poses),
        contacts=touch,
    )
    state.carried = state.X_tcp_object = None
    drop = Output(robot.gripper.output, False, releases=name)
    return [carry, down, drop, Dwell(step.settle_s), up]


def _shift(X: Array, way: ApproachSpec, sign: float) -> Array:
    direction = np.asarray(way.direction, dtype=float)
    moved = X.copy()
    moved[:3, 3] += sign * way.distance * direction / np.linalg.norm(direction)
    return moved
