"""Exported C: strict compilers take it, sanitisers find nothing, and it says what Python says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from robolab.estimation.log import read_joint_log
from robolab.export.load import STEP_WRITERS, Step
from robolab.jobs.load import robot_of
from tests.unit.export.load_models import clock_set_back

STRICT = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"]
SANITISED = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
DATA = Path(os.environ.get("ROBOLAB_DATA", "../shared/data")) / "ur10e"

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")


def run(step: Step, folder: Path, *options: str) -> tuple[int, str]:
    """Compile the exported test and run it: exit code and what it says."""
    STEP_WRITERS.get("c").write(step, folder)
    sources = ["load_estimator.c", "load_estimator_test.c"]
    program = folder / "program"
    subprocess.run(
        ["cc", *STRICT, *options, *sources, "-lm", "-o", str(program)], cwd=folder, check=True
    )
    result = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    return result.returncode, result.stdout + result.stderr


def difference(text: str) -> float:
    match = re.search(r"(\d+) wrong, largest difference (\S+),", text)
    assert match is not None, text
    return float(match.group(2))


@pytest.mark.parametrize("name", ["ur10e", "panda", "palletiser"])
def test_says_what_python_says(name: str, step_of: Callable[..., Step], tmp_path: Path) -> None:
    code, text = run(step_of(name), tmp_path, *SANITISED)
    assert code == 0, text
    assert difference(text) < 1e-8


def test_other_sampling_and_optimised(step_of: Callable[..., Step], tmp_path: Path) -> None:
    step = step_of("ur10e", 0.002)
    assert step.sizes["SPAN"].value > 2 * step_of("ur10e").sizes["SPAN"].value
    code, text = run(step, tmp_path, "-O3")
    assert code == 0, text


def test_recording_shows_what_it_should(step_of: Callable[..., Step]) -> None:
    recording = step_of("ur10e").recording
    mass, std, known, changed = recording.said.T[[0, 1, 8, 9]]
    assert known[0] == 0.0
    picked = recording.samples[recording.rows, 0].searchsorted(2.15) - 1
    assert known[picked] == 1.0
    assert abs(mass[picked] - 3.0) < 3.0 * std[picked]
    assert changed[0] == -1.0
    assert 0.9 < changed[picked] < 1.3
    assert known[-1] == 0.0
    assert mass[-1] == mass[0]
    assert np.isnan(recording.samples).any()


def test_a_wrong_constant_is_noticed(step_of: Callable[..., Step], tmp_path: Path) -> None:
    step = step_of("ur10e")
    gain = step.tables["GAIN"]
    wrong = {**step.tables, "GAIN": gain._replace(value=np.asarray(gain.value) * 1.001)}
    code, text = run(replace(step, tables=wrong), tmp_path)
    assert code == 1, text


def test_single_precision_is_close(step_of: Callable[..., Step], tmp_path: Path) -> None:
    _, text = run(step_of("ur10e"), tmp_path, "-O2", "-DLOAD_REAL=float")
    assert difference(text) < 1e-3


def test_nothing_is_allocated(step_of: Callable[..., Step], tmp_path: Path) -> None:
    STEP_WRITERS.get("c").write(step_of("ur10e"), tmp_path)
    subprocess.run(["cc", *STRICT, "-c", "load_estimator.c"], cwd=tmp_path, check=True)
    listed = subprocess.run(
        ["nm", "-u", "load_estimator.o"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    needed = set(listed.stdout.split()) - {"U"}
    assert not needed & {"malloc", "calloc", "realloc", "free", "printf"}
    assert "sin" in needed


def test_gaps_are_not_joined(step_of: Callable[..., Step], tmp_path: Path) -> None:
    samples = step_of("ur10e").recording.samples.copy()
    samples[150:, 0] += 1.0
    code, text = run(step_of("ur10e", samples=samples), tmp_path)
    assert code == 0, text


def test_a_clock_may_be_set_back(step_of: Callable[..., Step], tmp_path: Path) -> None:
    samples = clock_set_back(step_of("ur10e").recording.samples)
    step = step_of("ur10e", samples=samples)
    assert step.recording.said[0, 10] == -1.0
    assert step.recording.said[-1, 10] == pytest.approx(samples[200, 0])
    code, text = run(step, tmp_path, *SANITISED)
    assert code == 0, text


@pytest.mark.parametrize(
    "file", ["ur-20_02_19_14harm50secLoad.csv", "ur-20_01_17-ptp_10_points.csv"]
)
def test_real_logs(file: str, step_of: Callable[..., Step], tmp_path: Path) -> None:
    if not (DATA / file).is_file():
        pytest.skip(f"{file} is not there; ROBOLAB_DATA says where it would be")
    log = read_joint_log(DATA / file, robot_of("ur10e"))
    samples = np.column_stack([log.time, log.q, log.qd, log.current])[:900]
    code, text = run(step_of("ur10e", round(log.period, 4), samples), tmp_path, *SANITISED)
    assert code == 0, text
