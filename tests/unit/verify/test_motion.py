from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robolab.trajectory.polynomial import PiecewisePolynomial, hermite
from robolab.verify.motion import between, largest, magnitude_bound, sample


def curve_of(seed: int, degree: int, pieces: int, n: int) -> PiecewisePolynomial:
    rng = np.random.default_rng(seed)
    breaks = np.cumsum(rng.uniform(0.01, 1.0, pieces + 1))
    return PiecewisePolynomial(breaks, rng.normal(size=(degree + 1, pieces, n)))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 7), st.integers(0, 3), st.sampled_from([1.0, -1.0]))
def test_largest_is_the_maximum_over_the_continuum(
    seed: int, degree: int, order: int, sign: float
) -> None:
    curve = curve_of(seed, degree, 4, 2)
    times = np.linspace(curve.breaks[:-1], curve.breaks[1:] - 1e-12, 2001).ravel()
    dense = (sign * curve(times, order)).max(axis=0)
    for joint, top in enumerate(largest(curve, order, sign)):
        assert top.value >= dense[joint] - 1e-9
        assert top.value <= dense[joint] + 1e-3 * (1.0 + abs(dense[joint]))
        assert curve.breaks[0] <= top.time <= curve.breaks[-1]


def test_largest_finds_a_peak_that_every_even_grid_misses() -> None:
    # Rises and falls within the middle hundredth of one piece, at its 1/sqrt(2).
    top = 1.0 / np.sqrt(2.0)
    curve = PiecewisePolynomial(
        np.array([0.0, 1.0]), np.array([[[-(top**2)]], [[2 * top]], [[-1.0]]])
    )
    found = largest(curve, 0, 1.0)[0]
    assert found.value == pytest.approx(0.0, abs=1e-9)
    assert found.time == pytest.approx(top, abs=1e-4)


def test_magnitude_bound_is_not_exceeded() -> None:
    curve = curve_of(5, 5, 6, 3)
    times = np.linspace(curve.start, curve.end, 5000)
    assert np.all(magnitude_bound(curve, 2) >= np.abs(curve(times, 2)).max(axis=0))


def test_samples_hold_both_ends_of_every_piece() -> None:
    curve = hermite([0.5, 0.502, 1.0], np.random.default_rng(0).normal(size=(3, 3, 2)))
    samples = sample(curve, 1e-3)
    starts, ends = samples.first[:-1], samples.first[1:] - 1
    np.testing.assert_allclose(samples.time[starts], [0.0, 0.002], atol=1e-12)
    np.testing.assert_allclose(samples.time[ends], [0.002, 0.5], atol=1e-12)
    assert np.diff(samples.time).max() <= 1e-3 + 1e-12
    assert ends[0] - starts[0] >= 4
    inside = samples.time + 0.5
    for order, values in enumerate((samples.q, samples.qd)):
        np.testing.assert_allclose(values, curve(inside, order), atol=1e-9)


def test_between_bounds_what_samples_miss() -> None:
    curve = hermite([0.0, 0.7, 1.0], np.random.default_rng(2).normal(size=(3, 3, 1)))
    samples = sample(curve, 0.02)
    values = np.sin(9.0 * samples.q[:, 0]) * samples.qdd[:, 0]
    bound = (values + between(values, samples.first)).max()
    fine = sample(curve, 1e-4)
    dense = (np.sin(9.0 * fine.q[:, 0]) * fine.qdd[:, 0]).max()
    assert values.max() < dense <= bound
