from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import BSpline

from robolab.core.transforms import Array
from robolab.trajectory import timing_compiled
from robolab.trajectory.timing_solver import (
    DEGREE,
    Basis,
    Rows,
    minimise_time,
    uniform_basis,
)


@pytest.fixture
def basis() -> Basis:
    return uniform_basis(10)


def rows_of_all_kinds(points: int) -> Rows:
    rng = np.random.default_rng(4)
    return Rows(
        linear=rng.normal(size=(2, 3, points)),
        bound=rng.uniform(0.5, 1.0, size=(3, points)),
        friction=rng.uniform(0.0, 0.3, size=(3, points)),
        jerk=rng.normal(size=(3, 2, points)),
        cone=rng.normal(size=(2, 1, 3, points)),
    )


def dense(basis: Basis) -> Array:
    """Values of every spline at every point, with two derivatives, shape (3, points, size)."""
    columns = [basis.evaluate(unit) for unit in np.eye(basis.size)]
    return np.stack(columns, axis=-1)


def test_evaluation_agrees_with_the_spline_itself(basis: Basis) -> None:
    c = np.random.default_rng(0).normal(size=basis.size)
    spline = BSpline(basis.knots, c, DEGREE)
    X = basis.evaluate(c)
    for order in range(3):
        assert X[order] == pytest.approx(spline(basis.u, nu=order))


def test_quadrature_is_exact_for_polynomials_and_symmetric(basis: Basis) -> None:
    for power in range(7):
        assert basis.weight @ basis.u**power == pytest.approx(1.0 / (power + 1.0))
    assert basis.u == pytest.approx(1.0 - basis.u[::-1])
    assert basis.u[[0, -1]].tolist() == [0.0, 1.0]


def test_gradient_and_hessian_are_pulled_back_as_dense_algebra_does(basis: Basis) -> None:
    rng, E = np.random.default_rng(1), dense(basis)
    g, h = rng.normal(size=(3, basis.u.size)), rng.normal(size=(6, basis.u.size))
    pulled, band = np.empty(basis.size), np.empty((DEGREE + 1, basis.size))
    timing_compiled._pull_gradient(basis.splines, g, pulled)
    timing_compiled._pull_hessian(basis.splines, h, band)
    assert pulled == pytest.approx(np.einsum("kp,kpc->c", g, E))
    full = np.zeros((basis.size, basis.size))
    for value, (a, b) in zip(h, ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)), strict=True):
        product = np.einsum("p,pc,pd->cd", value, E[a], E[b])
        full += product if a == b else product + product.T
    for below in range(DEGREE + 1):
        assert band[below, : basis.size - below] == pytest.approx(np.diagonal(full, -below))


def test_slack_derivatives_agree_with_finite_differences(basis: Basis) -> None:
    rows = rows_of_all_kinds(basis.u.size)
    rng = np.random.default_rng(2)
    X = np.stack([rng.uniform(0.5, 2.0, basis.u.size), *rng.normal(size=(2, basis.u.size))])
    _, G = rows.evaluate(X)
    h = 1e-6
    for k in range(3):
        step = np.zeros_like(X)
        step[k] = h
        slope = (rows.evaluate(X + step)[0] - rows.evaluate(X - step)[0]) / (2 * h)
        assert -G[k] == pytest.approx(slope, rel=1e-5, abs=1e-6)


def test_scaled_rows_are_the_same_limits_in_other_units(basis: Basis) -> None:
    rows = rows_of_all_kinds(basis.u.size)
    X = basis.evaluate(np.random.default_rng(3).uniform(1.0, 2.0, basis.size))
    there, here = rows.scaled(4.0).evaluate(X / 4.0)[0], rows.evaluate(X)[0]
    assert np.array_equal(there > 0, here > 0)
    assert there[:3] == pytest.approx(here[:3])


def test_greatest_constant_just_keeps_every_row(basis: Basis) -> None:
    rows = rows_of_all_kinds(basis.u.size)
    x = rows.greatest_constant()
    for share, kept in ((0.999, True), (1.001, False)):
        X = np.zeros((3, basis.u.size))
        X[0] = share * x
        assert bool(np.all(rows.evaluate(X)[0] > 0)) is kept


def test_a_bound_on_speed_alone_is_used_fully(basis: Basis) -> None:
    points = basis.u.size
    rows = Rows(
        linear=np.stack([np.full((1, points), 0.25), np.zeros((1, points))]),
        bound=np.ones((1, points)),
        friction=np.zeros((1, points)),
        jerk=np.zeros((3, 0, points)),
        cone=np.zeros((2, 0, 3, points)),
    )
    for start in (0.1, 40.0):
        solution = minimise_time(basis, rows, np.full(basis.size, start), 1e-4)
        assert solution.time == pytest.approx(0.5, rel=2e-4)
        assert max(solution.gap, solution.residual) < 1e-4
