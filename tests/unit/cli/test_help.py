from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from robolab import __version__
from robolab.core.assets import shipped
from robolab.scene.load import scene_names
from robolab.scene.schema import scene_schema
from tests.unit.cli.conftest import Robolab

COMMANDS = ("scenes", "view", "run", "train", "plan", "verify", "replay", "export", "schema")


def test_help_lists_every_command(robolab: Robolab) -> None:
    ended = robolab("--help")
    assert ended.code == 0
    assert all(command in ended.out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_shows_an_example(robolab: Robolab, command: str) -> None:
    ended = robolab(command, "--help")
    assert ended.code == 0
    assert f"Example: robolab {command}" in ended.out


def test_version(robolab: Robolab) -> None:
    ended = robolab("--version")
    assert (ended.code, ended.out) == (0, f"robolab {__version__}\n")


def test_nothing_heavy_is_imported_for_help() -> None:
    heavy = (
        "numpy",
        "scipy",
        "torch",
        "pybullet",
        "mujoco",
        "open3d",
        "pinocchio",
        "ompl",
        "pydantic",
        "numba",
    )
    code = f"import sys, robolab.cli.app; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_scenes_lists_each_with_its_robot(robolab: Robolab) -> None:
    ended = robolab("scenes")
    assert ended.code == 0
    assert all(name in ended.out for name in scene_names())
    assert "suction_cup" in ended.out


def test_schema_is_written(robolab: Robolab, tmp_path: Path) -> None:
    ended = robolab("schema", "--out", str(tmp_path / "s.json"))
    assert ended.code == 0
    assert json.loads((tmp_path / "s.json").read_text()) == scene_schema()


def test_schema_beside_the_scenes_is_current() -> None:
    found = json.loads((shipped("scenes") / "scene.schema.json").read_text())
    assert found == scene_schema(), "run: robolab schema --out scenes/scene.schema.json"


@pytest.mark.parametrize("name", scene_names())
def test_scenes_tell_editors_their_schema(name: str) -> None:
    first = (shipped("scenes") / f"{name}.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=scene.schema.json"


def test_units_of_options_are_shown(robolab: Robolab) -> None:
    for words in (("see", "calibrate"), ("grasp", "propose"), ("evaluate",)):
        ended = robolab(*words, "--help")
        assert "[m]" in ended.out or "[mm]" in ended.out, words
