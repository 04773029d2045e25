"""A small cell with a UR10e, and a good program for it that is made here and not by any planner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import factorial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.interpolate import make_interp_spline
from scipy.optimize import least_squares

from robolab.core.transforms import Array
from robolab.robots import load_robot
from robolab.robots.model import JointLimits, Motors, Payload, RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.polynomial import PiecewisePolynomial, hermite
from robolab.trajectory.trajectory import (
    Dwell,
    Leg,
    LegRequirements,
    Output,
    Program,
    Trajectory,
)
from robolab.verify import CHECKS, Finding, Settings, VerificationReport, verify_program
from robolab.verify.arm import Arm
from robolab.verify.checks import Case
from robolab.verify.story import follow

DOWN = {"position": [0.0, 0.0, 0.1], "rpy_deg": [180.0, 0.0, 0.0]}
UP, LOWER = [0.0, 0.0, 1.0], [0.0, 0.0, -1.0]
CELL: dict[str, Any] = {
    "name": "cell",
    "floor_height": -0.6,
    "robots": [{"name": "arm", "model": "ur10e", "tool": {"model": "suction_cup"}}],
    "objects": [
        {
            "name": "table",
            "shape": {"type": "box", "size": [0.6, 1.6, 0.5]},
            "pose": {"position": [0.8, 0.0, -0.25]},
        },
        {
            "name": "carton",
            "shape": {"type": "box", "size": [0.2, 0.2, 0.2]},
            "pose": {"position": [0.75, -0.35, 0.1]},
            "mass": 3.0,
        },
    ],
    "requirements": {
        "upright": {"axis": LOWER, "within_deg": 20.0},
        "tool_speed": 2.0,
        "clearance": 0.01,
        "carried_clearance": 0.005,
    },
    "targets": {
        "shelf": {
            "grid": {"position": [0.75, 0.35, 0.101]},
            "pitch": [0.3, 0.3, 0.3],
            "count": [1, 1, 1],
        }
    },
    "job": [
        {
            "do": "pick",
            "object": "carton",
            "grasp": DOWN,
            "approach": {"direction": LOWER, "distance": 0.15},
            "retreat": {"direction": UP, "distance": 0.15},
        },
        {
            "do": "place",
            "at": "shelf/0",
            "approach": {"direction": LOWER, "distance": 0.15},
            "retreat": {"direction": UP, "distance": 0.15},
        },
    ],
}


def make_scene(*more: dict[str, object], **changes: object) -> SceneSpec:
    content = {**CELL, **changes}
    return SceneSpec.model_validate({**content, "objects": [*CELL["objects"], *more]})


@pytest.fixture(scope="session")
def scene_with() -> Callable[..., SceneSpec]:
    return make_scene


@pytest.fixture(scope="session")
def scene() -> SceneSpec:
    return make_scene()


@pytest.fixture(scope="session")
def robot(scene: SceneSpec) -> RobotModel:
    return load_robot(scene.robot, scene.folder)


@pytest.fixture(scope="session")
def arm(robot: RobotModel) -> Arm:
    return Arm(robot)


def tool_down(x: float, y: float, z: float) -> Array:
    X = np.diag([1.0, -1.0, -1.0, 1.0])
    X[:3, 3] = x, y, z
    return X


def reach(arm: Arm, X: Array, near: Array) -> Array:
    """Joint positions that bring the tool to a pose, found by least squares from nearby ones."""

    def residual(q: Array) -> Array:
        return (arm.tool_pose(q) - X)[:3].ravel()

    found = least_squares(residual, near, xtol=1e-15, ftol=1e-15, gtol=1e-15)
    assert np.abs(found.fun).max() < 1e-9
    return found.x


def ease(u: Array) -> Array:
    return u**3 * (10.0 - 15.0 * u + 6.0 * u**2)


def free(joints: tuple[str, ...], a: Array, b: Array, seconds: float) -> Trajectory:
    """A straight line in joint space, rest to rest, in one quintic."""
    values = np.zeros((3, 2, len(joints)))
    values[0] = a, b
    return Trajectory(joints, hermite([0.0, seconds], values))


def straight(arm: Arm, joints: tuple[str, ...], a: Array, b: Array, seconds: float) -> Trajectory:
    """A line of the tool between two joint positions, rest to rest, by a spline of degree five."""
    X_a, X_b = arm.tool_pose(a), arm.tool_pose(b)
    u = np.linspace(0.0, 1.0, 25)
    points, q = [a], a
    for share in ease(u)[1:-1]:
        X = X_a.copy()
        X[:3, 3] += share * (X_b - X_a)[:3, 3]
        q = reach(arm, X, q)
        points.append(q)
    rest = [(1, np.zeros(len(joints))), (2, np.zeros(len(joints)))]
    spline: Any = make_interp_spline(
        u * seconds,
        np.array([*points, b]),
        5,
        bc_type=(rest, rest),  # pyright: ignore[reportArgumentType, reportCallIssue]
    )
    breaks = np.unique(spline.t)
    rows = [spline(breaks[:-1], nu=k) / factorial(k) for k in range(6)]
    return Trajectory(joints, PiecewisePolynomial(breaks, np.array(rows)))


@dataclass(frozen=True)
class Poses:
    """Where the good program stops: above and at the carton, above and at its place."""

    home: Array
    above: Array
    at: Array
    over: Array
    down: Array


@pytest.fixture(scope="session")
def poses(arm: Arm, robot: RobotModel) -> Poses:
    home = np.asarray(robot.home)
    guess = home + np.array([-0.3, 0.0, 0.3, 0.0, 0.0, 0.0])
    above = reach(arm, tool_down(0.75, -0.35, 0.36), guess)
    at = reach(arm, tool_down(0.75, -0.35, 0.2), above)
    over = reach(arm, tool_down(0.75, 0.35, 0.36), above + np.array([0.9, 0, 0, 0, 0, 0.9]))
    down = reach(arm, tool_down(0.75, 0.35, 0.201), over)
    return Poses(home, above, at, over, down)


@pytest.fixture(scope="session")
def load() -> Payload:
    inertia = 3.0 * (0.2**2 + 0.2**2) / 12.0
    return Payload(3.0, np.array([0.0, 0.0, 0.1]), inertia * np.eye(3))


@pytest.fixture(scope="session")
def good(arm: Arm, robot: RobotModel, poses: Poses, load: Payload) -> Program:
    """Pick the carton from one side of the table and put it down on the other."""
    touch = frozenset({("arm", "carton")})
    resting = touch | {("carton", "table")}

    def leg(
        name: str,
        motion: Trajectory,
        contacts: frozenset[tuple[str, str]] = frozenset(),
        held: bool = False,
    ) -> Leg:
        requirements = LegRequirements(
            0.01, 0.005, straight=motion.curve.breaks.size > 2, contacts=contacts
        )
        carried, payload = ("carton", load) if held else (None, None)
        return Leg(name, motion, requirements, "hand", carried, payload)

    p, names = poses, robot.joints
    items = (
        leg("reach", free(names, p.home, p.above, 3.0)),
        leg("approach", straight(arm, names, p.above, p.at, 1.0), touch),
        Output("vacuum", True, grasps="carton"),
        Dwell(0.2),
        leg("lift", straight(arm, names, p.at, p.above, 1.0), resting, True),
        leg("carry", free(names, p.above, p.over, 2.0), touch, True),
        leg("lower", straight(arm, names, p.over, p.down, 1.0), resting, True),
        Output("vacuum", False, releases="carton"),
        Dwell(0.2),
        leg("retreat", straight(arm, names, p.down, p.over, 1.0), touch),
        leg("return", free(names, p.over, p.home, 3.5)),
    )
    return Program("good", "cell", robot.name, names, items)


@pytest.fixture(scope="session")
def report(good: Program, scene: SceneSpec, robot: RobotModel) -> VerificationReport:
    return verify_program(good, scene, robot=robot)


def change_leg(program: Program, index: int, **changes: object) -> Program:
    """Return the program with one leg's fields replaced."""
    wanted = program.legs[index]
    items = tuple(replace(item, **changes) if item is wanted else item for item in program.items)
    return replace(program, items=items)


@pytest.fixture(scope="session")
def with_leg() -> Callable[..., Program]:
    return change_leg


@pytest.fixture(scope="session")
def found_by(robot: RobotModel, arm: Arm) -> Callable[..., list[Finding]]:
    """Run only some checks on a program."""

    def run(program: Program, scene: SceneSpec, *checks: str) -> list[Finding]:
        case = Case(program, scene, robot, arm, follow(program, scene, arm), Settings())
        return [finding for name in checks for finding in CHECKS.get(name)(case)]

    return run


TWO_LINKS = """<robot name="two">
  <link name="base"/>
  <link name="one"><inertial><origin xyz="0.3 0 0"/><mass value="4"/>
    <inertia ixx="0" iyy="0.1" izz="0.1" ixy="0" ixz="0" iyz="0"/></inertial>
    <collision><origin xyz="0.25 0 0"/><geometry><box size="0.4 0.04 0.04"/></geometry></collision>
  </link>
  <link name="two"><inertial><origin xyz="0.2 0 0"/><mass value="2"/>
    <inertia ixx="0" iyy="0.05" izz="0.05" ixy="0" ixz="0" iyz="0"/></inertial>
    <collision><origin xyz="0.25 0 0"/><geometry><box size="0.3 0.04 0.04"/></geometry></collision>
  </link>
  <link name="tcp"/>
  <joint name="j1" type="revolute"><parent link="base"/><child link="one"/>
    <axis xyz="0 1 0"/><limit lower="-3" upper="3" velocity="2" effort="100"/></joint>
  <joint name="j2" type="revolute"><parent link="one"/><child link="two"/>
    <origin xyz="0.5 0 0"/><axis xyz="0 1 0"/>
    <limit lower="-3" upper="3" velocity="2" effort="100"/></joint>
  <joint name="tip" type="fixed"><parent link="two"/><child link="tcp"/>
    <origin xyz="0.4 0 0" rpy="0 1.5707963267948966 0"/></joint>
</robot>"""


@pytest.fixture
def two_links(tmp_path: Path) -> RobotModel:
    """A vertical arm of two links, with friction, whose torque has a short formula."""
    urdf = tmp_path / "two.urdf"
    urdf.write_text(TWO_LINKS)
    ones = np.ones(2)
    return RobotModel(
        name="two",
        urdf=urdf,
        base_link="base",
        flange="two",
        joints=("j1", "j2"),
        bodies=("base", "one", "two", "tcp"),
        X_world_base=np.eye(4),
        limits=JointLimits(-3 * ones, 3 * ones, 2 * ones, 20 * ones, 400 * ones, 100 * ones),
        motors=Motors(ones, ones, np.array([2.0, 1.0]), np.array([3.0, 1.0]), 0 * ones, 0 * ones),
        home=np.zeros(2),
        locked={},
        coupled={},
        gripper=None,
        digest="two",
    )
