"""From logs to a load on the command line, and what it says to bad input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from robolab.robots.model import RobotModel
from tests.unit.cli.conftest import Robolab
from tests.unit.estimation.conftest import Record, arm, record, table_of, written

__all__ = ["arm", "record"]  # fixtures


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, record: Record) -> Path:
    path = tmp_path_factory.mktemp("load")
    load = np.array([3.0, 0.0, 0.2, 0.3])
    for name, log in (
        ("a", record(1, 10.0)),
        ("b", record(2, 10.0)),
        ("heavy", record(3, 10.0, load)),
        ("short", record(4, 1.5)),
        ("spoilt", record(5, 6.0, load)),
    ):
        table = table_of(log)
        if name == "spoilt":
            table[300, 0], table[350, 15] = 0.0, 1e152
        written(table, path / f"{name}.csv")
    return path


def identify(robolab: Robolab, folder: Path, out: str = "model.json") -> tuple[int, str, str]:
    ended = robolab(
        *("load", "identify", "--robot", "ur10e", "--out", str(folder / out)),
        *("--log", str(folder / "a.csv"), "--log", str(folder / "b.csv")),
        *("--loaded", f"{folder / 'heavy.csv'}:3.0"),
    )
    return ended.code, ended.out, ended.err


def estimate(
    robolab: Robolab, folder: Path, log: str, robot: str = "ur10e", window: str = "2"
) -> tuple[int, str, str]:
    ended = robolab(
        *("load", "estimate", "--robot", robot, "--model", str(folder / "model.json")),
        *("--log", str(folder / log), "--window", window, "--out", str(folder / "load.json")),
    )
    return ended.code, ended.out, ended.err


def test_from_logs_to_a_load(robolab: Robolab, folder: Path) -> None:
    code, out, _ = identify(robolab, folder)
    assert code == 0
    assert "shoulder_lift_joint" in out
    assert "unseen    shoulder_pan_joint: mass" in out
    code, out, _ = estimate(robolab, folder, "heavy.csv")
    assert code == 0
    assert "windows   5" in out
    plain = json.loads((folder / "load.json").read_text())
    assert plain["mass_kg"] == pytest.approx(3.0, abs=0.15)
    assert len(plain["windows"]) == 5


def test_what_was_left_out_is_said(robolab: Robolab, folder: Path) -> None:
    identify(robolab, folder)
    code, _, err = estimate(robolab, folder, "spoilt.csv")
    assert code == 0
    assert "spoilt.csv: left out: 2 rows that cannot be: 301, 351" in err


def test_bad_input_is_one_line(robolab: Robolab, folder: Path) -> None:
    identify(robolab, folder)
    (folder / "load.json").unlink(missing_ok=True)
    cases = [
        (("short.csv",), "shorter than the window"),
        (("none.csv",), "cannot be read"),
        (("a.csv", "ur5"), "another robot"),
        (("a.csv", "ur99"), "unknown robot"),
        (("a.csv", "ur10e", "0"), "no such window"),
        (("a.csv", "ur10e", "nan"), "no such window"),
        (("model.json",), "wrong column count"),
    ]
    for words, said in cases:
        code, _, err = estimate(robolab, folder, *words)
        lines = [line for line in err.splitlines() if line.startswith("robolab:")]
        assert (code, len(lines)) == (2, 1), words
        assert said in lines[0], words
        assert not (folder / "load.json").exists()


@pytest.mark.parametrize("text", ["heavy.csv", "heavy.csv:", "heavy.csv:-1", "heavy.csv:nan", ":2"])
def test_a_loaded_log_needs_its_mass(robolab: Robolab, folder: Path, text: str) -> None:
    ended = robolab(
        *("load", "identify", "--robot", "ur10e", "--log", str(folder / "a.csv")),
        *("--loaded", text, "--out", str(folder / "other.json")),
    )
    assert ended.code == 2
    assert "FILE:MASS" in ended.err
    assert not (folder / "other.json").exists()


@pytest.mark.parametrize("command", ["identify", "estimate", "excite"])
def test_each_command_shows_an_example(robolab: Robolab, command: str) -> None:
    ended = robolab("load", command, "--help")
    assert ended.code == 0
    assert f"robolab load {command}" in ended.out


def test_a_designed_motion_is_a_run(robolab: Robolab, tmp_path: Path, arm: RobotModel) -> None:
    ended = robolab(
        *("load", "excite", "--robot", "ur10e", "--seconds", "3", "--out", str(tmp_path / "run"))
    )
    assert ended.code == 0
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["verified"]
    assert (tmp_path / "run" / "trajectory.csv").is_file()
    assert len(report["legs"]) >= 2
