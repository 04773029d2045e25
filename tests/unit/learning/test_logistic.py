"""Logistic regression finds the truth, stays finite, and its figures mean what they say."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.learning.logistic import area_under_curve, figures, fit


def chances(x: Array, weights: Array, bias: float) -> Array:
    return 1.0 / (1.0 + np.exp(-(x @ weights + bias)))


def test_weights_are_found_again() -> None:
    rng = stream(1, "logistic")
    x, weights = rng.normal(size=(20_000, 3)), np.array([2.0, -1.0, 0.0])
    y = rng.random(len(x)) < chances(x, weights, 0.5)
    found, bias = fit(x, y)
    np.testing.assert_allclose(found, weights, atol=0.1)
    assert bias == pytest.approx(0.5, abs=0.1)
    assert figures(chances(x, found, bias), y)["brier"] < figures(np.full(len(y), y.mean()), y)["brier"]  # fmt: skip


@pytest.mark.parametrize("count", [3, 20, 4000])
def test_what_never_failed_is_likely_but_not_certain(count: int) -> None:
    x = np.zeros((count, 2))
    weights, bias = fit(x, np.ones(count, dtype=bool))
    p = chances(x[:1], weights, bias)[0]
    assert 1.0 / (count + 2.0) < 1.0 - p < 6.0 / (count + 2.0)


def test_separable_data_stay_finite() -> None:
    x = np.linspace(-1.0, 1.0, 50)[:, None]
    weights, bias = fit(x, x[:, 0] > 0.0)
    assert np.isfinite([*weights, bias]).all()
    assert weights[0] > 1.0


def test_without_experience_it_is_even() -> None:
    weights, bias = fit(np.zeros((0, 4)), np.zeros(0, dtype=bool))
    assert not weights.any()
    assert bias == 0.0


def test_area_under_curve_counts_pairs() -> None:
    p, y = np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, False, True, True])
    # Of four pairs three are in order and one is a tie.
    assert area_under_curve(p, y) == pytest.approx(3.5 / 4.0)
    assert area_under_curve(p, np.ones(4, dtype=bool)) is None


def test_figures_by_hand() -> None:
    p, y = np.array([0.01, 0.6, 0.6, 1.0]), np.array([False, True, False, True])
    told = figures(p, y)
    assert told["brier"] == pytest.approx((0.0001 + 0.16 + 0.36) / 4.0)
    assert told["brier_of_share"] == pytest.approx(0.25)
    assert told["table"] == [
        [0.0, 0.02, 1, pytest.approx(0.01), 0.0],
        [0.5, 0.7, 2, pytest.approx(0.6), 0.5],
        [0.98, 1.0, 1, 1.0, 1.0],
    ]
    assert figures(p[:0], y[:0])["brier"] is None
