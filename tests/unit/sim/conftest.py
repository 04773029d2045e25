"""A small cell, and jobs in it made without planners."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from robolab.core.transforms import Array, pose_rpy
from robolab.robots import load_robot
from robolab.robots.model import Payload, RobotModel
from robolab.scene.load import load_scene, parse_scene
from robolab.scene.spec import SceneSpec
from robolab.trajectory.polynomial import hermite
from robolab.trajectory.trajectory import (
    Dwell,
    Leg,
    LegRequirements,
    Output,
    Program,
    Trajectory,
)

BOX_SIDE = 0.2
BOX_AT = (0.75, 0.1, -0.3)

MakeScene = Callable[..., SceneSpec]
MakeProgram = Callable[..., Program]


def solve(robot: RobotModel, X_world_tcp: Array, q: Array) -> Array:
    """Newton's method from a good guess, for tests only."""
    for _ in range(200):
        X = robot.fk(q)
        turn = Rotation.from_matrix(X_world_tcp[:3, :3] @ X[:3, :3].T).as_rotvec()
        error = np.concatenate([X_world_tcp[:3, 3] - X[:3, 3], turn])
        if np.linalg.norm(error) < 1e-10:
            return (q + np.pi) % (2.0 * np.pi) - np.pi
        jacobian = robot.jacobian(q)
        step = jacobian.T @ np.linalg.solve(jacobian @ jacobian.T + 1e-6 * np.eye(6), error)
        q = q + step
    raise AssertionError("the test's goal is out of reach")


def leg(robot: RobotModel, a: Array, b: Array, seconds: float, load: Payload | None = None) -> Leg:
    knots = np.zeros((3, 2, robot.dof))
    knots[0] = a, b
    trajectory = Trajectory(robot.joints, hermite([0.0, seconds], knots))
    carried = None if load is None else "box"
    return Leg("leg", trajectory, LegRequirements(0.01, 0.01), "test", carried, load)


def floating(name: str) -> SceneSpec:
    """A shipped scene's arm alone, without gravity."""
    scene = load_scene(name)
    free = scene.physics.model_copy(update={"gravity": (0.0, 0.0, 0.0)})
    return scene.model_copy(update={"objects": (), "sensors": (), "physics": free})


@pytest.fixture(scope="session")
def make_scene() -> MakeScene:
    def make(**changes: Any) -> SceneSpec:
        content: dict[str, Any] = {
            "name": "cell",
            "floor_height": -0.6,
            "robots": [
                {
                    "name": "arm",
                    "model": "ur10e",
                    "home": [0.0, -1.5708, 1.5708, -1.5708, -1.5708, 0.0],
                    "tool": {"model": "suction_cup"},
                }
            ],
            "objects": [
                {
                    "name": "table",
                    "shape": {"type": "box", "size": [0.5, 0.8, 0.2]},
                    "pose": {"position": [0.75, 0.1, -0.5]},
                },
                {
                    "name": "box",
                    "shape": {"type": "box", "size": [BOX_SIDE] * 3},
                    "pose": {"position": list(BOX_AT)},
                    "mass": 4.0,
                },
            ],
        }
        content.update(changes)
        return parse_scene(content, Path("cell.yaml"))

    return make


@pytest.fixture(scope="session")
def robot(make_scene: MakeScene) -> RobotModel:
    scene = make_scene()
    return load_robot(scene.robot, scene.folder)


@pytest.fixture(scope="session")
def pick_and_lift() -> MakeProgram:
    """Take the box, lift it by 0.2 m, swing it aside and wait with it; `swing` seconds for the swing."""

    def make(robot: RobotModel, mass: float = 4.0, swing: float = 1.0) -> Program:
        on_top = np.array(BOX_AT) + np.array([0.0, 0.0, BOX_SIDE / 2.0])
        X_down = pose_rpy(on_top, (np.pi, 0.0, 0.0))
        X_up = pose_rpy(on_top + np.array([0.0, 0.0, 0.2]), (np.pi, 0.0, 0.0))
        X_side = pose_rpy(on_top + np.array([-0.1, -0.4, 0.2]), (np.pi, 0.0, 0.0))
        up = solve(robot, X_up, robot.home)
        down, side = solve(robot, X_down, up), solve(robot, X_side, up)
        assert np.abs(side - up).max() < 1.5
        inertia = mass * BOX_SIDE**2 / 6.0 * np.eye(3)
        load = Payload(mass, np.array([0.0, 0.0, BOX_SIDE / 2.0]), inertia)
        items = (
            leg(robot, up, down, 0.5),
            Output("vacuum", True, grasps="box"),
            Dwell(0.3),
            leg(robot, down, up, 0.6, load),
            leg(robot, up, side, swing, load),
            Dwell(0.3),
        )
        return Program("lift", "cell", "arm", robot.joints, items)

    return make
