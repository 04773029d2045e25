"""Smaller networks are what they are said to be."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.rng import stream
from robolab.estimation.variants import in_steps, quantised
from tests.unit.export.load_networks import random_networks


def test_steps_are_the_nearest_and_symmetric() -> None:
    weight = stream(1, "steps").normal(size=(5, 40))
    weight[3] = 0.0
    steps, scale = quantised(weight)
    assert np.abs(steps.astype(int)).max() == 127
    assert np.abs(steps * scale[:, None] - weight).max(axis=1) == pytest.approx(
        0.5 * scale * np.array([1, 1, 1, 0, 1]), rel=0.2
    )
    assert np.array_equal(quantised(-weight).steps, -steps)


def test_steps_of_steps_are_the_same() -> None:
    """Exported tables are made from weights that are steps already."""
    rounded = in_steps(random_networks(6))
    weight = rounded.network.memory.weight_hh.numpy()
    steps, scale = quantised(weight)
    assert np.array_equal(steps * scale[:, None], weight)
    whole = random_networks(6).network
    assert np.array_equal(rounded.network.enter.bias.numpy(), whole.enter.bias.double().numpy())
    assert not np.array_equal(weight, whole.memory.weight_hh.double().numpy())
