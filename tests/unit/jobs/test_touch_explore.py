"""Exploring by touch: both fingers feel what is between them, and the answers of all touches are joined."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from robolab.core.errors import SceneError, UnknownName
from robolab.jobs.touch_explore import Felt, explore, said
from robolab.jobs.touch_guess import Guess, guess_from
from robolab.scene.load import load_scene
from robolab.sensors.rgbd import RgbdParameters
from robolab.touch.tip import Reading, TipNetworks
from robolab.touch.tip_draw import CLASSES
from robolab.touch.tip_hardness import UNKNOWN, Hardness
from robolab.touch.tip_train import start


@pytest.fixture(scope="module")
def untaught() -> TipNetworks:
    keys = ("shear", "normal", "height", "curvature", "roughness", "peak", "peak_std")
    calibration: dict[str, float] = dict.fromkeys(keys, 1.0)
    networks = TipNetworks.blank(calibration)
    for network in networks.parts.values():
        start(network, 0)
    return networks


def _felt(kind: list[float], hardness: Hardness = UNKNOWN) -> Felt:
    zero = np.zeros(3)
    reading = Reading(
        "pressed", zero, zero + 0.1, np.zeros((30, 40)), 1e-5, np.array(kind), 100.0, 5.0
    )
    return Felt("tip", reading, None, hardness, np.zeros((240, 320, 3), np.uint8))


def test_both_fingers_feel_an_object(untaught: TipNetworks, tmp_path: Path) -> None:
    found = explore(load_scene("panda_touch"), "cube", untaught, touches=1, heat_maps=tmp_path)
    assert [each["finger"] for each in found["touches"]] == ["tip-left", "tip-right"]
    assert all(each["state"] == "pressed" for each in found["touches"])
    assert sum(found["chances"].values()) == pytest.approx(1.0)
    seen, touched = found["refined"]
    assert abs(touched["width_mm"] - 36.0) < abs(seen["width_mm"] - 36.0) + 0.5
    assert touched["width_std_mm"] < seen["width_std_mm"]
    assert sum(touched["chances"].values()) == pytest.approx(1.0)
    pictures = sorted(path.name for path in tmp_path.iterdir())
    assert pictures == ["touch-1-tip-left.png", "touch-1-tip-right.png"]
    with Image.open(tmp_path / pictures[0]) as picture:
        assert picture.size == (320, 240)


def _top(radius: float, dome: bool) -> Guess:
    """A guess from a fine camera a metre above something round."""
    rng = np.random.default_rng(0)
    x, y = np.meshgrid(np.arange(-0.05, 0.05, 0.002), np.arange(-0.05, 0.05, 0.002))
    inside = np.hypot(x, y) < radius
    z = np.sqrt(np.maximum(radius**2 - x**2 - y**2, 0.0)) * dome
    points = np.stack([x[inside], y[inside], z[inside]], axis=1)
    points[:, 2] += 1e-3 * rng.standard_normal(len(points))
    found = guess_from(points, 1.0, 500.0, RgbdParameters())
    assert found is not None
    return found


def test_camera_tells_domes_from_flat_tops_and_touch_refines_it() -> None:
    ball, flat = _top(0.02, True), _top(0.02, False)
    assert CLASSES[int(ball.chances.argmax())] == "ball"
    assert flat.chances[CLASSES.index("ball")] < 0.1
    assert ball.width == pytest.approx(0.04, abs=3.0 * ball.width_std)
    rod = np.array([0.02, 0.9, 0.04, 0.02, 0.02])
    known = flat.touched([rod, rod], 0.0395).touched([rod], 0.0401)
    assert CLASSES[int(known.chances.argmax())] == "rod"
    assert known.width == pytest.approx(0.0398, abs=2e-4)
    assert known.width_std < 5e-4
    assert guess_from(np.zeros((2, 3)), 1.0, 500.0, RgbdParameters()) is None


def test_touches_are_joined_by_how_sure_they_are(untaught: TipNetworks) -> None:
    sure, unsure = [0.8, 0.05, 0.05, 0.05, 0.05], [0.2, 0.3, 0.2, 0.15, 0.15]
    found = said([_felt(sure), _felt(unsure), _felt(sure)], untaught)
    assert found["shape"] == "ball"
    assert found["modulus_MPa"] is None
    assert found["roughness_um"] is None
    rigid = said([_felt(sure, Hardness(np.inf, 2e7, np.inf))], untaught)
    assert rigid["modulus_MPa"][2] is None
    assert said([], untaught)["shape"] == "unknown"


def test_what_cannot_be_explored_is_said(untaught: TipNetworks) -> None:
    with pytest.raises(UnknownName, match=r"cone.*ball"):
        explore(load_scene("panda_touch"), "cone", untaught)
    with pytest.raises(SceneError, match=r"tray.*wider.*200 mm.*at most 80 mm"):
        explore(load_scene("panda_touch"), "tray", untaught)
    with pytest.raises(SceneError, match=r"no optical fingertip.*panda_touch"):
        explore(load_scene("panda_table"), "cube", untaught)
