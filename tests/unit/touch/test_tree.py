"""A tree that stands in for a predictor: what it finds, and how honest it is about it."""

from __future__ import annotations

import numpy as np

from robolab.touch.tree import Fork, grow, stand_in


def test_finds_the_rule_that_there_is() -> None:
    x = np.random.default_rng(0).uniform(size=(400, 3))
    said = np.where(x[:, 1] <= 0.3, 2.0, np.where(x[:, 2] <= 0.6, 5.0, 9.0))
    tree, fidelity = stand_in(x, said, ["a [N]", "b [N]", "c [N]"], np.random.default_rng(1), 2, 4.0)  # fmt: skip
    assert isinstance(tree.root, Fork)
    assert tree.root.feature in (1, 2)
    assert fidelity["explained"] > 0.9
    assert fidelity["agrees"] > 0.95
    assert "if b [N] <= 0.3" in tree.rules("{:.1f}")


def test_noise_is_not_explained() -> None:
    rng = np.random.default_rng(2)
    _, fidelity = stand_in(rng.normal(size=(300, 4)), rng.normal(size=300), list("abcd"), rng)
    assert fidelity["explained"] < 0.1


def test_few_cases_and_constants_end_in_one_leaf() -> None:
    x = np.arange(10.0)[:, None]
    assert grow(x, x[:, 0], ["x"], least=6).says(x).tolist() == [4.5] * 10
    assert grow(np.ones((50, 1)), np.arange(50.0), ["x"]).rules() == "24.5  (50 cases)"
    assert np.ptp(grow(x, np.ones(10), ["x"], least=1).says(x)) == 0.0
