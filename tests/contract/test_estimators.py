"""What every registered estimator must do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from robolab.core.rng import stream
from robolab.estimation import ESTIMATORS, Estimator, Sample
from robolab.estimation.drive import TURN
from robolab.estimation.model import LoadModel
from robolab.robots.model import RobotModel
from tests.described import described

PERIOD = 0.008


@pytest.fixture(scope="module")
def model(ur10e: RobotModel) -> LoadModel:
    return described(ur10e)


@pytest.fixture(params=ESTIMATORS.names())
def estimator(request: pytest.FixtureRequest, model: LoadModel, ur10e: RobotModel) -> Estimator:
    return ESTIMATORS.get(request.param)(model, ur10e, PERIOD)


def by_another_clock(sample: Sample, seconds: float) -> Sample:
    return replace(sample, time=sample.time + seconds)


def samples(robot: RobotModel, count: int) -> list[Sample]:
    """What the arm's description says of an empty hand, with noise."""
    rng, motors = stream(1, "samples"), robot.motors
    time = PERIOD * np.arange(count)
    q = robot.home + 0.4 * np.sin(time)[:, None]
    qd = 0.4 * np.cos(time)[:, None] * np.ones(robot.dof)
    qdd = -0.4 * np.sin(time)[:, None] * np.ones(robot.dof)
    torque = robot.inverse_dynamics(q, qd, qdd) + motors.coulomb * np.tanh(qd / TURN)
    current = (torque + motors.viscous * qd) / (motors.gear_ratio * motors.torque_constant)
    current += motors.current_noise * rng.normal(size=q.shape)
    return [Sample(*row) for row in zip(time, q, qd, current, strict=True)]


def test_at_least_the_promised_ones() -> None:
    assert {"kalman", "least_squares"} <= set(ESTIMATORS.names())


def test_it_always_says_a_number_and_how_sure_it_is(
    estimator: Estimator, ur10e: RobotModel
) -> None:
    for sample in samples(ur10e, 120):
        said = estimator.update(sample)
        assert said.time == sample.time
        assert np.isfinite([said.mass, said.mass_std, *said.com, *said.com_std]).all()
        assert said.mass_std > 0.0
        assert isinstance(said.known, bool)


def test_its_memory_does_not_grow(estimator: Estimator, ur10e: RobotModel) -> None:
    def held() -> int:
        arrays = [v for v in vars(estimator).values() if isinstance(v, np.ndarray)]
        lists = [v for v in vars(estimator).values() if isinstance(v, list | dict | set)]
        return sum(a.nbytes for a in arrays) + sum(len(v) for v in lists)

    stream_of = samples(ur10e, 200)
    for sample in stream_of[:60]:
        estimator.update(sample)
    before = held()
    for sample in stream_of[60:]:
        estimator.update(sample)
    assert held() == before


def test_it_knows_nothing_after_forgetting(estimator: Estimator, ur10e: RobotModel) -> None:
    said = [estimator.update(sample) for sample in samples(ur10e, 200)][-1]
    estimator.forget()
    again = estimator.update(samples(ur10e, 201)[-1])
    assert not again.known
    assert again.mass_std > said.mass_std


def test_a_clock_that_is_set_back_is_reported_and_costs_nothing_that_is_known(
    estimator: Estimator, ur10e: RobotModel
) -> None:
    every = samples(ur10e, 300)
    before = [estimator.update(sample) for sample in every[:200]][-1]
    assert before.set_back is None
    first, *rest = (by_another_clock(sample, -1000.0) for sample in every[200:])
    after = estimator.update(first)
    assert after.set_back == first.time
    assert (after.mass, after.mass_std) == (before.mass, before.mass_std)
    for sample in rest:
        after = estimator.update(sample)
        assert after.set_back == first.time
        assert np.isfinite([after.mass, after.mass_std, *after.com, *after.com_std]).all()
        assert after.mass_std > 0.0


@pytest.mark.parametrize("name", ESTIMATORS.names())
def test_a_late_sample_or_one_without_a_time_is_left_out(
    name: str, model: LoadModel, ur10e: RobotModel
) -> None:
    estimator, other = (ESTIMATORS.get(name)(model, ur10e, PERIOD) for _ in range(2))
    every = samples(ur10e, 200)
    undisturbed = [other.update(sample) for sample in every][-1]
    spoiled = [*every[:100], every[90], by_another_clock(every[99], np.nan), *every[100:]]
    said = [estimator.update(sample) for sample in spoiled][-1]
    assert said.set_back is None
    assert said.mass == pytest.approx(undisturbed.mass)
    assert said.mass_std == pytest.approx(undisturbed.mass_std)
