"""`robolab see`: calibration on a scene, and bad input."""

from __future__ import annotations

import pytest

from robolab.core.errors import SceneError, UnknownName
from robolab.jobs.see_calibrate import Installed, see_calibrate
from robolab.scene.spec import SceneSpec


def test_calibration_brings_a_camera_to_within_millimetres(ur10e_scene: SceneSpec) -> None:
    found = see_calibrate(ur10e_scene, None, 10, 0, Installed())
    assert found["before_mm"] > 10.0
    assert found["error_mm"] < 5.0
    assert found["error_deg"] < 0.3
    assert found["error_mm"] < 4.0 * found["std_mm"]


def test_a_scene_without_a_camera_or_without_that_one_is_refused(ur10e_scene: SceneSpec) -> None:
    with pytest.raises(UnknownName, match="one of: camera"):
        see_calibrate(ur10e_scene, "ceiling", 10, 0, Installed())
    blind = ur10e_scene.model_copy(update={"sensors": ()})
    with pytest.raises(SceneError, match="has no camera"):
        see_calibrate(blind, None, 10, 0, Installed())
