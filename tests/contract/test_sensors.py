"""Every registered sensor: same seed, same readings; its own rate; its delay; errors that name what is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from robolab.core.errors import SceneError, UnknownName
from robolab.robots import load_robot
from robolab.robots.model import RobotModel
from robolab.scene.load import load_scene, parse_scene
from robolab.scene.spec import SceneSpec
from robolab.sensors import SENSORS, attach
from robolab.sim.readings import Readings
from robolab.sim.world import World

RATE, DELAY = 100.0, 0.03
SMALL: dict[str, dict[str, Any]] = {"rgbd": {"width": 24, "height": 16, "colour_noise": 3.0}}
ON_VACUUM = {"vacuum_pressure"}


def _scene(kind: str, **changes: Any) -> SceneSpec:
    """A bare robot with the tool that the sensor needs, and one such sensor."""
    source = load_scene("ur10e_transfer" if kind in ON_VACUUM else "panda_table")
    mount = "arm/tool0" if kind in ON_VACUUM else "arm/panda_hand"
    sensor = {
        "name": "probe",
        "type": kind,
        "mount": mount,
        "rate_hz": RATE,
        "delay_s": DELAY,
        "parameters": SMALL.get(kind, {}),
        **changes,
    }
    content = {
        "name": "bench",
        "robots": [source.robot.model_dump(mode="json")],
        "sensors": [sensor],
        "objects": [
            {
                "name": "ball",
                "shape": {"type": "sphere", "radius": 0.1},
                "pose": {"position": [1.0, 0.0, 1.0]},
                "mass": 1.0,
            }
        ],
    }
    return parse_scene(content, source.folder / "bench.yaml")


@pytest.fixture(scope="module", params=SENSORS.names())
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def robot(kind: str) -> RobotModel:
    scene = _scene(kind)
    return load_robot(scene.robot, scene.folder)


def _measure(kind: str, robot: RobotModel, seed: int, steps: int = 40) -> Readings:
    with World(_scene(kind), seed, robots={"arm": robot}) as world:
        attach(world)
        for _ in range(steps):
            world.step()
        return world.readings()


def test_same_seed_same_readings_other_seed_other_noise(kind: str, robot: RobotModel) -> None:
    a, b, c = (_measure(kind, robot, seed)["probe"] for seed in (1, 1, 2))
    assert set(a.values)
    for channel, values in a.values.items():
        assert np.array_equal(values, b[channel])
        assert np.all(np.isfinite(values))
    if kind != "joint_encoder":  # steps, and no noise
        assert any(not np.array_equal(a[channel], c[channel]) for channel in a.values)


def test_samples_at_its_own_rate_in_simulated_time(kind: str, robot: RobotModel) -> None:
    series = _measure(kind, robot, 0)["probe"]
    assert series.times == pytest.approx(np.arange(9) / RATE)
    assert all(len(values) == len(series.times) for values in series.values.values())
    for channel in series.labels:
        assert channel in series.values


def test_samples_arrive_after_their_delay(kind: str, robot: RobotModel) -> None:
    with World(_scene(kind), robots={"arm": robot}) as world:
        suite = attach(world)
        for _ in range(40):
            world.step()
            latest = suite.latest("probe", world.time)
            expected = np.floor((world.time - DELAY) * RATE + 1e-6) / RATE
            assert (latest is None) == (expected < 0.0)
            if latest is not None:
                assert latest[0] == pytest.approx(expected)


def test_starts_anew_with_the_world(kind: str, robot: RobotModel) -> None:
    with World(_scene(kind), 4, robots={"arm": robot}) as world:
        attach(world)
        runs: list[Readings] = []
        for _ in range(2):
            world.reset()
            for _ in range(20):
                world.step()
            runs.append(world.readings())
    for channel, values in runs[0]["probe"].values.items():
        assert np.array_equal(values, runs[1]["probe"][channel])


def test_refuses_what_cannot_be(kind: str, robot: RobotModel) -> None:
    robots = {"arm": robot}
    wrong: list[tuple[dict[str, Any], type[Exception], str]] = [
        (
            {"rate_hz": 300.0},
            SceneError,
            r"sensors\.probe\.rate_hz.*300.*333.333 or 250|250 or 333",
        ),
        ({"mount": "arm/elbow"}, UnknownName, r"sensors\.probe\.mount.*elbow"),
        ({"mount": "leg/tool0"}, UnknownName, r"sensors\.probe\.mount.*world"),
        ({"parameters": {"colour": 1}}, SceneError, r"sensors\.probe\.parameters\.colour"),
    ]
    for changes, error, words in wrong:
        with World(_scene(kind, **changes), robots=robots) as world:
            with pytest.raises(error, match=words) as caught:
                attach(world)
            assert "bench.yaml" in str(caught.value)


def test_unknown_type_lists_the_known_ones() -> None:
    with World(_scene("sonar")) as world, pytest.raises(UnknownName, match="rgbd"):
        attach(world)
