"""A lesson that is killed goes on where it was, to the same weights."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from robolab.core.errors import WeightsError
from robolab.estimation.network import Facts, LoadNetwork, train
from robolab.learning import sitting
from robolab.learning.sitting import Sitting

STEPS, SEED = 60, 3
LESSON = {"steps": STEPS, "seed": SEED}


def facts() -> tuple[Facts, np.ndarray]:
    """Recordings of chance: 40 of 4 spans of two joints."""
    rng = np.random.default_rng(1)
    shapes = ((6,), (2,), (2,), (2, 4), (2,))
    parts = (rng.normal(size=(40, 4, *shape)).astype(np.float32) for shape in shapes)
    return Facts(*parts), rng.uniform(0.0, 5.0, (40, 4))


def taught(kept: Sitting | None, slowly: float = 0.0) -> LoadNetwork:
    def tell(_step: int, _loss: float) -> None:
        time.sleep(slowly)

    return train(*facts(), STEPS, SEED, batch=8, tell=tell, sitting=kept)


def learn_slowly(folder: str) -> None:
    """What the process does that is killed."""
    sitting.EVERY = 0.0
    taught(Sitting(Path(folder), LESSON), slowly=0.1)


def same(a: LoadNetwork, b: LoadNetwork) -> bool:
    pairs = zip(a.parameters(), b.parameters(), strict=True)
    return all(torch.equal(x, y) for x, y in pairs)


def test_a_killed_lesson_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    code = f"from {__name__} import learn_slowly; learn_slowly({str(tmp_path / 'kept')!r})"
    root = Path(__file__).parents[3]
    with subprocess.Popen([sys.executable, "-c", code], cwd=root) as process:
        state = tmp_path / "kept" / "network.safetensors"
        until = time.monotonic() + 60.0
        while not state.is_file() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    assert state.is_file()
    resumed = Sitting(tmp_path / "kept", LESSON, resume=True)
    told: list[int] = []
    network = train(
        *facts(), STEPS, SEED, batch=8, tell=lambda k, _: told.append(k), sitting=resumed
    )
    assert 0 < told[0] < STEPS
    assert same(network, taught(None))
    assert not same(network, LoadNetwork(6, 2).start(torch.Generator().manual_seed(SEED)))
    resumed.end()
    assert not (tmp_path / "kept").exists()


def test_a_finished_stage_is_not_taught_again(tmp_path: Path) -> None:
    first = taught(Sitting(tmp_path / "kept", LESSON))
    told: list[int] = []
    again = Sitting(tmp_path / "kept", LESSON, resume=True)
    network = train(*facts(), STEPS, SEED, batch=8, tell=lambda k, _: told.append(k), sitting=again)
    assert told == []
    assert same(first, network)


def test_another_lesson_is_not_gone_on_with(tmp_path: Path) -> None:
    taught(Sitting(tmp_path / "kept", LESSON))
    with pytest.raises(WeightsError, match=r"steps: .*another one"):
        Sitting(tmp_path / "kept", {**LESSON, "steps": 1}, resume=True)
    Sitting(tmp_path / "kept", {**LESSON, "steps": 1})
    assert not (tmp_path / "kept" / "network.safetensors").exists()


def test_a_damaged_state_is_refused(tmp_path: Path) -> None:
    taught(Sitting(tmp_path / "kept", LESSON))
    state = tmp_path / "kept" / "network.safetensors"
    state.write_bytes(state.read_bytes()[:200])
    with pytest.raises(WeightsError, match="damaged"):
        taught(Sitting(tmp_path / "kept", LESSON, resume=True))
