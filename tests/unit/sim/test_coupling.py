"""The palletiser's rods: keep the wrist level, give the reaction to the base, make no energy."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.transforms import Array
from robolab.robots.model import RobotModel
from robolab.scene.load import load_scene
from robolab.scene.spec import SceneSpec
from robolab.sim.client import p
from robolab.sim.readings import Readings
from robolab.sim.tracking import run_program
from robolab.sim.world import World
from robolab.trajectory.polynomial import hermite
from robolab.trajectory.trajectory import Leg, LegRequirements, Program, Trajectory


@pytest.fixture(scope="module")
def scene() -> SceneSpec:
    cell = load_scene("palletiser_cell")
    return cell.model_copy(update={"objects": (), "sensors": (), "job": ()})


def _tilt(world: World) -> float:
    return float(np.arccos(np.clip(-world.arm.tcp()[2, 2], -1.0, 1.0)))


class _TiltWatch:
    """Keeps the plate's tilt after every physics step."""

    def __init__(self) -> None:
        self.tilts: list[float] = []

    def start(self, world: World) -> None:
        self.tilts = [_tilt(world)]

    def observe(self, world: World) -> None:
        self.tilts.append(_tilt(world))

    def readings(self) -> Readings:
        return Readings()


def _swing(robot: RobotModel, far: Array, seconds: float) -> Program:
    knots = np.zeros((3, 3, robot.dof))
    knots[0] = robot.home, far, robot.home
    curve = hermite([0.0, seconds, 2.0 * seconds], knots)
    leg = Leg("swing", Trajectory(robot.joints, curve), LegRequirements(0.01, 0.01), "test")
    return Program("swing", "cell", "arm", robot.joints, (leg,))


def test_plate_stays_level_through_a_fast_swing(scene: SceneSpec) -> None:
    with World(scene) as world:
        program = _swing(world.robot, world.robot.home + np.array([0.8, 0.4, 0.3, 1.0]), 1.2)
        watch = _TiltWatch()
        world.add_observer(watch)
        log = run_program(world, program)
    assert max(watch.tilts) < np.deg2rad(0.3)
    assert log.tcp_error.max() < 0.005


def test_weight_off_the_plates_axis_loads_the_base_not_the_elbow(scene: SceneSpec) -> None:
    """A couple on the plate goes through the rods to the base: the arm's drives feel nothing of it."""
    with World(scene) as world:
        robot = world.robot
        q = robot.home + np.array([0.2, 0.2, 0.1, 0.5])
        world.put_arm(q)
        hold = robot.gravity_torque(q)
        body, link = world.arm.body, world.arm.link("tcp")
        couple = (
            0.0,
            150.0,
            0.0,
        )  # N m about a level axis
        for _ in range(400):
            p.applyExternalTorque(
                body, link, couple, p.WORLD_FRAME, physicsClientId=world.client.id
            )
            world.step(hold)
        assert np.abs(world.joint_state()[0] - q).max() < 2e-3
        assert _tilt(world) < np.deg2rad(0.3)


def test_swings_freely_without_gaining_energy(scene: SceneSpec) -> None:
    level = scene.physics.model_copy(update={"gravity": (0.0, 0.0, 0.0)})
    with World(scene.model_copy(update={"physics": level})) as world:
        robot = world.robot
        for joint in world.arm.joints.values():
            p.setJointMotorControl2(
                world.arm.body,
                joint,
                p.VELOCITY_CONTROL,
                force=0.0,
                physicsClientId=world.client.id,
            )
            p.changeDynamics(
                world.arm.body, joint, jointDamping=0.0, physicsClientId=world.client.id
            )
        push = np.array([3000.0, 2000.0, 0.0, 100.0])
        for _ in range(100):
            world.step(push)
        rotors = np.diag(robot.motors.gear_ratio**2 * robot.motors.rotor_inertia)

        def energy() -> float:
            q, qd = world.joint_state()
            return float(0.5 * qd @ (robot.mass_matrix(q) + rotors) @ qd)

        before = energy()
        for _ in range(100):
            world.step(np.zeros(4))
        assert energy() < 1.05 * before
