"""What ranks ways to take a case says the same as ONNX, for any number of ways."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from robolab.core.assets import shipped
from robolab.export.onnx_model import in_int8
from robolab.export.pick_onnx import INPUT, OUTPUTS, RULE_NODE, onnx_of, small_onnx_of
from robolab.learning.pick_policy import LearnedPick
from robolab.learning.pick_small import MOST_DOUBT, distilled
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


def test_a_small_network_learns_what_the_larger_ones_say_and_goes_into_int8() -> None:
    picks = LearnedPick.load(shipped("policies") / "depalletise")
    rng = np.random.default_rng(0)
    looks = [rng.uniform(0.0, 1.0, (40, len(FEATURES))) for _ in range(20)]
    small = distilled(picks, looks, 0, steps=600)
    plain = small_onnx_of(small.tables(), picks.worth(), MOST_DOUBT, "a test")
    features = looks[0].astype(np.float32)
    wanted = small(torch.from_numpy(features)).detach().numpy()
    for model, near in ((plain, 1e-4), (in_int8(plain, exact=[RULE_NODE]), 0.1)):
        session = runtime.InferenceSession(model, providers=["CPUExecutionProvider"])
        chance, doubt, _, score = session.run(list(OUTPUTS), {INPUT: features})
        assert chance == pytest.approx(wanted[:, 0], abs=near)
        assert doubt == pytest.approx(wanted[:, 1], abs=near)
        best = picks.scores(features.astype(float))
        assert np.corrcoef(score, best)[0, 1] > 0.95
