"""The jaw gripper: closes about the middle with its force, holds by friction, loses what is too heavy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from robolab.core.transforms import Array, pose_rpy
from robolab.robots import load_robot
from robolab.scene.load import load_scene, parse_scene
from robolab.sim.client import p
from robolab.sim.jaw import Jaw
from robolab.sim.shapes import place_object
from robolab.sim.world import World


def _world(mass: float = 0.3, friction: float = 0.9) -> World:
    """A Panda with a cube between its open fingers, free in the air, 4 mm off the middle."""
    table = load_scene("panda_table")
    robot = load_robot(table.robot, table.folder)
    content: dict[str, Any] = {
        "name": "jaw",
        "physics": {"rate_hz": 1000, "control_rate_hz": 500},
        "robots": [table.robot.model_dump(mode="json")],
        "objects": [
            {
                "name": "cube",
                "shape": {"type": "box", "size": [0.04, 0.04, 0.04]},
                "mass": mass,
                "friction": friction,
            }
        ],
    }
    world = World(parse_scene(content, table.folder / "jaw.yaml"), robots={"arm": robot})
    X_tcp_cube = pose_rpy((0.0, 0.004, 0.0), (0.0, 0.0, 0.0))
    place_object(world.client.id, world.object("cube"), world.arm.tcp() @ X_tcp_cube)
    return world


def _close(world: World, seconds: float) -> Jaw:
    """Close while the cube is kept from falling until the fingers have it."""
    jaw = world.gripper
    assert isinstance(jaw, Jaw)
    world.grip(True)
    body, item = world.object("cube").body, world.object("cube")
    hold = world.robot.gravity_torque(world.robot.home)
    while world.time < seconds:
        if jaw.held is None:
            up = (0.0, 0.0, 2.0 * 9.81 * item.mass)  # acts in one of two physics steps
            at, _ = p.getBasePositionAndOrientation(body, physicsClientId=world.client.id)
            p.applyExternalForce(body, -1, up, at, p.WORLD_FRAME, physicsClientId=world.client.id)
        world.step(hold)
    return jaw


def _below_tool(world: World) -> float:
    X: Array = np.linalg.inv(world.arm.tcp()) @ world.object_pose("cube")
    return float(X[2, 3])


def test_closes_with_its_force_and_holds_in_the_middle() -> None:
    with _world() as world:
        jaw = _close(world, 1.2)
        assert jaw.held == "cube"
        forces = [sum(force for _, force in jaw.contacts(finger)) for finger in (0, 1)]
        rated = world.robot.gripper
        assert rated is not None
        assert forces == pytest.approx([rated.figures["grip_force"]] * 2, rel=0.1)
        off = np.linalg.inv(world.arm.tcp()) @ world.object_pose("cube")
        assert abs(off[1, 3]) < 0.0015
        slid = _below_tool(world)
        hold = world.robot.gravity_torque(world.robot.home)
        for _ in range(250):
            world.step(hold)
        assert abs(_below_tool(world) - slid) < 0.002


def test_opens_on_command_and_lets_the_cube_fall() -> None:
    with _world() as world:
        jaw = _close(world, 1.2)
        world.grip(False)
        for _ in range(150):
            world.step()
        assert jaw.held is None
        assert [event.what for event in jaw.events] == ["held", "released"]
        assert _below_tool(world) > 0.03
        for name, opened in world.robot.locked.items():
            state = p.getJointState(
                world.arm.body, world.arm.joints[name], physicsClientId=world.client.id
            )
            assert state[0] == pytest.approx(opened, abs=0.002)


def test_cube_too_heavy_for_the_friction_slides_out() -> None:
    with _world(mass=6.0, friction=0.3) as world:
        jaw = _close(world, 2.0)
        assert jaw.held is None
        assert any(event.what == "dropped" for event in jaw.events)


def test_closing_on_nothing_is_reported() -> None:
    with _world() as world:
        place_object(world.client.id, world.object("cube"), pose_rpy((1.0, 1.0, 0.1), (0, 0, 0)))
        world.grip(True)
        for _ in range(600):
            world.step()
        jaw = world.gripper
        assert isinstance(jaw, Jaw)
        assert [event.what for event in jaw.events] == ["missed"]
