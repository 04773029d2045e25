"""A run goes on exactly where its last checkpoint was, whatever ended it; what cannot be read is refused in one line."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from robolab.core.errors import OutputError, WeightsError
from robolab.core.rng import stream
from robolab.learning import checkpoint
from robolab.learning.cell import Cell
from robolab.learning.checkpoint import Home, Progress
from robolab.learning.policy import METRICS
from robolab.learning.problem_sets import source_of
from robolab.learning.problems import Pool, build_pool
from robolab.learning.processor import layout_of
from robolab.learning.sitting import folder_of
from robolab.learning.train import Options, train_policy
from robolab.learning.trainer import Trainer
from robolab.scene.spec import SceneSpec
from tests.unit.learning.conftest import tiny_recipe

# A run that saves and reports often, in a process that can be killed.
KILLED = """
import sys
from pathlib import Path
from robolab.learning import session
from robolab.learning.train import Options, train_policy
from tests.unit.learning.conftest import small_scene, tiny_recipe
session.SAVE_EVERY = session.REPORT_EVERY = 0.3
train_policy(small_scene(), Path(sys.argv[1]), 5.0, 1, tiny_recipe())
"""


@pytest.fixture(scope="module")
def pool(cell: Cell) -> Pool:
    return build_pool(cell, 40, stream(1, "pool"))


def _trainer(cell: Cell, pool: Pool) -> Trainer:
    recipe = tiny_recipe()
    return Trainer(cell, recipe, layout_of(cell, pool.flat), source_of(cell, pool, recipe), seed=1)


def _home(folder: Path, pool: Pool) -> Home:
    return Home(folder, {"seed": 1}, checkpoint.save_pool(folder, pool))


def test_a_resumed_run_takes_the_very_steps_of_one_that_was_not_interrupted(
    cell: Cell, pool: Pool, tmp_path: Path
) -> None:
    first = _trainer(cell, pool)
    for _ in range(70):  # beyond the first unit of problems, with failures to come again
        first.step(0.1)
    progress = Progress(3.0, ((1.0, 1.0, 2.0, 0.5),), {"told": "nothing"})
    checkpoint.save(_home(tmp_path, pool), first, progress)
    state = checkpoint.kept(tmp_path, {"seed": 1})
    assert state is not None
    assert state.progress == progress
    np.testing.assert_array_equal(state.pool().solutions, pool.solutions)
    second = _trainer(cell, state.pool())
    state.restore(second)
    assert second.step_count == 70
    ahead = [[t.step(0.2) for _ in range(40)] for t in (first, second)]
    assert ahead[0] == ahead[1]
    for a, b in zip(first.average.parameters(), second.average.parameters(), strict=True):
        assert torch.equal(a, b)


def test_there_is_nothing_to_go_on_from(tmp_path: Path) -> None:
    assert checkpoint.kept(tmp_path / "none", {"seed": 1}) is None


def test_a_state_of_another_run_or_cut_short_is_refused(
    cell: Cell, pool: Pool, tmp_path: Path
) -> None:
    trainer = _trainer(cell, pool)
    trainer.step(0.1)
    checkpoint.save(_home(tmp_path, pool), trainer, Progress(1.0, ()))
    with pytest.raises(WeightsError, match="another run"):
        checkpoint.kept(tmp_path, {"seed": 2})
    state = checkpoint.kept(tmp_path, {"seed": 1})
    assert state is not None
    state.weights.write_bytes(state.weights.read_bytes()[:1000])
    with pytest.raises(WeightsError, match="cut short"):
        state.restore(trainer)


@pytest.mark.parametrize("version", [None, checkpoint.FORMAT - 1, checkpoint.FORMAT + 1, "x"])
def test_a_state_of_another_version_is_refused_and_left_alone(
    scene: SceneSpec, cell: Cell, pool: Pool, tmp_path: Path, version: object
) -> None:
    out = tmp_path / "small"
    folder = folder_of(out)
    trainer = _trainer(cell, pool)
    checkpoint.save(_home(folder, pool), trainer, Progress(1.0, ()))
    file = folder / "state.json"
    state = json.loads(file.read_text()) | {"format": version}
    file.write_text(json.dumps(state))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(WeightsError, match=r"state\.json: format: .*another version"):
        train_policy(scene, out, 0.01, 1, tiny_recipe(), Options(resume=True))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert not out.exists()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 2}'])
def test_a_damaged_state_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text)
    with pytest.raises(WeightsError, match=r"state\.json"):
        checkpoint.kept(tmp_path, {"seed": 1})


def test_on_a_full_disk_the_old_state_stands_and_one_line_says_so(
    scene: SceneSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "small"
    monkeypatch.setattr("robolab.learning.session.SAVE_EVERY", 0.2)
    synced, real = [0], os.fsync

    def full(handle: int) -> None:
        synced[0] += 1
        if synced[0] > 4:  # the poses, a first checkpoint of two files, and half a second one
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        OutputError, match=r"No space left.*the state of step \d+ is kept.*--resume"
    ):
        train_policy(scene, out, 1.0, 1, tiny_recipe())
    monkeypatch.setattr(os, "fsync", real)
    folder = folder_of(out)
    step = json.loads((folder / "state.json").read_text())["step"]
    assert step > 0
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]
    told: list[str] = []
    train_policy(scene, out, 0.01, 1, tiny_recipe(), Options(resume=True, say=told.append))
    assert told[0] == f"going on from step {step}"
    assert json.loads((out / METRICS).read_text())["learning_curve"][-1][1] > step


@pytest.mark.slow
def test_a_killed_run_goes_on_with_its_curve(scene: SceneSpec, tmp_path: Path) -> None:
    out = tmp_path / "small"
    state = folder_of(out) / "state.json"
    with subprocess.Popen([sys.executable, "-c", KILLED, str(out)]) as process:
        until = time.monotonic() + 120.0
        while not state.is_file() or len(json.loads(state.read_text())["progress"]["curve"]) < 4:
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
    before = json.loads(state.read_text())
    seconds = before["progress"]["elapsed"] + 3.0
    train_policy(scene, out, seconds / 60.0, 1, tiny_recipe(), Options(resume=True))
    curve = np.array(json.loads((out / METRICS).read_text())["learning_curve"])
    old = np.array(before["progress"]["curve"])
    np.testing.assert_array_equal(curve[: len(old)], old)
    assert len(curve) > len(old)
    assert np.all(np.diff(curve[:, 0]) > 0.0)
    assert np.all(np.diff(curve[:, 1]) > 0.0)
    assert curve[len(old), 1] > before["step"]
    # From nothing, the cost would jump back to where it began.
    after, last, begin = curve[len(old) :, 2].mean(), old[-1, 2], old[0, 2]
    assert abs(after - last) < max(0.5 * abs(begin - last), 0.15 * last)
