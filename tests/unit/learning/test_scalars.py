"""Event files that TensorBoard reads, as one curve over kills and resumptions."""

import errno
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robolab.core.errors import OutputError
from robolab.learning.scalars import Scalars
from robolab.learning.train import Options, train_policy
from robolab.scene.spec import SceneSpec
from tests.unit.learning.conftest import minutes_had, tiny_recipe


def _read(folder: Path, tag: str) -> tuple[list[int], list[float]]:
    accumulator: Any = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator",
        reason="TensorBoard is not installed (extra `train`)",
    )
    events = accumulator.EventAccumulator(str(folder))
    events.Reload()
    found = events.Scalars(tag)
    return [e.step for e in found], [e.value for e in found]


def test_a_resumed_curve_has_no_step_twice(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed (extra `train`)")
    first = Scalars(tmp_path)
    for step in (1, 10, 20, 30):  # killed after step 30; the checkpoint is of step 20
        first.add(step, {"cost": 1.0 / step})
    second = Scalars(tmp_path, after=20)
    for step in (28, 35):
        second.add(step, {"cost": 2.0 / step})
    second.close()
    steps, values = _read(tmp_path, "cost")
    assert steps == [1, 10, 20, 28, 35]
    np.testing.assert_allclose(values, [1.0, 0.1, 0.05, 2.0 / 28, 2.0 / 35], rtol=1e-6)


def test_a_run_writes_its_figures(scene: SceneSpec, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed (extra `train`)")
    log, out = tmp_path / "log", tmp_path / "small"
    train_policy(scene, out, 0.02, 1, tiny_recipe(), Options(log=log))
    more = minutes_had(out) + 0.02
    train_policy(scene, out, more, 1, tiny_recipe(), Options(log=log, resume=True))
    for tag in ("cost", "held-out solved", "learning rate", "steps per second"):
        steps, values = _read(log / "small", tag)
        assert len(steps) >= 3
        assert sorted(set(steps)) == steps
        assert np.all(np.array(values) >= 0.0)


def test_without_tensorboard_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    monkeypatch.delitem(sys.modules, "torch.utils.tensorboard.writer", raising=False)
    monkeypatch.delitem(sys.modules, "torch.utils.tensorboard", raising=False)
    with pytest.raises(OutputError, match=r"--log: TensorBoard is not installed.*robolab\[train\]"):
        Scalars(tmp_path / "log")


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed (extra `train`)")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        Scalars(tmp_path / "file" / "log")


def test_training_goes_on_when_the_log_cannot(
    scene: SceneSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed (extra `train`)")

    def full(self: Scalars, step: int, values: object) -> None:
        raise self._refused(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))

    monkeypatch.setattr(Scalars, "add", full)
    told: list[str] = []
    options = Options(log=tmp_path / "log", say=told.append)
    out = train_policy(scene, tmp_path / "small", 0.02, 1, tiny_recipe(), options)
    assert (out / "CARD.md").is_file()
    assert sum("goes on without its log" in line and "No space" in line for line in told) == 1
