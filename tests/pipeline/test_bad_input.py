"""What cannot be used ends in one clear error, and leaves nothing behind."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from robolab.core.assets import shipped
from robolab.core.errors import BadInput, WeightsError
from robolab.jobs.run import run_scene

Edit = Callable[[dict[str, Any]], None]


def scene_with(folder: Path, edit: Edit, name: str = "ur10e_transfer") -> Path:
    """A copy of a shipped scene with one thing changed, beside its meshes."""
    content = yaml.safe_load((shipped("scenes") / f"{name}.yaml").read_text())
    for item in content["objects"]:
        item.pop("look", None)
    edit(content)
    path = folder / "scene.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def move_to(**target: object) -> Edit:
    def edit(content: dict[str, Any]) -> None:
        content["job"] = [{"do": "move_free", "to": target}]

    return edit


def start_inside_post(content: dict[str, Any]) -> None:
    content["objects"].append(
        {"name": "crate", "shape": {"type": "box", "size": [0.4, 0.4, 0.4]},
         "pose": {"position": [0.69, 0.17, 0.5]}}
    )  # fmt: skip


def second_pick(content: dict[str, Any]) -> None:
    content["job"].insert(2, content["job"][3])


def nothing_to_do(content: dict[str, Any]) -> None:
    content["job"] = []


def nothing_moves(content: dict[str, Any]) -> None:
    content["job"] = [{"do": "wait", "seconds": 1.0}]


def other_robot(content: dict[str, Any]) -> None:
    content["robots"][0]["model"] = "ur99"


def no_such_joint(content: dict[str, Any]) -> None:
    content["robots"][0]["joint_limits"] = {"shoulder_pan_joynt": [-1.0, 1.0]}


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (move_to(pose={"position": [3.0, 0.0, 0.5]}), "reach"),
        (move_to(pose={"position": [0.85, 0.0, -0.3], "rpy_deg": [180, 0, 0]}), "conveyor"),
        (move_to(joints=[0.0, 0.0]), "wrong number of joints.*got 2.*6"),
        (start_inside_post, "collision.*crate"),
        (second_pick, "already holds 'carton-a'"),
        (nothing_to_do, "job.*moves nothing.*a step that moves"),
        (nothing_moves, "job.*moves nothing.*a step that moves"),
        (other_robot, "unknown robot 'ur99'.*ur10e"),
        (no_such_joint, "shoulder_pan_joynt.*shoulder_pan_joint"),
    ],
    ids=[
        "out of reach",
        "goal in collision",
        "joints",
        "start",
        "second pick",
        "nothing",
        "a wait",
        "robot",
        "joint",
    ],
)
def test_a_job_that_cannot_be_done_says_why(tmp_path: Path, edit: Edit, said: str) -> None:
    out = tmp_path / "run"
    with pytest.raises(BadInput, match=f"(?s){said}"):
        run_scene(scene_with(tmp_path, edit), seed=7, out=out, track=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scene.yaml"]


def test_nothing_to_adapt_to_is_said_before_any_planning(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="leaves no load open"):
        run_scene("ur10e_transfer", seed=7, out=tmp_path / "run", adapt=True)
    assert list(tmp_path.iterdir()) == []


def test_a_log_with_nan_leaves_no_folder(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("\n".join([",".join(["nan"] * 31)] * 3))
    with pytest.raises(BadInput, match="row 1, column 1"):
        run_scene("ur10e_log", seed=0, out=tmp_path / "run", waypoints=log)
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


def test_an_output_that_is_a_file_is_refused_before_any_work(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("keep me")
    with pytest.raises(BadInput, match="taken"):
        run_scene("ur10e_transfer", seed=7, out=taken)
    assert taken.read_text() == "keep me"


def test_a_policy_of_another_cell_is_refused_where_it_is_asked_for(tmp_path: Path) -> None:
    policy = shipped("policies") / "ur10e_transfer"
    moved = scene_with(tmp_path, start_inside_post)
    with pytest.raises(WeightsError, match="trained for scene 'ur10e_transfer' as it was"):
        run_scene(moved, seed=7, out=tmp_path / "run", policy=policy, track=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scene.yaml"]


def test_a_certainty_that_was_tampered_with_is_refused_by_field(tmp_path: Path) -> None:
    policy = tmp_path / "policy"
    shutil.copytree(shipped("policies") / "ur10e_transfer", policy)
    path = policy / "certainty.json"
    content = json.loads(path.read_text())
    content["proposed"]["scale"][0] = -1.0
    path.write_text(json.dumps(content))
    with pytest.raises(
        WeightsError, match=r"certainty\.json: proposed\.scale\.0: .*got -1\.0"
    ) as error:
        run_scene("ur10e_transfer", seed=7, out=tmp_path / "run", policy=policy, track=False)
    assert error.value.exit_code == 2
    assert not (tmp_path / "run").exists()
