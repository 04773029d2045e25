from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import BSpline

from robolab.trajectory.polynomial import (
    PiecewisePolynomial,
    extrema,
    from_bernstein,
    from_bspline,
    hermite,
)


@pytest.fixture
def wavy() -> PiecewisePolynomial:
    rng = np.random.default_rng(5)
    return hermite(np.linspace(0.0, 3.0, 13), rng.normal(size=(3, 13, 4)))


def test_hermite_meets_values_and_derivatives_at_the_breaks() -> None:
    breaks = np.array([0.0, 0.3, 1.1])
    given = np.random.default_rng(1).normal(size=(3, 3, 2))
    curve = hermite(breaks, given)
    for order in range(3):
        assert curve(breaks, order) == pytest.approx(given[order], abs=1e-10)
        assert curve(breaks - 1e-12, order) == pytest.approx(given[order], abs=1e-6)


def test_jet_and_derivative_agree_with_single_evaluations(wavy: PiecewisePolynomial) -> None:
    t = np.linspace(-0.5, 3.5, 101)
    jet = wavy.jet(t, 7)
    for order in range(8):
        assert jet[order] == pytest.approx(wavy(t, order))
        assert wavy.derivative(order)(t) == pytest.approx(wavy(t, order))


def test_derivative_agrees_with_finite_differences(wavy: PiecewisePolynomial) -> None:
    t, h = np.linspace(0.1, 2.9, 57) + 0.003, 1e-5
    for order in range(3):
        slope = (wavy(t + h, order) - wavy(t - h, order)) / (2 * h)
        assert slope == pytest.approx(wavy(t, order + 1), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("order", range(6))
def test_extrema_enclose_samples_tightly(wavy: PiecewisePolynomial, order: int) -> None:
    low, high = extrema(wavy, order)
    t = np.linspace(0.0, 3.0, 200_001)
    before_breaks = wavy.breaks[1:] - 1e-13
    seen = np.vstack([wavy(x, order) for x in (t, wavy.breaks, before_breaks)])
    span = high - low
    assert np.all(seen <= high)
    assert np.all(seen >= low)
    assert np.all(high - seen.max(axis=0) < 1e-5 * span)
    assert np.all(seen.min(axis=0) - low < 1e-5 * span)


def test_extrema_of_a_known_parabola() -> None:
    parabola = PiecewisePolynomial(np.array([2.0, 5.0]), np.array([1.0, 2.0, -1.0])[:, None, None])
    low, high = extrema(parabola)
    assert high[0] == pytest.approx(2.0, abs=1e-8)
    assert low[0] == pytest.approx(-2.0, abs=1e-8)


def test_stretching_divides_derivatives_by_powers_of_the_factor(wavy: PiecewisePolynomial) -> None:
    slow, t = wavy.stretched(2.0), np.linspace(0.0, 3.0, 40)
    for order in range(4):
        assert slow(2.0 * t, order) == pytest.approx(wavy(t, order) / 2.0**order)


def test_bernstein_curve_starts_and_ends_at_its_control_points() -> None:
    points = np.random.default_rng(2).normal(size=(8, 3))
    curve = from_bernstein(points)
    assert curve(0.0) == pytest.approx(points[0])
    assert curve(1.0) == pytest.approx(points[-1])
    assert curve(0.0, 1) == pytest.approx(7 * (points[1] - points[0]))
    assert curve(1.0, 1) == pytest.approx(7 * (points[-1] - points[-2]))


def test_bspline_becomes_the_same_curve_with_repeated_knots_merged() -> None:
    knots = np.concatenate([np.zeros(6), [0.3, 0.5, 0.5], np.ones(6)])
    points = np.random.default_rng(3).normal(size=(9, 2))
    curve = from_bspline(knots, points)
    u = np.linspace(0.0, 1.0, 201)
    assert curve.breaks.tolist() == [0.0, 0.3, 0.5, 1.0]
    assert curve(u) == pytest.approx(BSpline(knots, points, 5)(u), abs=1e-12)
    assert curve(u, 3) == pytest.approx(BSpline(knots, points, 5)(u, 3), abs=1e-8)


@pytest.mark.parametrize(
    ("breaks", "coefficients"),
    [
        ([0.0, 0.0], np.zeros((2, 1, 1))),
        ([0.0, 1.0], np.zeros((2, 2, 1))),
        ([0.0, np.nan], np.zeros((2, 1, 1))),
        ([0.0, 1.0], np.full((2, 1, 1), np.inf)),
    ],
)
def test_malformed_polynomials_are_refused(breaks: list[float], coefficients: np.ndarray) -> None:
    with pytest.raises(ValueError, match="must"):
        PiecewisePolynomial(np.array(breaks), coefficients)
