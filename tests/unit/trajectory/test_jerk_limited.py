"""Motions from a moving state: they begin as they must, end where they should, and keep every limit."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.trajectory.jerk_limited import Bounds, JerkLimited, State
from robolab.trajectory.polynomial import PiecewisePolynomial, extrema
from robolab.trajectory.splice import cut, held, join, moved

N = 6
BOUNDS = Bounds(np.full(N, 2.0), np.full(N, 8.0), np.full(N, 120.0))


def drawn(rng: np.random.Generator) -> tuple[State, np.ndarray]:
    v = rng.uniform(-1.5, 1.5, N)
    return State(rng.uniform(-2, 2, N), v, rng.uniform(-2, 2, N)), rng.uniform(-2, 2, N)


def assert_within(curve: PiecewisePolynomial) -> None:
    for order, limit in enumerate((BOUNDS.velocity, BOUNDS.acceleration, BOUNDS.jerk), 1):
        low, high = extrema(curve, order)
        assert np.all(np.maximum(-low, high) <= limit * (1.0 + 1e-6))


def assert_continuous(curve: PiecewisePolynomial) -> None:
    for order, excused in ((0, 1e-9), (1, 1e-8), (2, 1e-6)):
        derivative = curve.derivative(order)
        ends = np.diff(curve.breaks)
        for k in range(len(ends) - 1):
            left = sum(c[k] * ends[k] ** i for i, c in enumerate(derivative.coefficients))
            assert np.allclose(left, derivative.coefficients[0, k + 1], atol=excused)


@pytest.mark.parametrize("seed", range(20))
def test_a_motion_joins_the_state_to_the_goal_within_all_limits(seed: int) -> None:
    state, goal = drawn(np.random.default_rng(seed))
    motions = JerkLimited(BOUNDS)
    curve = motions.reach(state, goal, time=3.0)
    assert curve is not None
    assert curve.start == 3.0
    assert curve.end - 3.0 == pytest.approx(motions.duration(state, goal), abs=1e-9)
    assert np.allclose(curve.jet(3.0, 2), [state.q, state.v, state.a], atol=1e-9)
    assert np.allclose(curve.jet(curve.end, 2), [goal, 0 * goal, 0 * goal], atol=1e-6)
    assert_within(curve)
    assert_continuous(curve)


@pytest.mark.parametrize("seed", range(5))
def test_a_stop_comes_to_rest_at_once_and_within_all_limits(seed: int) -> None:
    state, _ = drawn(np.random.default_rng(seed))
    curve = JerkLimited(BOUNDS).stop(state)
    assert curve is not None
    assert np.allclose(curve.jet(0.0, 2), [state.q, state.v, state.a], atol=1e-9)
    assert np.allclose(curve.jet(curve.end, 2)[1:], 0.0, atol=1e-6)
    assert curve.end < 0.6
    assert_within(curve)


def test_samples_are_those_of_the_curve() -> None:
    state, goal = drawn(np.random.default_rng(1))
    motions = JerkLimited(BOUNDS)
    found, curve = (
        motions.positions(state, goal, None, 0.5, 0.05),
        motions.reach(state, goal, None, 0.5),
    )
    assert found is not None
    assert curve is not None
    rows, duration = found
    assert duration == pytest.approx(curve.end)
    assert np.allclose(rows, curve(0.05 * np.arange(len(rows))), atol=1e-9)


def test_a_slower_share_takes_longer() -> None:
    motions, state = JerkLimited(BOUNDS), State.at_rest(np.zeros(N))
    quick, slow = (motions.duration(state, np.ones(N), share=s) for s in (1.0, 0.3))
    assert quick is not None
    assert slow is not None
    assert slow > 2.0 * quick


def test_what_is_already_there_takes_no_time_and_is_a_curve_still() -> None:
    curve = JerkLimited(BOUNDS).reach(State.at_rest(np.ones(N)), np.ones(N), time=2.0)
    assert curve is not None
    assert curve.end - curve.start < 1e-5
    assert np.allclose(curve(2.0), 1.0)


def test_cut_pieces_joined_are_the_curve_again() -> None:
    state, goal = drawn(np.random.default_rng(7))
    curve = JerkLimited(BOUNDS).reach(state, goal, time=1.0)
    assert curve is not None
    end = curve.end + 0.5
    whole = join([held(state.q, 0.0, 1.0), cut(curve, 1.0, 1.4), cut(curve, 1.4, end)])
    assert (whole.start, whole.end) == (0.0, end)
    times = np.linspace(1.0, curve.end - 1e-9, 200)
    for order in range(4):
        assert np.allclose(whole(times, order), curve(times, order), atol=1e-7)
    assert np.allclose(whole(end), goal, atol=1e-9)
    assert np.allclose(whole(end, 1), 0.0)
    assert np.allclose(moved(whole, 5.0)(5.5), whole(0.5))
