"""Friction and current: what the drives' currents tell of the world."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.sim.tracking import TrackingLog, run_program
from robolab.sim.world import World
from robolab.trajectory.polynomial import PiecewisePolynomial
from robolab.trajectory.trajectory import Leg, LegRequirements, Program, Trajectory

MakeScene = Callable[..., SceneSpec]
MakeProgram = Callable[..., Program]


def test_joint_holds_until_torque_breaks_it_loose(make_scene: MakeScene) -> None:
    with World(make_scene(objects=[])) as world:
        robot = world.robot
        hold = robot.gravity_torque(robot.home)
        for share, moves in ((0.95, False), (1.1, True)):
            world.reset()
            push = hold.copy()
            push[5] += share * robot.motors.coulomb[5]
            for _ in range(100):
                world.step(push)
            turned = abs(world.joint_state()[0][5] - robot.home[5])
            assert (turned > 1e-3) == moves


def test_current_to_and_fro_shows_friction(make_scene: MakeScene) -> None:
    """At the same place and speed both ways, currents differ by twice the friction."""
    with World(make_scene(objects=[]), seed=2) as world:
        robot = world.robot
        there = _at_speed(world, robot, +0.5)
        world.reset()
        back = _at_speed(world, robot, -0.5)
    per_ampere = robot.motors.gear_ratio * robot.motors.torque_constant
    friction = robot.motors.coulomb + robot.motors.viscous * 0.5
    difference = 0.5 * (there - back) * per_ampere
    assert difference == pytest.approx(friction, rel=0.03, abs=0.3)


def _at_speed(world: World, robot: RobotModel, speed: float) -> np.ndarray:
    """Mean current while all joints pass home at a steady speed."""
    start = robot.home - 0.4 * np.sign(speed)
    line = np.array([[start], [np.full(robot.dof, speed)]])
    seconds = 0.8 / abs(speed)
    trajectory = Trajectory(robot.joints, PiecewisePolynomial(np.array([0.0, seconds]), line))
    leg = Leg("line", trajectory, LegRequirements(0.01, 0.01), "test")
    world.put_arm(start)
    log = run_program(world, Program("line", "cell", "arm", robot.joints, (leg,)))
    middle = (log.time > 0.4 * seconds) & (log.time < 0.6 * seconds)
    assert np.abs(log.qd[middle] - speed).max() < 0.05
    return log.current[middle].mean(axis=0)


def test_currents_tell_the_weight_in_hand(
    make_scene: MakeScene, pick_and_lift: MakeProgram, robot: RobotModel
) -> None:
    light, heavy = (_lifted(make_scene, pick_and_lift(robot, mass), mass) for mass in (1.0, 6.0))
    per_ampere = robot.motors.gear_ratio * robot.motors.torque_constant
    still = light.leg == 1  # the lift: both logs have the same reference there
    difference = ((heavy.current - light.current)[still] * per_ampere).mean(axis=0)
    lever = robot.jacobian(heavy.q_ref[still].mean(axis=0))[2]
    assert difference[1] == pytest.approx(5.0 * 9.81 * lever[1], rel=0.1)
    assert difference[2] == pytest.approx(5.0 * 9.81 * lever[2], rel=0.1)


def _lifted(make_scene: MakeScene, program: Program, mass: float) -> TrackingLog:
    scene = make_scene()
    box = scene.object("box").model_copy(update={"mass": mass})
    scene = scene.model_copy(update={"objects": (scene.object("table"), box)})
    with World(scene, seed=1) as world:
        log = run_program(world, program)
    assert not log.dropped
    return log
