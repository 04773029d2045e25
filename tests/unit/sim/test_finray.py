"""Fin-ray fingers in the physics."""

from collections.abc import Iterator

import numpy as np
import pytest

from robolab.scene.load import load_scene
from robolab.scene.realise import realise
from robolab.sim.client import p
from robolab.sim.finray import FinRayJaw
from robolab.sim.world import World


@pytest.fixture
def world() -> Iterator[World]:
    with World(realise(load_scene("finray_table"), 0), 0) as world:
        yield world


def hold(world: World, on: bool, seconds: float) -> None:
    world.grip(on)
    for _ in range(round(seconds / world.control_period)):
        world.servo(world.robot.home)
        world.step()


def test_fingers_bend_around_a_round_object_and_straighten(world: World) -> None:
    gripper = world.gripper
    assert isinstance(gripper, FinRayJaw)
    client, can = world.client.id, world.object("can").body
    lying = p.getQuaternionFromEuler((0.0, 0.5 * np.pi, 0.0))
    p.setGravity(0.0, 0.0, 0.0, physicsClientId=client)
    p.resetBasePositionAndOrientation(can, world.arm.tcp_position(), lying, physicsClientId=client)
    hold(world, True, 1.2)
    assert gripper.held == "can"
    for finger in (0, 1):
        bent = gripper.angles(finger)
        assert bent[0] > 0.1  # out at the base,
        assert bent[-1] < -0.2  # in at the tip
        forces = [force for _, force in gripper.contacts(finger)]
        assert sum(forces) == pytest.approx(6.0, rel=0.05)
    hold(world, False, 0.6)
    for finger in (0, 1):
        np.testing.assert_allclose(gripper.angles(finger), 0.0, atol=0.01)


def test_fingers_stay_straight_and_still_without_a_touch(world: World) -> None:
    gripper = world.gripper
    assert isinstance(gripper, FinRayJaw)
    hold(world, False, 0.3)
    for finger in (0, 1):
        np.testing.assert_allclose(gripper.angles(finger), 0.0, atol=5e-3)
