"""The whole arm agrees with the hand that grips are learned in, and its pads feel what the physics says."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from robolab.core.transforms import pose
from robolab.scene.load import load_scene, parse_scene
from robolab.sensors import attach
from robolab.sim.jaw import Jaw
from robolab.sim.shapes import place_object
from robolab.sim.world import World

MASS, FRICTION, WIDTH = 0.4, 0.5, 0.074


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    source = load_scene("panda_table")
    content = {
        "name": "bench",
        "robots": [source.robot.model_dump(mode="json")],
        "sensors": [
            {"name": "pads", "type": "finger_pad", "mount": "arm/panda_hand", "rate_hz": 100}
        ],
        "objects": [
            {
                "name": "block",
                "shape": {"type": "box", "size": [WIDTH, WIDTH, WIDTH]},
                "pose": {"position": [1.0, 0.0, 1.0]},
                "mass": MASS,
                "friction": FRICTION,
            }
        ],
    }
    with World(parse_scene(content, source.folder / "bench.yaml")) as world:
        attach(world)
        yield world


def slide(world: World, force: float) -> float:
    """Hold a block in the air and return how fast it slides out of the fingers [m/s]."""
    world.restart()
    jaw = world.gripper
    assert isinstance(jaw, Jaw)
    X = world.arm.tcp()
    place_object(world.client.id, world.object("block"), pose(X[:3, 3]))
    jaw.press(40.0)  # it falls until the fingers are there
    world.grip(True)
    _steps(world, 0.25)
    jaw.press(force)
    _steps(world, 0.05)
    start = world.object_pose("block")[2, 3] - world.arm.tcp()[2, 3]
    _steps(world, 0.2)
    return float(start - world.object_pose("block")[2, 3] + world.arm.tcp()[2, 3]) / 0.2


def _steps(world: World, seconds: float) -> None:
    home = np.array(world.scene.robot.home)
    for _ in range(round(seconds / world.control_period)):
        world.servo(home)
        world.step()


def test_holds_what_the_hand_without_an_arm_holds(world: World) -> None:
    friction = FRICTION * world_friction(world)
    needed = MASS * 9.81 / (2.0 * friction)
    # Contacts are rigid in a scene, and creep by a hundredth of a metre a second however hard they are pressed.
    assert slide(world, 1.1 * needed) < 0.02
    pads = world.readings()["pads"]
    hanging = pads["shear"][-1].sum(axis=(0, 1, 2))
    assert hanging[1] == pytest.approx(-MASS * 9.81, rel=0.08)
    assert pads["normal"][-1].sum(axis=(1, 2)).mean() == pytest.approx(1.1 * needed, rel=0.1)
    assert slide(world, 0.9 * needed) > 0.1


def world_friction(world: World) -> float:
    """Of the fingers, by which the physics multiplies an object's."""
    jaw = world.gripper
    assert isinstance(jaw, Jaw)
    X = world.arm.tcp()
    touch = jaw.touch(0, X[:3, 3], np.zeros((2, 3)))
    return float(np.sqrt(touch.friction))
