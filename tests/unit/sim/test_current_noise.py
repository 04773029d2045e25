"""Noise of motor currents, step by step and as whole series."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.sim.current_noise import CurrentNoise, SlowNoise

ONE = np.ones(3)
NOISE = CurrentNoise(density=0.01 * ONE, slow=0.1 * ONE, slow_time=0.4 * ONE)
STEP = 0.02


def lasting(series: Array) -> Array:
    """Correlation with what was 0.4 s before."""
    return np.mean(series[20:] * series[:-20], axis=0) / series.var(axis=0)


def test_white_noise_has_its_density_at_every_rate() -> None:
    assert NOISE.white(400.0) == pytest.approx(0.2 * ONE)
    assert NOISE.white(100.0) == pytest.approx(0.1 * ONE)


def test_slow_noise_lasts() -> None:
    slow, values = SlowNoise(NOISE, stream(1, "slow")), list[Array]()
    for _ in range(20_000):
        slow.advance(STEP)
        values.append(slow.value)
    series = np.array(values)
    assert series.std(axis=0) == pytest.approx(0.1 * ONE, rel=0.15)
    assert lasting(series) == pytest.approx(np.exp(-1.0) * ONE, abs=0.1)


def test_a_series_is_as_noisy_as_what_is_drawn_step_by_step() -> None:
    quiet = CurrentNoise(density=0.0 * ONE, slow=NOISE.slow, slow_time=NOISE.slow_time)
    slow = quiet.series(20_000, STEP, stream(2, "series"))
    assert slow.std(axis=0) == pytest.approx(0.1 * ONE, rel=0.15)
    assert lasting(slow) == pytest.approx(np.exp(-1.0) * ONE, abs=0.1)
    both = NOISE.series(4_000, STEP, stream(3, "series"), (5,))
    assert both.shape == (5, 4_000, 3)
    white = np.diff(both, axis=1).std(axis=(0, 1)) / np.sqrt(2.0)
    assert white == pytest.approx(NOISE.white(1.0 / STEP), rel=0.1)


def test_a_seed_fixes_a_series() -> None:
    first, again = (NOISE.series(50, STEP, stream(4, "series")) for _ in range(2))
    assert np.array_equal(first, again)
