"""The verifier shares with the planners only specs, descriptions and coefficients."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import robolab.verify

FILES = sorted(Path(robolab.verify.__file__).parent.glob("*.py"))
SHARED = (
    "robolab.core",
    "robolab.scene",
    "robolab.robots.model",
    "robolab.trajectory.polynomial",
    "robolab.trajectory.trajectory",
    "robolab.verify",
)
LOADER = "robolab.robots"
OF_THE_MODEL = {"chain", "spheres", "fk", "jacobian", "inverse_dynamics", "gravity_torque"}
OF_THE_CURVE = {"position", "velocity", "acceleration", "jerk", "jet"}


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_imports_nothing_of_the_planners(file: Path) -> None:
    ours = [name for name in imported(ast.parse(file.read_text())) if name.startswith("robolab")]
    assert [n for n in ours if not n.startswith(SHARED) and n != LOADER] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_uses_the_robot_and_the_curve_as_data_only(file: Path) -> None:
    tree = ast.parse(file.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            assert node.attr not in OF_THE_MODEL
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert not called.endswith("curve")
            assert called.rpartition("trajectory.")[2] not in OF_THE_CURVE or "." not in called


def test_loader_is_imported_only_where_a_scene_names_the_robot() -> None:
    users = [f.name for f in FILES if LOADER in set(imported(ast.parse(f.read_text())))]
    assert users == ["verify.py"]
