"""Programs in the physics: followed, repeatable, honest about losses."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.sim.tracking import run_program
from robolab.sim.world import World
from robolab.trajectory.trajectory import Dwell, Output, Program

MakeScene = Callable[..., SceneSpec]
MakeProgram = Callable[..., Program]


def test_follows_with_the_box_in_hand(
    make_scene: MakeScene, pick_and_lift: MakeProgram, robot: RobotModel
) -> None:
    program = pick_and_lift(robot)
    with World(make_scene()) as world:
        log = run_program(world, program)
        X_tcp = world.arm.tcp()
    assert log.dropped == ()
    assert [event.what for event in log.events] == ["held"]
    assert log.tcp_error.max() < 0.004
    assert log.time[-1] >= program.duration
    assert set(log.leg.tolist()) == {-1, 0, 1, 2}
    assert log.outputs[0][1:] == ("vacuum", True)
    assert log.outputs[0][0] == pytest.approx(0.5, abs=0.0021)
    in_hand = log.objects["box"][:3, 3] - X_tcp[:3, 3]
    assert in_hand == pytest.approx([0.0, 0.0, -0.1], abs=0.004)


def test_same_seed_same_log(
    make_scene: MakeScene, pick_and_lift: MakeProgram, robot: RobotModel
) -> None:
    program = pick_and_lift(robot)
    logs = []
    for seed in (3, 3, 4):
        with World(make_scene(), seed=seed) as world:
            logs.append(run_program(world, program))
    for name in ("q", "qd", "torque", "current", "tcp_error"):
        assert np.array_equal(getattr(logs[0], name), getattr(logs[1], name))
    assert logs[0].events == logs[1].events
    assert not np.array_equal(logs[0].current, logs[2].current)


def test_wrong_payload_in_the_model_shows_as_tracking_error(
    make_scene: MakeScene, pick_and_lift: MakeProgram, robot: RobotModel
) -> None:
    right, wrong = pick_and_lift(robot, 4.0), pick_and_lift(robot, 0.1)
    errors = []
    for program in (right, wrong):
        with World(make_scene()) as world:
            log = run_program(world, program)
            errors.append(log.tcp_error[log.leg == 2].max())
    assert errors[1] > 3.0 * errors[0]


def test_grasp_beside_the_box_is_reported(
    make_scene: MakeScene, pick_and_lift: MakeProgram, robot: RobotModel
) -> None:
    scene = make_scene()
    far = scene.object("box").model_copy(update={"pose": scene.object("table").pose})
    far = far.model_copy(
        update={"pose": far.pose.model_copy(update={"position": (0.75, 0.4, -0.3)})}
    )
    scene = scene.model_copy(update={"objects": (scene.object("table"), far)})
    program = pick_and_lift(robot)
    with World(scene) as world:
        log = run_program(world, program)
    assert [loss.object for loss in log.dropped] == ["box"]
    assert "no surface" in log.dropped[0].reason


def test_torque_stays_within_the_joints_limits(
    make_scene: MakeScene, pick_and_lift: MakeProgram, robot: RobotModel
) -> None:
    weak = dataclasses.replace(
        robot, limits=dataclasses.replace(robot.limits, torque=0.4 * robot.limits.torque)
    )
    with World(make_scene(), robots={"arm": weak}) as world:
        log = run_program(world, pick_and_lift(weak, swing=0.35))
    assert np.all(np.abs(log.torque) <= weak.limits.torque + 1e-9)
    assert (np.abs(log.torque) / weak.limits.torque).max() == pytest.approx(1.0)
    assert log.tcp_error.max() > 0.01


def test_program_without_legs_stands_at_home(make_scene: MakeScene, robot: RobotModel) -> None:
    program = Program("idle", "cell", "arm", robot.joints, (Dwell(0.1), Output("torch", True)))
    with World(make_scene()) as world:
        log = run_program(world, program)
    assert np.abs(log.q - robot.home).max() < 1e-3
    assert log.outputs == ((pytest.approx(0.1, abs=0.0021), "torch", True),)
