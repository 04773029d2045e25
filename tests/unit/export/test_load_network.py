"""The trained estimators in C say what Python says, in every variant."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from robolab.core.errors import BadInput, ExportError
from robolab.export.load import STEP_WRITERS, STEPS, Step
from robolab.export.load_recording import recorded
from tests.unit.export.load_models import clock_set_back, model_of
from tests.unit.export.load_networks import network_step
from tests.unit.export.test_load_c import SANITISED, difference, run

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")


@pytest.mark.parametrize(
    ("kind", "robot", "int8", "width"),
    [
        ("network", "ur10e", False, 48),
        ("network", "ur10e", True, 48),
        ("network", "panda", True, 16),
        ("fusion", "ur10e", False, 16),
        ("fusion", "palletiser", True, 48),
    ],
)
def test_says_what_python_says(
    kind: str, robot: str, int8: bool, width: int, tmp_path: Path
) -> None:
    code, text = run(network_step(kind, robot, int8, width), tmp_path, *SANITISED)
    assert code == 0, text
    assert difference(text) < 1e-8


@pytest.mark.parametrize("kind", ["network", "fusion"])
def test_a_clock_may_be_set_back(kind: str, tmp_path: Path) -> None:
    step = network_step(kind, width=16)
    samples = clock_set_back(step.recording.samples)
    own = recorded(step.estimator(), samples, int(step.sizes["EVERY"].value))
    assert own.said[-1, 10] == pytest.approx(samples[200, 0])
    code, text = run(replace(step, recording=own), tmp_path, *SANITISED)
    assert code == 0, text


def test_the_recording_shows_what_it_should() -> None:
    """Both motions are told of, and nothing after the horizon."""
    recording = network_step("network").recording
    time, mass = recording.samples[recording.rows, 0], recording.said[:, 0]
    changed = time[1:][np.diff(mass) != 0.0]
    assert np.any((changed > 0.3) & (changed < 0.9))
    assert np.any((changed > 1.2) & (changed < 2.0))
    assert not np.any(changed > 2.3)
    assert recording.samples[recording.forget, 0] == pytest.approx(1.0)
    filter_noticed = network_step("fusion").recording.said[:, 9]
    assert filter_noticed[-1] > 1.0


@pytest.mark.parametrize(
    ("kind", "name", "factor"),
    [
        ("fusion", "RECUR", 0.9),
        ("fusion", "JUDGE_BIAS", 0.9),
        ("fusion", "NOISE", 0.9),
        ("network", "HORIZON", 0.5),
    ],
)
def test_a_wrong_constant_is_noticed(kind: str, name: str, factor: float, tmp_path: Path) -> None:
    step = network_step(kind)
    table = step.tables[name]
    wrong = table._replace(value=table.value * factor)
    code, text = run(replace(step, tables={**step.tables, name: wrong}), tmp_path, "-O1")
    assert code == 1, text


def test_steps_lose_something_and_take_less(tmp_path: Path) -> None:
    exact, rounded = network_step("network"), network_step("network", int8=True)
    off = np.abs(exact.recording.said[:, :2] - rounded.recording.said[:, :2]).max()
    assert 1e-5 < off < 0.5
    assert _constants(rounded, tmp_path / "a") < 0.5 * _constants(exact, tmp_path / "b")


def _constants(step: Step, folder: Path) -> int:
    STEP_WRITERS.get("c").write(step, folder)
    subprocess.run(["cc", "-std=c99", "-O1", "-c", "load_estimator.c"], cwd=folder, check=True)
    said = subprocess.run(
        ["size", "-A", "load_estimator.o"], cwd=folder, capture_output=True, text=True, check=True
    ).stdout
    return sum(int(size) for size in re.findall(r"^\.rodata\S*\s+(\d+)", said, re.M))


def test_refuses_what_is_not_there(tmp_path: Path) -> None:
    step = network_step("network")
    for language in ("st", "onnx"):
        with pytest.raises(ExportError, match=r"network.*kalman"):
            STEP_WRITERS.get(language).write(step, tmp_path / language)
    with pytest.raises(BadInput, match=r"--variant.*int8"):
        STEPS.get("kalman")(*model_of("ur10e"), 0.04, "int8")
