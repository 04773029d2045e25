import json
from pathlib import Path
from typing import Any

import pytest

from robolab.core.errors import LoadModelError
from robolab.estimation.model import LoadModel, load_model, save_model
from robolab.jobs.load import robot_of
from robolab.robots.model import RobotModel


def test_a_model_survives_its_file(identified: LoadModel, arm: RobotModel, tmp_path: Path) -> None:
    save_model(tmp_path / "model.json", identified)
    assert load_model(tmp_path / "model.json", arm) == identified


def test_a_model_of_another_robot_is_refused(identified: LoadModel, tmp_path: Path) -> None:
    save_model(tmp_path / "model.json", identified)
    with pytest.raises(LoadModelError, match=r"another robot.*ur10e.*expected ur5"):
        load_model(tmp_path / "model.json", robot_of("ur5"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("gain", [1.0] * 5),
        ("gain", [1.0, 1.0, 0.0, 1.0, 1.0, 1.0]),
        ("friction", [[0.0] * 7] * 6),
        ("inertial", [[-1.0, *[0.0] * 9]] * 6),
        ("format", 2),
        ("more", 1),
        ("inflation", "nan"),
    ],
)
def test_a_damaged_model_is_refused(
    identified: LoadModel, arm: RobotModel, tmp_path: Path, field: str, value: Any
) -> None:
    path = tmp_path / "model.json"
    path.write_text(json.dumps(identified.model_dump() | {field: value}))
    with pytest.raises(LoadModelError, match=r"model\.json"):
        load_model(path, arm)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00"])
def test_what_is_no_model_is_refused(arm: RobotModel, tmp_path: Path, text: str) -> None:
    path = tmp_path / "model.json"
    path.write_text(text)
    with pytest.raises(LoadModelError):
        load_model(path, arm)
    with pytest.raises(LoadModelError, match="cannot be read"):
        load_model(tmp_path / "none.json", arm)
