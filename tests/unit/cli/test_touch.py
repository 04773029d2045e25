"""`robolab touch`: what it refuses, in one line and with exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Robolab


@pytest.mark.parametrize("command", ["stability", "export"])
def test_each_command_shows_an_example(robolab: Robolab, command: str) -> None:
    ended = robolab("touch", command, "--help")
    assert ended.code == 0
    assert f"Example: robolab touch {command}" in ended.out


def test_bad_input_is_one_line(robolab: Robolab, tmp_path: Path) -> None:
    table = tmp_path / "grasps.csv"
    table.write_text("object,slipped\nball,1\n")
    out = tmp_path / "out.json"
    words = ["--train", str(table), "--test", str(table), "--out", str(out)]
    ended = robolab("touch", "stability", *words)
    assert ended.code == 2
    assert "grasps.csv: ff_biotac_1: column missing" in ended.err
    assert not out.exists()
    ended = robolab(
        "touch", "export", "--policy", str(tmp_path), "--format", "c", "--out", str(out)
    )
    assert ended.code == 2
    assert "recipe.yaml: cannot be read" in ended.err
    ended = robolab("touch", "export", "--policy", ".", "--format", "fortran", "--out", str(out))
    assert ended.code == 2
    assert "c, onnx, st" in ended.err
