"""What ranks ways to take a case says the same as ONNX, for any number of ways."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.assets import shipped
from robolab.export.pick_onnx import INPUT, OUTPUTS, onnx_of
from robolab.learning.pick_policy import LearnedPick
from robolab.tasks.pallet_choice import FEATURES

runtime = pytest.importorskip("onnxruntime", reason="needs the extra: robolab[onnx]")


@pytest.mark.parametrize("ways", [1, 7, 150])
def test_the_model_ranks_as_the_policy(ways: int) -> None:
    picks = LearnedPick.load(shipped("policies") / "depalletise")
    model = onnx_of(picks.tables(), picks.worth(), "a test")
    session = runtime.InferenceSession(model, providers=["CPUExecutionProvider"])
    features = np.random.default_rng(ways).normal(size=(ways, len(FEATURES)))
    said = dict(zip(OUTPUTS, session.run(list(OUTPUTS), {INPUT: features.astype(np.float32)}), strict=True))  # fmt: skip
    chance, doubt, seconds = picks.chances(features)
    assert said["chance"] == pytest.approx(chance, abs=1e-5)
    assert said["doubt"] == pytest.approx(doubt, abs=1e-5)
    assert said["seconds"] == pytest.approx(seconds, abs=1e-4)
    assert said["score"] == pytest.approx(picks.scores(features), abs=1e-4)
