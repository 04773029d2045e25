"""Programs in MuJoCo: followed, in agreement with PyBullet, and not where the arm is another one."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from robolab.core.errors import BadInput
from robolab.robots.dynamics import GRAVITY
from robolab.robots.model import Payload, RobotModel
from robolab.scene.spec import PhysicsSpec, SceneSpec
from robolab.sim.mujoco_arm import MujocoArm
from robolab.sim.mujoco_replay import mixed, replay, run_in
from robolab.sim.tracking import TrackingLog, run_program
from robolab.sim.world import World
from robolab.trajectory.trajectory import Leg, Program

pytest.importorskip("mujoco", reason="needs the extra: robolab[mujoco]")

MakeScene = Callable[..., SceneSpec]
MakeProgram = Callable[..., Program]
PHYSICS = PhysicsSpec()


def test_both_engines_follow_and_agree(
    make_scene: MakeScene, pick_and_lift: MakeProgram, robot: RobotModel
) -> None:
    program = pick_and_lift(robot)
    with World(make_scene()) as world:
        first = run_program(world, program)
    second = replay(robot, program, PHYSICS)
    assert np.array_equal(first.time, second.time)
    assert np.array_equal(first.q_ref, second.q_ref)
    assert np.array_equal(first.leg, second.leg)
    for log in (first, second):
        assert np.abs(log.q - log.q_ref).max() < 2e-3
    assert second.tcp_error.max() < 5e-4
    assert np.abs(first.q - second.q).max() < 1e-3


@pytest.fixture(scope="module")
def swing(swing_leg: Callable[..., Leg], robot: RobotModel) -> Program:
    way = np.array([0.5, -0.3, 0.4, 0.6, -0.5, 0.7])
    leg = swing_leg(robot.joints, robot.home, robot.home + way, 1.2)
    return Program("swing", "cell", "arm", robot.joints, (leg,))


@pytest.fixture(scope="module")
def swung(make_scene: MakeScene, swing: Program) -> TrackingLog:
    """The swing in PyBullet, touching nothing."""
    with World(make_scene(objects=[])) as world:
        return run_program(world, swing)


def test_empty_arms_agree_to_a_tenth_of_a_milliradian(
    swing: Program, swung: TrackingLog, robot: RobotModel
) -> None:
    """Nothing is touched: what is left is engines alone."""
    second = replay(robot, swing, PHYSICS)
    assert np.abs(swung.q - second.q).max() < 2e-4


def test_has_the_clock_of_the_rehearsal(
    make_scene: MakeScene, swing: Program, robot: RobotModel
) -> None:
    """To the last bit, at rates whose periods are no round numbers."""
    scene = make_scene(objects=[], physics={"rate_hz": 690, "control_rate_hz": 230})
    with World(scene) as world:
        first = run_program(world, swing)
    second = replay(robot, swing, scene.physics)
    assert np.array_equal(first.time, second.time)
    assert np.abs(first.q - second.q).max() < 1e-3


def test_same_program_same_log(pick_and_lift: MakeProgram, robot: RobotModel) -> None:
    logs = [replay(robot, pick_and_lift(robot), PHYSICS) for _ in range(2)]
    for name in ("q", "torque", "tcp_error"):
        assert np.array_equal(getattr(logs[0], name), getattr(logs[1], name))


def test_a_wrong_mass_makes_the_difference_grow(
    swing: Program, swung: TrackingLog, robot: RobotModel, tmp_path: Path
) -> None:
    """MuJoCo reads the description for itself: a heavier forearm there is one engine's alone."""
    differences = []
    for mass in (3.989, 4.5, 8.0):
        arm = MujocoArm(with_forearm(robot, mass, tmp_path / f"{mass}.urdf"), GRAVITY, 1e-3)
        second = run_in(arm, robot, swing, PHYSICS)
        differences.append(np.abs(second.q - swung.q).max())
    right, little, much = differences
    assert right < little < much
    assert much > 3.0 * right


def with_forearm(robot: RobotModel, mass: float, file: Path) -> RobotModel:
    """The robot by a description with another mass of the forearm, and no shapes."""
    tree = ET.parse(robot.urdf)
    for link in tree.getroot().findall("link"):
        for shape in (*link.findall("visual"), *link.findall("collision")):
            link.remove(shape)
        if link.attrib["name"] == "forearm_link":
            weight = link.find("inertial/mass")
            assert weight is not None
            weight.set("value", str(mass))
    tree.write(file)
    return dataclasses.replace(robot, urdf=file)


class Forgetful(MujocoArm):
    """An arm that never carries anything."""

    def carry(self, payload: Payload | None) -> None:
        super().carry(None)


def test_the_load_hangs_on_its_own_legs(pick_and_lift: MakeProgram, robot: RobotModel) -> None:
    program = pick_and_lift(robot)
    with_load = replay(robot, program, PHYSICS)
    without = run_in(Forgetful(robot, GRAVITY, 1e-3), robot, program, PHYSICS)
    difference = np.abs(with_load.q - without.q).max(axis=1)
    assert difference[with_load.leg == 0].max() == 0.0
    assert difference[with_load.leg == 2].max() > 3e-4
    assert with_load.tcp_error[with_load.leg == 2].max() < 5e-4


def test_torque_keeps_to_the_limits(pick_and_lift: MakeProgram, robot: RobotModel) -> None:
    limits = dataclasses.replace(robot.limits, torque=0.5 * robot.limits.torque)
    weak = dataclasses.replace(robot, limits=limits)
    log = replay(weak, pick_and_lift(robot, mass=12.0, swing=0.6), PHYSICS)
    shares = np.abs(log.torque) / limits.torque
    assert shares.max() == pytest.approx(1.0)


def test_a_runaway_is_refused(pick_and_lift: MakeProgram, robot: RobotModel) -> None:
    arm = MujocoArm(robot, GRAVITY, 1e-3)
    arm.model.dof_damping[:] = np.nan
    with pytest.raises(BadInput, match="runs away in MuJoCo"):
        run_in(arm, robot, pick_and_lift(robot), PHYSICS)


def test_mixed_loads_weigh_what_their_shares_weigh() -> None:
    a = Payload(2.0, np.array([0.1, 0.0, 0.2]), np.diag([0.01, 0.02, 0.025]))
    b = Payload(6.0, np.array([-0.1, 0.3, 0.0]), np.diag([0.05, 0.04, 0.03]))
    assert mixed(None, None, 0.3).mass == 0.0
    half = mixed(a, None, 0.5)
    assert half.mass == pytest.approx(1.0)
    assert half.com == pytest.approx(a.com)
    assert half.inertia == pytest.approx(0.5 * a.inertia)
    both = mixed(a, b, 0.25)
    assert both.mass == pytest.approx(3.0)
    assert both.com == pytest.approx((1.5 * a.com + 1.5 * b.com) / 3.0)
    # About one point the inertias of the shares add up.
    assert about_origin(both) == pytest.approx(0.75 * about_origin(a) + 0.25 * about_origin(b))


def about_origin(load: Payload) -> np.ndarray:
    r = load.com
    return load.inertia + load.mass * (r @ r * np.eye(3) - np.outer(r, r))
