"""`robolab grasp`: what it shows and what it refuses, in one line and with exit code 2."""

from __future__ import annotations

from pathlib import Path

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
