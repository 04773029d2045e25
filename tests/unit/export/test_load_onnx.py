"""The exported graph says what Python says, step by step."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robolab.core.errors import ExportError
from robolab.export.load import STEP_WRITERS, Step


class Host:
    """What a program around the graph has to do: keep the last samples, and hand the state on."""

    def __init__(self, step: Step, folder: Path) -> None:
        runtime: Any = pytest.importorskip("onnxruntime")
        pytest.importorskip("onnx")
        model, about = STEP_WRITERS.get("onnx").write(step, folder)
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.about = json.loads(about.read_text(encoding="utf-8"))
        self.state = np.array(self.about["state"])
        self.kept: list[np.ndarray] = []
        self.wait, self.said = 0, np.full(len(self.about["estimate"]), np.nan)

    def take(self, sample: np.ndarray) -> None:
        n = len(self.about["joints"])
        if not np.isfinite(sample[: 1 + 2 * n]).all():
            return
        self.kept = [*self.kept, sample][-self.about["samples"] :]
        span = np.array(self.kept)
        self.wait -= 1
        whole = len(span) == self.about["samples"]
        if self.wait > 0 or not whole or span[-1, 0] - span[0, 0] > self.about["longest_s"]:
            return
        self.wait = self.about["every"]
        feed = {"time": span[:, 0], "samples": span[:, 1:], "state": self.state}
        self.state, self.said = self.session.run(None, feed)


def difference(step: Step, folder: Path) -> float:
    host, recording, steps = Host(step, folder), step.recording, list[int]()
    off = 0.0
    for k in range(len(recording.samples)):
        host.take(recording.samples[k])
        if k in recording.rows and np.isfinite(host.said).all():
            expected = recording.said[list(recording.rows).index(k)]
            off = max(off, float(np.abs(host.said - expected[:10]).max()))
            steps.append(k)
    assert len(steps) == np.sum(recording.rows >= host.about["samples"] - 1)
    return off


@pytest.mark.parametrize("name", ["ur10e", "panda", "palletiser"])
def test_says_what_python_says(name: str, step_of: Callable[..., Step], tmp_path: Path) -> None:
    assert difference(step_of(name), tmp_path) < 1e-8


def test_another_recording_is_another_estimate(
    step_of: Callable[..., Step], tmp_path: Path
) -> None:
    step = step_of("ur10e")
    said = step.recording.said.copy()
    said[-1, 0] += 2e-5
    wrong = replace(step, recording=replace(step.recording, said=said))
    assert difference(wrong, tmp_path) > 1e-5


def test_says_that_onnx_is_missing(
    step_of: Callable[..., Step], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ExportError, match=r"needs the package onnx.*robolab\[onnx\]"):
        STEP_WRITERS.get("onnx").write(step_of("ur10e"), tmp_path)
    assert not list(tmp_path.iterdir())
