"""Learning which grasps hold, and going on where it was broken off."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from robolab.core.errors import WeightsError
from robolab.core.files import write_bytes, write_text
from robolab.grasp.network import INPUTS, GraspNetwork
from robolab.grasp.policy import RECIPE, WEIGHTS, load_grasp
from robolab.grasp.teach import Attempts, train
from robolab.jobs.grasp_learn import CARD, METRICS, GraspLesson, learn_grasp
from robolab.learning import sitting as kept
from robolab.learning import weights
from robolab.learning.sitting import Sitting, folder_of
from robolab.learning.state import Training
from robolab.perception.grasp_crops import COLUMNS, ROWS


def attempts(count: int, seed: int) -> Attempts:
    """Made up: a grasp holds if what is between the fingers is high."""
    rng = np.random.default_rng(seed)
    images = rng.normal(0.0, 0.1, (count, ROWS, COLUMNS)).astype(np.float32)
    held = rng.random(count) < 0.5
    images[held, 20:28, 8:16] += 0.8
    numbers = rng.normal(0.0, 1.0, (count, INPUTS)).astype(np.float32)
    return Attempts(images, numbers, held.astype(np.float32))


def test_a_network_learns_which_grasps_hold(tmp_path: Path) -> None:
    network = train(Sitting(tmp_path, {}), "a", attempts(200, 0), 50, 0, lambda _: None)
    other = attempts(200, 1)
    said = network(torch.from_numpy(other.images), torch.from_numpy(other.numbers)).numpy() > 0.0
    assert np.mean(said == (other.held > 0.5)) > 0.9


def test_a_training_that_was_killed_goes_on_and_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "EVERY", 0.0)
    lesson, steps = attempts(100, 0), 10
    whole = train(Sitting(tmp_path / "whole", {}), "a", lesson, steps, 0, lambda _: None)

    class Killed(Sitting):
        def keep(self, stage: str, training: Training, step: int, last: bool) -> None:
            super().keep(stage, training, step, last)
            if step == 6:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(Killed(tmp_path / "cut", {}), "a", lesson, steps, 0, lambda _: None)
    began: list[str] = []
    again = train(Sitting(tmp_path / "cut", {}, True), "a", lesson, steps, 0, began.append)
    assert not began  # it does not begin at step 0 again
    for name, value in whole.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], value)


@pytest.mark.parametrize(
    ("recipe", "words"),
    [("", "is not a recipe"), ("kind: grip\n", "another kind"), ("kind: grasp\n", "cut short")],
)
def test_a_folder_that_holds_no_network_is_refused(tmp_path: Path, recipe: str, words: str) -> None:
    write_text(tmp_path / RECIPE, recipe)
    data = weights.to_bytes(GraspNetwork().state_dict())
    write_bytes(tmp_path / WEIGHTS, data[: len(data) // 2])
    with pytest.raises(WeightsError, match=words):
        load_grasp(tmp_path)


@pytest.mark.slow
def test_a_lesson_that_was_killed_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    lesson = GraspLesson(rounds=2, piles=1, steps=20, aside=1, unseen=1)

    def killed(words: str) -> None:
        if words.startswith("round 2: clear"):
            raise KeyboardInterrupt

    learn_grasp(tmp_path / "whole", lesson)
    with pytest.raises(KeyboardInterrupt):
        learn_grasp(tmp_path / "cut", lesson, killed)
    assert not (tmp_path / "cut").exists()
    said: list[str] = []
    learn_grasp(tmp_path / "cut", lesson, said.append, resume=True)
    assert not any("pile 0" in words for words in said)
    assert not list(tmp_path.glob(".cut.*"))
    for name in (WEIGHTS, RECIPE):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert (tmp_path / "cut" / METRICS).is_file()
    assert "objects 800 to 899" in (tmp_path / "cut" / CARD).read_text()
    write_text(folder_of(tmp_path / "cut") / "lesson.json", '{"grasp": {}}')
    with pytest.raises(WeightsError, match="another one"):
        learn_grasp(tmp_path / "cut", lesson, resume=True)
