"""Exploring by touch: both fingers feel what is between them, and the answers of all touches are joined."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.errors import SceneError, UnknownName
from robolab.jobs.touch_explore import Felt, explore, said
from robolab.scene.load import load_scene
from robolab.touch.tip import Reading, TipNetworks
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
    return Felt("tip", reading, None, hardness)


def test_both_fingers_feel_an_object(untaught: TipNetworks) -> None:
    found = explore(load_scene("panda_touch"), "cube", untaught, touches=1)
    assert [each["finger"] for each in found["touches"]] == ["tip-left", "tip-right"]
    assert all(each["state"] == "pressed" for each in found["touches"])
    assert sum(found["chances"].values()) == pytest.approx(1.0)


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
