from itertools import pairwise

import numpy as np
import pytest

from robolab.estimation.contract import Estimate, Sample
from robolab.estimation.log import JointLog
from robolab.estimation.model import LoadModel
from robolab.estimation.payload import PayloadEstimator, arm_of
from robolab.estimation.watch import LoadWatch
from robolab.export.load_recording import PICKED, invented
from robolab.robots.model import RobotModel
from tests.unit.estimation.conftest import PERIOD, Record
from tests.unit.export.load_models import model_of

LOAD = np.array([2.4, 0.1, 0.0, 0.24])
KINDS = ("white", "slow", "coulomb", "viscous")


def follow(estimator: PayloadEstimator, log: JointLog) -> list[Estimate]:
    samples = zip(log.time, log.q, log.qd, log.current, strict=True)
    return [estimator.update(Sample(*sample)) for sample in samples]


@pytest.fixture
def estimator(identified: LoadModel, arm: RobotModel) -> PayloadEstimator:
    return PayloadEstimator(identified, arm, PERIOD)


def test_a_load_is_found_on_line(estimator: PayloadEstimator, record: Record) -> None:
    said = follow(estimator, record(11, 8.0, LOAD))
    assert not said[10].known
    assert said[-1].known
    assert said[-1].mass == pytest.approx(2.4, abs=3 * said[-1].mass_std)
    assert said[-1].mass == pytest.approx(2.4, abs=0.15)
    assert said[-1].com == pytest.approx(LOAD[1:] / LOAD[0], abs=0.03)


def test_an_empty_hand_is_found_empty(estimator: PayloadEstimator, record: Record) -> None:
    last = follow(estimator, record(12, 8.0))[-1]
    assert last.known
    assert last.mass < 0.1


def test_an_arm_at_rest_does_not_know(estimator: PayloadEstimator, record: Record) -> None:
    log = record(13, 3.0, LOAD)
    still = JointLog(log.file, log.time, 0.0 * log.q, 0.0 * log.qd, log.current, PERIOD, ())
    last = follow(estimator, still)[-1]
    assert not last.known
    assert last.mass_std > 1.0


def test_a_lost_load_is_noticed(estimator: PayloadEstimator, record: Record) -> None:
    lost = 600
    load = np.where(np.arange(900)[:, None] < lost, LOAD, 0.0)
    log = record(14, 9.0, load)
    said = follow(estimator, log)
    assert said[lost - 1].mass == pytest.approx(2.4, abs=0.2)
    assert said[lost - 1].changed is None
    noticed = next(s.time for s in said if s.changed is not None)
    assert noticed - log.time[lost] <= 0.2
    assert said[-1].mass < 0.2


@pytest.mark.parametrize(
    ("robot", "louder", "seed"), [("ur10e", 4.0, 0), ("panda", 1.0, 0), ("panda", 1.0, 1)]
)
def test_a_pick_in_mid_move_that_hides_in_noise_is_not_called_known(
    robot: str, louder: float, seed: int
) -> None:
    """Far off and sure of it is the one thing that must not be."""
    model, picks = model_of(robot)
    noise = {name: tuple(louder * x for x in getattr(model.noise, name)) for name in KINDS}
    model = model.model_copy(update={"noise": model.noise.model_copy(update=noise)})
    arm, period = arm_of(model, picks), 0.008
    said = PayloadEstimator(model, picks, period)
    for row in invented(arm, picks, period, seed=seed):
        now = said.update(Sample(row[0], *np.split(row[1:], 3)))
        if PICKED + 0.3 < row[0] < PICKED + 1.1:
            assert abs(now.mass - 3.0) < 3.0 * now.mass_std


@pytest.mark.parametrize("back", [0.5, 80.0])
def test_a_clock_that_is_set_back_costs_a_span(
    identified: LoadModel, arm: RobotModel, record: Record, back: float
) -> None:
    log = record(11, 8.0, LOAD)
    log.time[400:] -= back
    said = follow(PayloadEstimator(identified, arm, PERIOD), log)
    assert said[399].set_back is None
    assert said[400].set_back == log.time[400]
    for earlier, later in pairwise(said[399:]):
        assert later.mass == pytest.approx(earlier.mass, abs=0.1)
        assert later.known
    assert said[-1].mass_std <= said[399].mass_std + 0.01
    assert all(one.changed is None for one in said)
    watch = LoadWatch(identified, arm, PERIOD)
    rows = zip(log.time, log.q, log.qd, log.current, strict=True)
    assert not any(watch.update(Sample(*row)).events for row in rows)


def test_a_dead_channel_costs_accuracy_and_nothing_else(
    estimator: PayloadEstimator, record: Record
) -> None:
    log = record(15, 8.0, LOAD)
    log.current[:, 2] = np.nan
    last = follow(estimator, log)[-1]
    assert last.mass == pytest.approx(2.4, abs=3 * last.mass_std)


def test_masses_are_never_negative(estimator: PayloadEstimator, record: Record) -> None:
    assert all(0.0 <= said.mass <= 12.5 for said in follow(estimator, record(16, 3.0)))


def test_currents_of_something_else_are_no_load(
    estimator: PayloadEstimator, record: Record
) -> None:
    log = record(18, 8.0, LOAD)
    log.current[:] = log.current[:, ::-1].copy()
    said = follow(estimator, log)
    assert not any(s.known for s in said[400:])
    assert min(s.mass_std for s in said[400:]) > 1.0


def test_forgetting_the_load_keeps_what_is_known_of_the_arm(
    estimator: PayloadEstimator, record: Record
) -> None:
    follow(estimator, record(17, 6.0, LOAD))
    friction = estimator.friction_changes()
    estimator.forget()
    assert not estimator.estimate(0.0).known
    assert estimator.friction_changes() == pytest.approx(friction)
    assert np.abs(friction).max() > 0.0
