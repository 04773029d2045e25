"""How the grip is taught: lessons are kept, and a run that was broken off ends where an unbroken one does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from robolab.core.errors import WeightsError
from robolab.touch import grip_teach
from robolab.touch.grip_feel import FEATURES, FRICTION, MASS
from robolab.touch.grip_teach import Lessons, gather, train


def lessons(count: int, looks: int = 8) -> Lessons:
    """Made up: the force is the friction cone's, and half as much again where the first feature is positive."""
    rng = np.random.default_rng(0)
    lines = rng.standard_normal((count, looks, FEATURES)).astype(np.float32)
    lines[..., 0] = lines[:, :1, 0]
    lines[..., MASS], lines[..., FRICTION] = lines[:, :1, MASS], lines[:, :1, FRICTION]
    wanted = lines[:, 0, MASS] - lines[:, 0, FRICTION] - np.log(2.0)
    wanted = wanted + 0.4 * (lines[:, 0, 0] > 0.0)
    ones = np.ones((count, looks), np.float32)
    return Lessons(lines, wanted.astype(np.float32), ones, 0.0 * ones)


def test_learns_what_the_friction_cone_lacks(tmp_path: Path) -> None:
    # Fingers are swapped at random in training, so that both have to show it.
    made = lessons(256)
    made.lines[..., 9] = made.lines[..., 0]
    network = train(made, 300, 0, tmp_path / "state")
    with torch.no_grad():
        mean, spread, slides = network(torch.from_numpy(made.lines))
    off = (mean[:, -1] - torch.from_numpy(made.wanted)).abs()
    assert off.median() < 0.08
    assert spread[:, -1].exp().mean() < 0.3
    assert slides.max() < 0.0


def test_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, whole, broken = lessons(16), tmp_path / "whole", tmp_path / "broken"
    straight = train(made, 210, 1, whole).state_dict()

    def stop(words: str) -> None:
        if "step 200" in words:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(made, 210, 1, broken, stop)
    again = train(made, 210, 1, broken).state_dict()
    assert all(torch.equal(again[name], straight[name]) for name in straight)


def test_lessons_are_kept_and_a_damaged_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def some(_pinch: object, shard: int, _seed: int) -> list[Lessons]:
        asked.append(shard)
        return [lessons(1)]

    monkeypatch.setattr(grip_teach, "_some", some)
    assert len(gather(tmp_path, 60, 0).wanted) == 3
    assert len(gather(tmp_path, 80, 0).wanted) == 4
    assert asked == [0, 1, 2, 3]
    next(tmp_path.glob("*0001*")).write_bytes(b"short")
    with pytest.raises(WeightsError, match="lessons_0_0001"):
        gather(tmp_path, 80, 0)
