from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from robolab.core.errors import BadInput
from robolab.jobs.result import RunResult
from robolab.jobs.saved import MANIFEST, PROGRAM, SCENE, load_run
from robolab.jobs.write import write_run


@pytest.fixture
def folder(tmp_path: Path, run_result: RunResult) -> Path:
    write_run(run_result, tmp_path)
    return tmp_path


def test_run_comes_back_as_it_was(folder: Path, run_result: RunResult) -> None:
    saved = load_run(folder)
    assert saved.seed == 7
    assert saved.scene == run_result.scene
    assert saved.robot.digest == run_result.robot.digest
    assert saved.program.duration == run_result.program.duration
    for mine, theirs in zip(saved.program.legs, run_result.program.legs, strict=True):
        np.testing.assert_array_equal(
            mine.trajectory.curve.coefficients, theirs.trajectory.curve.coefficients
        )


def test_manifest_names_every_file_by_its_content(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    assert set(manifest["files"]) == {path.name for path in folder.iterdir()} - {MANIFEST}


@pytest.mark.parametrize("name", [MANIFEST, SCENE, PROGRAM])
def test_damaged_file_is_named(folder: Path, name: str) -> None:
    text = (folder / name).read_text()
    (folder / name).write_text(text[: len(text) // 2])
    with pytest.raises(BadInput, match=name):
        load_run(folder)


@pytest.mark.parametrize("name", [MANIFEST, SCENE, PROGRAM])
def test_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(BadInput, match=name):
        load_run(folder)


def test_other_robot_is_refused(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**manifest, "robot_digest": "0" * 16}))
    with pytest.raises(BadInput, match="robot_digest"):
        load_run(folder)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such folder"):
        load_run(tmp_path / "none")
