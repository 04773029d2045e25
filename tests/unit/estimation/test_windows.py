import numpy as np
import pytest

from robolab.core.errors import LogError
from robolab.estimation.contract import Sample
from robolab.estimation.model import LoadModel
from robolab.estimation.payload import PayloadEstimator
from robolab.estimation.windows import LogEstimate, estimate_log
from robolab.robots.model import RobotModel
from tests.unit.estimation.conftest import PERIOD, Record

LOAD = np.array([4.0, 0.0, 0.2, 0.2])


@pytest.fixture(scope="module")
def estimated(identified: LoadModel, arm: RobotModel, record: Record) -> LogEstimate:
    return estimate_log(identified, arm, record(21, 9.5, LOAD), 2.0)


def test_windows_follow_one_another_and_none_is_left_out(estimated: LogEstimate) -> None:
    assert [w.time for w in estimated.windows] == pytest.approx(
        [102.0, 104.0, 106.0, 108.0, 109.49]
    )


def test_the_whole_log_is_weighed(estimated: LogEstimate) -> None:
    assert estimated.whole.mass == pytest.approx(4.0, rel=0.04)
    assert abs(estimated.whole.mass - 4.0) < 3 * estimated.whole.mass_std


def test_plain_form_is_what_was_promised(estimated: LogEstimate) -> None:
    plain = estimated.plain()
    assert list(plain) == [
        "mass_kg",
        "mass_std_kg",
        "centre_of_mass_m",
        "centre_of_mass_std_m",
        "windows",
    ]
    for window in plain["windows"]:
        assert list(window) == ["t_s", "mass_kg", "mass_std_kg", "known"]
        assert np.isfinite(window["mass_kg"])
        assert window["mass_std_kg"] > 0.0
    assert plain["windows"][-1]["known"]


def test_a_log_in_one_go_is_what_the_loop_says(
    identified: LoadModel, arm: RobotModel, record: Record
) -> None:
    log = record(22, 6.0, LOAD)
    online = PayloadEstimator(identified, arm, PERIOD)
    rows = zip(log.time, log.q, log.qd, log.current, strict=True)
    last = [online.update(Sample(*row)) for row in rows][-1]
    at_once = estimate_log(identified, arm, log, 6.0).windows[-1]
    assert last.mass == pytest.approx(at_once.mass, abs=0.02)


def test_a_log_shorter_than_the_window_is_refused(
    identified: LoadModel, arm: RobotModel, record: Record
) -> None:
    with pytest.raises(LogError, match="shorter than the window"):
        estimate_log(identified, arm, record(23, 1.5), 2.0)


def test_intervals_hold_about_as_often_as_they_say(
    identified: LoadModel, arm: RobotModel, record: Record
) -> None:
    held: list[bool] = []
    for seed in range(30, 36):
        mass = 1.0 + (seed - 30)
        load = np.array([mass, 0.0, 0.02 * mass, 0.08 * mass])
        windows = estimate_log(identified, arm, record(seed, 8.0, load), 1.0).windows
        held += [abs(w.mass - mass) <= 1.645 * w.mass_std for w in windows]
    assert np.mean(held) > 0.75
