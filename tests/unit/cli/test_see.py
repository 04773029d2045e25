"""`robolab see`: what it refuses, in one line and with exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Robolab


@pytest.mark.parametrize("command", ["learn", "calibrate", "export"])
def test_each_command_shows_an_example(robolab: Robolab, command: str) -> None:
    ended = robolab("see", command, "--help")
    assert ended.code == 0
    assert f"Example: robolab see {command}" in ended.out


def test_bad_input_is_one_line(robolab: Robolab, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    ended = robolab("see", "calibrate", "ur10e_log", "--out", out)
    assert ended.code == 2
    assert "ur10e_log.yaml: sensors: has no camera; expected one of type rgbd" in ended.err
    ended = robolab("see", "export", "--policy", str(tmp_path), "--out", out)
    assert ended.code == 2
    assert "weights.safetensors: cannot be read; expected a safetensors file" in ended.err
    assert not (tmp_path / "out").exists()
