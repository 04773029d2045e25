import numpy as np
import pytest

from robolab.estimation.inertia import (
    body_of,
    consistent,
    coordinates_of,
    parameters_of,
    pseudo_inertia,
)

BODY = np.array([2.1, 0.1, -0.04, 0.2, 0.09, 0.01, 0.08, -0.02, 0.005, 0.05])


def test_parameters_survive_both_ways() -> None:
    assert parameters_of(pseudo_inertia(BODY)) == pytest.approx(BODY)
    assert body_of(coordinates_of(BODY))[0] == pytest.approx(BODY)


def test_slopes_are_those_of_the_parameters() -> None:
    at = coordinates_of(BODY)
    slopes = body_of(at)[1]
    for k in range(10):
        step = np.zeros(10)
        step[k] = 1e-6
        measured = (body_of(at + step)[0] - body_of(at - step)[0]) / 2e-6
        assert slopes[:, k] == pytest.approx(measured, abs=1e-7)


def test_every_point_is_a_real_body() -> None:
    for at in np.random.default_rng(0).normal(size=(50, 10)):
        assert consistent(body_of(at)[0])


def test_a_body_that_cannot_be_is_noticed() -> None:
    thin = BODY.copy()
    thin[4] = 0.5  # more than the other two moments together
    assert consistent(BODY)
    assert not consistent(thin)


def test_a_massless_body_has_coordinates() -> None:
    assert body_of(coordinates_of(np.zeros(10)))[0][0] == pytest.approx(1e-3)
