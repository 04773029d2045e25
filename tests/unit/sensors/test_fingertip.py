"""Optical fingertips on a gripper: what they show is what the physics' contact forces do to the gel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from robolab.core.errors import UnknownName
from robolab.core.transforms import inverse, pose, pose_rpy
from robolab.robots import load_robot
from robolab.scene.load import load_scene, parse_scene
from robolab.scene.spec import SceneSpec
from robolab.sensors import SensorSuite, attach
from robolab.sensors.fingertip import Fingertip
from robolab.sensors.fingertip_touch import Load, touch
from robolab.sensors.relief import body_of
from robolab.sim.shapes import place_object
from robolab.sim.world import World

MASS, GRIP = 0.08, 8.0


def _scene(**parameters: Any) -> SceneSpec:
    source = load_scene("panda_touch")
    tips = [s.model_dump(mode="json") for s in source.sensors if s.type == "fingertip"]
    for tip in tips:
        tip["rate_hz"] = 50.0
        tip["parameters"] = parameters
    content = {
        "name": "tips",
        "robots": [source.robot.model_dump(mode="json")],
        "sensors": tips,
        "objects": [
            {
                "name": "pin",
                "shape": {"type": "cylinder", "radius": 0.01, "length": 0.05},
                "mass": MASS,
                "friction": 1.2,
            }
        ],
    }
    return parse_scene(content, source.folder / "tips.yaml")


@pytest.fixture(scope="module")
def held() -> Iterator[tuple[World, SensorSuite]]:
    """A pin held in the air."""
    scene = _scene(surfaces={"pin": {}}, noise=0.0)
    with World(scene, 3, robots={"arm": load_robot(scene.robot, scene.folder)}) as world:
        suite = attach(world)
        q = world.joint_state()[0]
        world.grip(True)
        X = world.arm.tcp() @ pose_rpy((0.004, 0.0, 0.0), (0.0, 0.0, 0.0))
        for step in range(480):
            if step < 380:
                place_object(world.client.id, world.object("pin"), X)
            world.servo(q)
            world.step()
        yield world, suite


def _tip(held: tuple[World, SensorSuite], name: str) -> tuple[Any, dict[str, np.ndarray]]:
    world, suite = held
    found = suite.latest(name, world.time)
    tip: Any = suite.sensor(name)
    assert found is not None
    assert isinstance(tip, Fingertip)
    return tip, dict(found[1])


@pytest.mark.parametrize("name", ["tip-left", "tip-right"])
def test_gel_bears_the_grip(held: tuple[World, SensorSuite], name: str) -> None:
    tip, told = _tip(held, name)
    assert told["load"][2] == pytest.approx(GRIP, rel=0.02)
    carried = tip.gel.stiffness * tip.gel.pitch**2 * told["height"].sum(dtype=float)
    assert carried == pytest.approx(told["load"][2], rel=1e-3)


def test_fingers_share_the_weight_between_them(held: tuple[World, SensorSuite]) -> None:
    # Both gels have +x towards the tips, and the hand points down.
    down = sum(_tip(held, name)[1]["load"][0] for name in ("tip-left", "tip-right"))
    assert down == pytest.approx(MASS * 9.81, rel=0.02)


def test_shows_the_object_where_it_is(held: tuple[World, SensorSuite]) -> None:
    _, told = _tip(held, "tip-left")
    columns = np.flatnonzero(told["height"].max(axis=0) > 1e-4)
    rows = np.flatnonzero(told["height"].max(axis=1) > 1e-4)
    # It stands upright before the finger, longer than the gel, and 4 mm off its middle.
    assert (columns[0], columns[-1]) == (0, 319)
    assert abs(rows.mean() - 119.5) == pytest.approx(4e-3 / 58e-6, abs=8)


def test_image_is_the_gel_models_own(held: tuple[World, SensorSuite]) -> None:
    world, _ = held
    tip, told = _tip(held, "tip-left")
    body = body_of(world.scene.object("pin").shape)
    mount = world.arm.link_pose("panda_leftfinger") @ tip.spec.pose.matrix()
    X_gel_pin = inverse(mount) @ world.object_pose("pin")
    fx, fy, fz, torque = told["load"].tolist()
    load = Load(fz, (fx, fy), torque, 0.6)
    # Its weight has drawn the pin along with the gel.
    carried = touch(tip.gel, [(body, X_gel_pin)], load).dragged.carried
    assert np.hypot(*carried) > 2e-5
    again = touch(tip.gel, [(body, pose((*carried, 0.0)) @ X_gel_pin)], load)
    assert np.abs(again.pressed.height - told["height"]).max() < 5e-6
    image = tip.look.picture(again.pressed.height, again.marks, np.random.default_rng(0))
    difference = np.abs(image.astype(int) - told["image"])
    assert np.mean(difference) < 0.5
    assert np.quantile(difference, 0.99) <= 2


def test_nothing_touched_nothing_shown() -> None:
    scene = _scene()
    with World(scene, 1, robots={"arm": load_robot(scene.robot, scene.folder)}) as world:
        suite = attach(world)
        for _ in range(20):
            world.step()
        _, told = _tip((world, suite), "tip-left")
    assert not told["height"].any()
    assert not told["load"].any()


def test_surfaces_are_of_objects_in_the_scene() -> None:
    with World(_scene(surfaces={"pen": {}})) as world:
        with pytest.raises(UnknownName, match=r"surfaces.*pen.*pin") as caught:
            attach(world)
        assert "tips.yaml" in str(caught.value)
