from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robolab.export.knots import linear_knots, quintic_knots
from robolab.export.replay import Motion
from robolab.trajectory.polynomial import PiecewisePolynomial, hermite


def sine(seconds: float, pieces: int) -> PiecewisePolynomial:
    t = np.linspace(0.0, seconds, pieces + 1)
    q = np.stack([np.sin(3 * t), 0.4 * np.cos(2 * t)], axis=1)
    v = np.stack([3 * np.cos(3 * t), -0.8 * np.sin(2 * t)], axis=1)
    a = np.stack([-9 * np.sin(3 * t), -1.6 * np.cos(2 * t)], axis=1)
    return hermite(t, np.stack([q, v, a]))


@pytest.mark.parametrize("tolerance", [1e-4, 1e-6])
def test_few_quintics_give_the_curve_again(tolerance: float) -> None:
    curve = sine(2.0, 200)
    times = quintic_knots(curve, tolerance)
    motion = Motion(times, np.stack([curve(times, k) for k in range(3)], axis=1))
    t = np.linspace(0.0, 2.0, 5001)
    assert np.abs(motion(t) - curve(t)).max() <= 1.05 * tolerance
    assert times.size < 30
    assert (times[0], times[-1]) == (0.0, 2.0)


def test_pieces_of_high_degree_are_split() -> None:
    rng = np.random.default_rng(0)
    curve = PiecewisePolynomial(np.array([0.0, 1.0]), rng.normal(size=(10, 1, 3)))
    times = quintic_knots(curve, 1e-6)
    motion = Motion(times, np.stack([curve(times, k) for k in range(3)], axis=1))
    t = np.linspace(0.0, 1.0, 3001)
    assert times.size > 2
    assert np.abs(motion(t) - curve(t)).max() <= 1.05e-6


def test_breaks_that_are_too_near_are_merged() -> None:
    breaks = np.array([0.0, 0.5, 0.5001, 0.5002, 1.0])
    curve = sine(1.0, 50)
    again = hermite(breaks, np.stack([curve(breaks, k) for k in range(3)]))
    assert np.diff(quintic_knots(again, 1e-4, min_dt=1e-3)).min() >= 1e-3


@settings(max_examples=20, deadline=None)
@given(st.floats(1e-5, 1e-2), st.floats(0.01, 3.0))
def test_lines_stay_within_the_tolerance(tolerance: float, seconds: float) -> None:
    curve = sine(seconds, 20)
    times = linear_knots(curve, tolerance)
    t = np.linspace(0.0, seconds, 4001)
    line = np.stack([np.interp(t, times, curve(times)[:, k]) for k in range(2)], axis=1)
    # Between candidate times, 1 ms apart, the curve may bulge by a little more.
    assert np.abs(line - curve(t)).max() <= tolerance + 2e-6
    assert np.all(np.diff(times) > 0.0)


def test_a_straight_curve_needs_one_line() -> None:
    curve = PiecewisePolynomial(
        np.array([0.0, 1.0, 2.0]), np.array([[[0.0], [1.0]], [[1.0], [1.0]]])
    )
    assert linear_knots(curve, 1e-6).tolist() == [0.0, 2.0]
