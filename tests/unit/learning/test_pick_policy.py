"""The pick network learns from outcomes which ways go well, and comes back from its folder as it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from robolab.core.errors import WeightsError
from robolab.core.files import write_bytes, write_text
from robolab.core.rng import stream
from robolab.learning import weights
from robolab.learning.pick_policy import RECIPE, WEIGHTS, LearnedPick, train
from robolab.tasks.pallet_choice import FEATURES

_HIDDEN = FEATURES.index("hidden")


@pytest.fixture(scope="module")
def policy() -> LearnedPick:
    rng = stream(0, "test", "picks")
    features = rng.uniform(size=(400, len(FEATURES)))
    well = (features[:, _HIDDEN] < 0.5).astype(float)
    seconds = np.where(well > 0.0, 3.0 + features[:, 0], np.nan)
    return LearnedPick(train(features, well, seconds, seed=0, steps=200))


def test_what_failed_is_told_from_what_went_well(policy: LearnedPick) -> None:
    features = stream(1, "test", "picks").uniform(size=(200, len(FEATURES)))
    chance, doubt, seconds = policy.chances(features)
    right = (chance > 0.5) == (features[:, _HIDDEN] < 0.5)
    assert right.mean() > 0.85
    assert (doubt >= 0.0).all()
    assert 3.0 < seconds.mean() < 4.0


def test_a_policy_comes_back_from_its_folder(policy: LearnedPick, tmp_path: Path) -> None:
    network = policy._network  # pyright: ignore[reportPrivateUsage]
    write_bytes(tmp_path / WEIGHTS, weights.to_bytes(network.state_dict()))
    write_text(tmp_path / RECIPE, "hurry: 0.05\n")
    features = stream(2, "test", "picks").uniform(size=(5, len(FEATURES)))
    assert np.array_equal(LearnedPick.load(tmp_path).scores(features), policy.scores(features))
    (tmp_path / WEIGHTS).write_bytes(b"short")
    with pytest.raises(WeightsError, match="damaged"):
        LearnedPick.load(tmp_path)
