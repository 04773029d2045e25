"""MuJoCo's model of every shipped robot against Pinocchio's: the same mass, forces, places and drives."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robolab.core.errors import BadInput, RobotError
from robolab.core.transforms import Array, pose_rpy
from robolab.robots import load_robot
from robolab.robots.build import names_of
from robolab.robots.chain import joint_map
from robolab.robots.dynamics import GRAVITY
from robolab.robots.model import Payload, RobotModel
from robolab.robots.spec import ROBOT_FILE
from robolab.scene.spec import PoseSpec, RobotSpec, ToolSpec
from robolab.sim.mujoco_arm import MujocoArm
from robolab.sim.rotors import reflected_inertia

mujoco: Any = pytest.importorskip("mujoco", reason="needs the extra: robolab[mujoco]")

TOOLS = {"ur10e": "suction_cup", "panda": "panda_hand", "palletiser": "suction_plate"}
ROBOTS = names_of(ROBOT_FILE)
STATES = 8


def loaded(name: str, bare: bool = False) -> RobotModel:
    """A robot with its tool on a base that stands askew, so that gravity's direction counts."""
    tool = None if bare or name not in TOOLS else ToolSpec(model=TOOLS[name])
    base = PoseSpec(position=(0.3, -0.2, 0.4), rpy_deg=(20.0, -35.0, 110.0))
    return load_robot(RobotSpec(name="arm", model=name, tool=tool, base=base), Path())


@pytest.fixture(params=[*ROBOTS, *(f"bare {name}" for name in TOOLS)], scope="module")
def robot(request: pytest.FixtureRequest) -> RobotModel:
    return loaded(str(request.param).removeprefix("bare "), str(request.param).startswith("bare"))


@pytest.fixture(params=[False, True], ids=["empty", "laden"])
def payload(request: pytest.FixtureRequest) -> Payload | None:
    inertia = np.array([[0.03, 0.004, -0.002], [0.004, 0.05, 0.006], [-0.002, 0.006, 0.04]])
    return Payload(4.0, np.array([0.05, -0.08, 0.11]), inertia) if request.param else None


def states(robot: RobotModel) -> list[tuple[Array, Array]]:
    rng = np.random.default_rng(5)
    low, high = robot.limits.lower, robot.limits.upper
    q = rng.uniform(low, high, (STATES, robot.dof))
    qd = rng.uniform(-robot.limits.velocity, robot.limits.velocity, q.shape)
    return list(zip(q, qd, strict=True))


def brought_to(arm: MujocoArm, robot: RobotModel, q: Array, qd: Array) -> Array:
    """Put the arm into a state with all its passive joints, and return what gives those from the arm's."""
    names = [arm.model.joint(i).name for i in range(arm.model.njnt)]
    weights, _ = joint_map(robot, names)
    arm.put(q)
    arm.data.qvel[:] = weights @ qd
    mujoco.mj_forward(arm.model, arm.data)
    return weights


def test_mass_matrix_is_pinocchios_with_rotors(robot: RobotModel, payload: Payload | None) -> None:
    arm = MujocoArm(robot, GRAVITY, 1e-3)
    arm.carry(payload)
    for q, qd in states(robot):
        weights = brought_to(arm, robot, q, qd)
        full = np.empty((arm.model.nv, arm.model.nv))
        mujoco.mj_fullM(arm.model, arm.data, full)
        wanted = robot.mass_matrix(q, payload) + np.diag(reflected_inertia(robot))
        assert weights.T @ full @ weights == pytest.approx(wanted, rel=1e-6, abs=1e-8)


def test_bias_is_pinocchios_inverse_dynamics(robot: RobotModel, payload: Payload | None) -> None:
    """Gravity on a base askew, centrifugal and Coriolis forces."""
    arm = MujocoArm(robot, GRAVITY, 1e-3)
    arm.carry(payload)
    for q, qd in states(robot):
        weights = brought_to(arm, robot, q, qd)
        wanted = robot.inverse_dynamics(q, qd, np.zeros(robot.dof), payload)
        assert weights.T @ arm.data.qfrc_bias == pytest.approx(wanted, rel=1e-6, abs=1e-6)


def test_a_load_put_down_is_gone(robot: RobotModel) -> None:
    arm = MujocoArm(robot, GRAVITY, 1e-3)
    q, qd = states(robot)[0]
    for load in (Payload(7.0, np.array([0.1, 0.0, 0.2]), 0.1 * np.eye(3)), None):
        arm.carry(load)
        weights = brought_to(arm, robot, q, qd)
        wanted = robot.inverse_dynamics(q, qd, np.zeros(robot.dof), load)
        assert weights.T @ arm.data.qfrc_bias == pytest.approx(wanted, rel=1e-6, abs=1e-6)


def test_tool_is_where_the_model_has_it(robot: RobotModel) -> None:
    arm = MujocoArm(robot, GRAVITY, 1e-3)
    for q, _ in states(robot):
        arm.put(q)
        assert arm.tcp_position() == pytest.approx(robot.fk(q)[:3, 3], abs=1e-8)


def test_torque_gives_the_acceleration_that_friction_and_rotors_leave(robot: RobotModel) -> None:
    """From rest: (M + rotors)⁻¹ (torque beyond gravity and Coulomb friction), rods included."""
    dt = 1e-4
    arm = MujocoArm(robot, GRAVITY, dt)
    inertia = robot.mass_matrix(robot.home) + np.diag(reflected_inertia(robot))
    wanted = 2.0 * np.where(np.arange(robot.dof) % 2, -1.0, 1.0)
    friction = robot.motors.coulomb * np.sign(wanted)
    torque = robot.gravity_torque(robot.home) + friction + inertia @ wanted
    arm.step(torque, 1)
    _, qd = arm.joint_state()
    assert qd / dt == pytest.approx(wanted, rel=0.02)


@pytest.mark.parametrize(("share", "moves"), [(0.95, False), (1.1, True)])
def test_friction_holds_until_torque_breaks_it_loose(share: float, moves: bool) -> None:
    robot = loaded("ur10e")
    arm = MujocoArm(robot, GRAVITY, 1e-3)
    torque = robot.gravity_torque(robot.home)
    torque[5] += share * robot.motors.coulomb[5]
    arm.step(torque, 500)
    turned = np.abs(arm.joint_state()[0] - robot.home)
    assert (turned[5] > 1e-3) == moves
    assert turned[:5].max() < 1e-4


def test_rods_keep_the_plate_level_through_a_swing() -> None:
    robot = loaded("palletiser")
    arm = MujocoArm(robot, GRAVITY, 1e-3)
    arm.carry(Payload(60.0, np.array([0.3, 0.1, 0.2]), np.eye(3)))
    push = 0.6 * robot.limits.torque * np.array([1.0, 1.0, -1.0, 1.0])
    worst = 0.0
    (passive, (weights, offset)), *_ = robot.coupled.items()
    for _ in range(40):
        arm.step(push, 10)
        error = arm.data.joint(passive).qpos[0] - (weights @ arm.joint_state()[0] + offset)
        worst = max(worst, abs(float(error)))
    assert np.abs(arm.joint_state()[0] - robot.home).max() > 0.05
    assert worst < 1e-4


def test_without_the_extra_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mujoco", None)
    with pytest.raises(BadInput, match=r"pip install 'robolab\[mujoco\]'"):
        MujocoArm(loaded("ur5"), GRAVITY, 1e-3)


def test_a_link_that_no_engine_can_move_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "own.urdf").write_text(
        """<robot name="own"><link name="base"/><link name="ghost"/>
        <joint name="swing" type="revolute"><parent link="base"/><child link="ghost"/>
        <axis xyz="0 1 0"/><limit lower="-2" upper="2" velocity="3" effort="40"/></joint></robot>"""
    )
    (tmp_path / "own" / ROBOT_FILE).write_text(
        "name: own\nurdf: own.urdf\nbase_link: base\nflange: ghost\nhome: [0.1]\njoints:\n"
        "  - {name: swing, acceleration: 10.0, jerk: 100.0}\n"
        "sources: {acceleration: a, jerk: a}\n"
    )
    robot = load_robot(RobotSpec(name="arm", model="./own"), tmp_path)
    with pytest.raises(RobotError, match="MuJoCo refuses the description"):
        MujocoArm(robot, GRAVITY, 1e-3)


def test_base_askew_is_askew() -> None:
    """Guards the tests above: with gravity along the base's own z they would show less."""
    X = loaded("ur10e").X_world_base
    assert pose_rpy((0.3, -0.2, 0.4), np.deg2rad((20.0, -35.0, 110.0))) == pytest.approx(X)
