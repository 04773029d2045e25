"""Problem files: what is read, and what is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robolab.core.errors import BadInput, MissingAsset
from robolab.scene.problem_file import load_problems, scene_of
from robolab.scene.spec import BoxShape, CylinderShape, RobotSpec


def problem(**changed: Any) -> dict[str, Any]:
    box = {"id": "lid", "type": "box", "dimensions": [0.1, 0.2, 0.3], "position": [0.5, 0.0, 0.2]}
    tube = {"id": "can", "type": "cylinder", "dimensions": [0.14, 0.03], "position": [0, 0.6, 0]}
    tube["quat_xyzw"] = [0.0, 0.0, 0.707107, 0.707107]
    given = {"set": "shelf", "index": 3, "robot": "ur5", "start": [0.0] * 6, "goal": [0.5] * 6}
    return {**given, "objects": [box, tube], **changed}


def written(folder: Path, *entries: Any) -> Path:
    file = folder / "problems.json"
    file.write_text(json.dumps(list(entries)))
    return file


def test_a_problem_becomes_a_scene_with_its_solids(tmp_path: Path) -> None:
    (only,) = load_problems(written(tmp_path, problem()))
    scene = scene_of(only, RobotSpec(name="arm", model="ur5"))
    box, tube = (item.shape for item in scene.objects)
    assert isinstance(box, BoxShape)
    assert box.size == (0.1, 0.2, 0.3)
    assert isinstance(tube, CylinderShape)
    assert (tube.length, tube.radius) == (0.14, 0.03)
    assert np.allclose(scene.objects[1].pose.matrix()[:3, 0], [0.0, 1.0, 0.0], atol=1e-5)
    assert not scene.floor


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"start": [0.0, float("nan")] + [0.0] * 4}, ["0.start.1", "nan"]),
        ({"colour": "red"}, ["0.colour", "unknown key"]),
        ({"goal": []}, ["0.goal"]),
        (
            {"objects": [{"id": "a", "type": "box", "dimensions": [1, 2], "position": [0, 0, 0]}]},
            ["0.objects.0", "3 dimensions"],
        ),
        (
            {
                "objects": [
                    {
                        "id": "a",
                        "type": "box",
                        "dimensions": [1, 2, float("inf")],
                        "position": [0, 0, 0],
                    }
                ]
            },
            ["0.objects.0.dimensions.2", "inf"],
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, changed: dict[str, Any], words: list[str]) -> None:
    file = written(tmp_path, problem(**changed))
    with pytest.raises(BadInput) as told:
        load_problems(file)
    assert all(word in str(told.value) for word in [str(file), *words]), str(told.value)


@pytest.mark.parametrize("text", ["[]", "{}", "[1", "", "[3]"])
def test_what_is_no_list_of_problems(tmp_path: Path, text: str) -> None:
    file = tmp_path / "problems.json"
    file.write_text(text)
    with pytest.raises(BadInput, match=r"problems\.json"):
        load_problems(file)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingAsset, match=r"none\.json"):
        load_problems(tmp_path / "none.json")
