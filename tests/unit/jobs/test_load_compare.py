"""Real beside simulated currents, where the real ones are of a made-up arm."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from robolab.core.errors import LoadModelError
from robolab.estimation.model import LoadModel, save_model
from robolab.estimation.simulated import measured_drives, with_tool
from robolab.jobs.load import robot_of
from robolab.jobs.load_compare import compare_currents
from robolab.robots import load_robot
from robolab.robots.model import RobotModel
from robolab.scene.load import load_scene
from tests.unit.estimation.conftest import Record, arm, identified, record, table_of, written

__all__ = ["arm", "identified", "record"]  # fixtures


def test_identified_arm_draws_what_the_real_one_draws(
    tmp_path: Path, identified: LoadModel, record: Record
) -> None:
    save_model(tmp_path / "model.json", identified)
    log = written(table_of(record(21, 5.0)), tmp_path / "run.csv")
    out = tmp_path / "out"
    result = compare_currents("ur10e", tmp_path / "model.json", log, out)
    assert result.explained.min() > 0.97
    assert np.all(1.0 - result.explained < 0.5 * (1.0 - result.described))
    assert np.all(result.simulated_noise > 0.4 * result.noise)
    assert np.all(result.simulated_noise < 2.5 * result.noise)
    plain = json.loads((out / "compare.json").read_text())
    assert list(plain["joints"]) == list(result.joints)
    for name in ("currents.svg", "close_up.svg"):
        text = (out / name).read_text()
        assert text.count('class="second"') == 6 + 1
        assert "elbow_joint" in text


def test_a_model_goes_with_the_arm_to_another_tool(identified: LoadModel, arm: RobotModel) -> None:
    scene = load_scene("ur10e_transfer")
    tooled = load_robot(scene.robot, scene.folder)
    moved = with_tool(identified, arm, tooled)
    assert moved.digest == tooled.digest
    heavier = np.array(moved.inertial) - np.array(identified.inertial)
    assert heavier[:-1] == pytest.approx(0.0)
    assert heavier[-1, 0] == pytest.approx(0.6)
    assert measured_drives(moved, tooled).bodies == pytest.approx(
        measured_drives(identified, arm).bodies
    )
    with pytest.raises(LoadModelError, match="another robot"):
        with_tool(identified, arm, robot_of("panda"))
