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
from robolab.learning.sitting import Clock, Sitting

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


def test_the_clock_goes_on_and_what_a_kill_has_lost_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall, cpu = [100.0], [7.0]
    monkeypatch.setattr("time.monotonic", lambda: wall[0])
    monkeypatch.setattr("time.process_time", lambda: cpu[0])
    told: list[str] = []
    clock = Clock(tmp_path)
    say = clock.heard(told.append)
    for words, passed in (("a", 20.0), ("b", 20.0), ("c", 20.0)):
        wall[0], cpu[0] = wall[0] + passed, cpu[0] + 0.5 * passed
        say(words)
    assert (clock.seconds(), clock.cpu_seconds()) == (60.0, 30.0)
    # Kept when b was said, 40 s after the beginning; a further process has another origin of both times.
    wall[0], cpu[0] = 5000.0, 0.0
    again = Clock(tmp_path)
    assert (again.seconds(), again.cpu_seconds()) == (40.0, 20.0)
    wall[0], cpu[0] = 5010.0, 1.0
    assert (again.seconds(), again.cpu_seconds()) == (50.0, 21.0)
    assert told == ["a", "b", "c"]


def test_a_damaged_clock_is_refused(tmp_path: Path) -> None:
    Clock(tmp_path).keep()
    (file,) = tmp_path.iterdir()
    file.write_text("12.5")
    with pytest.raises(WeightsError, match=file.name):
        Clock(tmp_path)


def test_what_goes_on_by_itself_begins_anew_with_another_lesson(tmp_path: Path) -> None:
    out = tmp_path / "policy"
    kept = Sitting.by_itself(out, LESSON).folder / "lifts"
    kept.write_text("many")
    assert Sitting.by_itself(out, LESSON).folder == kept.parent
    assert kept.is_file()
    other = Sitting.by_itself(out, {**LESSON, "seed": 4})
    assert not kept.exists()
    kept.write_text("others")
    Sitting.by_itself(out, {**LESSON, "seed": 4})
    assert kept.is_file()
    other.end()
    assert list(tmp_path.iterdir()) == []
