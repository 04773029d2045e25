"""Hardness: what the fingers' travel has and the gel's height map has not is what the object gives."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.transforms import pose
from robolab.scene.spec import SphereShape
from robolab.sensors.fingertip_touch import Load, touch
from robolab.sensors.gel import Gel
from robolab.sensors.relief import body_of
from robolab.touch.tip import Reading
from robolab.touch.tip_hardness import UNKNOWN, Hardness, hardness_of, joined


def _press(modulus: float, kind: int = 0) -> tuple[Reading, float]:
    """A press as a network without error would read it, and the finger's travel."""
    ball = body_of(SphereShape(type="sphere", radius=0.01), modulus=modulus)
    told = touch(Gel(), [(ball, pose((0, 0, 0.01)))], Load(5.0))
    height = told.pressed.height.reshape(30, 8, 40, 8).mean(axis=(1, 3)).astype(float)
    chances = np.eye(5)[kind]
    reading = Reading("pressed", np.zeros(3), np.ones(3), height, 1e-5, chances, 100.0, 1.0)
    return reading, told.pressed.depth


@pytest.mark.parametrize("modulus", [3e5, 1e6, 4e6])
def test_soft_things_are_told(modulus: float) -> None:
    found = hardness_of(*_press(modulus))
    assert found.modulus == pytest.approx(modulus, rel=0.15)
    assert found.low < modulus < found.high


def test_rigid_things_may_be_rigid() -> None:
    found = hardness_of(*_press(np.inf))
    assert np.isinf(found.high)
    assert found.low > 5e6


def test_edges_and_corners_do_not_tell() -> None:
    for kind in (3, 4):
        assert np.isnan(hardness_of(*_press(1e6, kind)).modulus)
    assert np.isnan(joined([UNKNOWN]).modulus)


def test_several_touches_are_surer() -> None:
    one = hardness_of(*_press(1e6))
    four = joined([one] * 4 + [UNKNOWN])
    assert four.modulus == pytest.approx(one.modulus)
    assert one.low < four.low < 1e6 < four.high < one.high
    rigid = Hardness(np.inf, 2e7, np.inf)
    assert np.isinf(joined([rigid, rigid]).high)
