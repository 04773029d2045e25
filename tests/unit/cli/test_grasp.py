"""`robolab grasp`: what it shows and what it refuses, in one line and with exit code 2."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from robolab.sim.camera import Intrinsics
from tests.unit.cli.conftest import Robolab


def test_learning_shows_an_example(robolab: Robolab) -> None:
    ended = robolab("grasp", "learn", "--help")
    assert ended.code == 0
    assert "Example: robolab grasp learn" in ended.out


def test_a_folder_with_other_things_is_left_alone(robolab: Robolab, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    ended = robolab("grasp", "learn", "--out", str(tmp_path))
    assert ended.code == 2
    assert len(ended.err.strip().splitlines()) == 1
    assert (tmp_path / "mine.txt").read_text() == "mine"


def _view(tmp_path: Path, depth: np.ndarray) -> Path:
    """A file of what a camera 0.6 m above a table sees."""
    pose = np.diag([1.0, -1.0, -1.0, 1.0])
    pose[2, 3] = 0.6
    file = tmp_path / "view.npz"
    intrinsics = Intrinsics.of_fov(160, 120, 45.0).matrix()
    np.savez(file, depth=depth, intrinsics=intrinsics, X_world_cam=pose)
    return file


def test_a_block_is_taken_by_its_middle(robolab: Robolab, tmp_path: Path) -> None:
    depth = np.full((120, 160), 0.6, np.float32)
    depth[45:75, 72:88] = 0.55
    out = tmp_path / "grasps.json"
    ended = robolab(
        "grasp", "propose", str(_view(tmp_path, depth)), "--side", "0.36", "--out", str(out)
    )
    assert ended.code == 0
    best = json.loads(out.read_text())["grasps"][0]
    X = np.array(best["X_world_tcp"])
    assert np.abs(X[:2, 3]).max() < 0.03
    # A block of 16 by 30 pixels is narrower along x.
    assert abs(X[0, 0]) > 0.9
    assert 0.04 < best["width_m"] <= 0.08
    assert best["probability"] > 0.3


def test_an_empty_table_gives_no_grasp_and_says_so(robolab: Robolab, tmp_path: Path) -> None:
    out = tmp_path / "grasps.json"
    file = _view(tmp_path, np.full((120, 160), 0.6, np.float32))
    ended = robolab("grasp", "propose", str(file), "--side", "0.36", "--out", str(out))
    assert ended.code == 0
    told = json.loads(out.read_text())
    assert told["grasps"] == []
    assert "nothing" in told["reason"]


@pytest.mark.parametrize(
    ("arrays", "named"),
    [
        ({"depth": np.ones((4, 4))}, "intrinsics"),
        ({"depth": np.ones(4), "intrinsics": np.eye(3), "X_world_cam": np.eye(4)}, "shapes"),
        (
            {"depth": np.array([["far"]]), "intrinsics": np.eye(3), "X_world_cam": np.eye(4)},
            "depth",
        ),
    ],
)
def test_a_file_that_is_no_view_is_refused(
    robolab: Robolab, tmp_path: Path, arrays: dict[str, np.ndarray], named: str
) -> None:
    file, out = tmp_path / "view.npz", tmp_path / "grasps.json"
    np.savez(file, **arrays)  # pyright: ignore[reportArgumentType]  # its own options come last
    ended = robolab("grasp", "propose", str(file), "--out", str(out))
    assert ended.code == 2
    assert str(file) in ended.err
    assert named in ended.err
    assert not out.exists()


def test_pickles_are_not_opened(robolab: Robolab, tmp_path: Path) -> None:
    file = tmp_path / "view.npz"
    np.savez(file, depth=np.array([{"a": 1}], dtype=object))
    ended = robolab("grasp", "propose", str(file), "--out", str(tmp_path / "grasps.json"))
    assert ended.code == 2
    assert "plain arrays" in ended.err


def test_a_place_has_three_coordinates(robolab: Robolab, tmp_path: Path) -> None:
    file = _view(tmp_path, np.ones((120, 160)))
    ended = robolab("grasp", "propose", str(file), "--at", "1", "--out", str(tmp_path / "g.json"))
    assert ended.code == 2
    assert "--at" in ended.err
