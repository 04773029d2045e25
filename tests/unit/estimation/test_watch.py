"""What happens to an arm at work is noticed, and told apart."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.errors import LoadModelError
from robolab.core.transforms import Array
from robolab.estimation.contract import Sample
from robolab.estimation.drift import usual_at
from robolab.estimation.drive import TURN
from robolab.estimation.health import LogHealth, watch_log
from robolab.estimation.jump import drawn_on, threshold
from robolab.estimation.log import JointLog
from robolab.estimation.model import LoadModel
from robolab.estimation.watch import GRIPPER, Event, LoadWatch
from robolab.robots.model import RobotModel
from tests.unit.estimation.conftest import PERIOD, Record

LOAD = np.array([3.0, 0.0, 0.0, 0.3])
SECONDS, AT = 9.0, 5.5


def from_then(before: Array, after: Array) -> Array:
    later = PERIOD * np.arange(round(SECONDS / PERIOD)) >= AT
    return np.where(later[:, None], after, before)


def watched(model: LoadModel, arm: RobotModel, log: JointLog) -> LogHealth:
    return watch_log(model, arm, log)


def test_nothing_happens_to_an_arm_that_works(
    identified: LoadModel, arm: RobotModel, record: Record
) -> None:
    assert watched(identified, arm, record(31, 12.0)).events == ()
    assert watched(identified, arm, record(32, 12.0, LOAD)).events == ()


@pytest.mark.parametrize("stops", [{}, {"stops": AT + 0.2}], ids=["moves on", "stops"])
def test_a_lost_load_is_told_within_a_tenth_of_a_second_and_for_good(
    identified: LoadModel, arm: RobotModel, record: Record, stops: dict[str, float]
) -> None:
    log = record(33, SECONDS, from_then(LOAD, np.zeros(4)), **stops)
    events = watched(identified, arm, log).events
    assert [e.kind for e in events] == ["lost"]
    assert 0.0 < events[0].told - log.time[0] - AT < 0.1


def test_a_heavy_load_is_missed_even_while_the_arm_stands(
    identified: LoadModel, arm: RobotModel, record: Record
) -> None:
    log = record(33, SECONDS, from_then(3.0 * LOAD, np.zeros(4)), stops=AT - 0.5)
    events = watched(identified, arm, log).events
    assert [e.kind for e in events] == ["lost"]
    assert 0.0 < events[0].told - log.time[0] - AT < 0.1
    assert watched(identified, arm, record(33, SECONDS, 3.0 * LOAD, stops=AT)).events == ()


def switched(
    model: LoadModel, arm: RobotModel, log: JointLog, opens: float, commanded: bool = False
) -> list[Event]:
    """What is told where a gripper's switch opens at a time [s]; if it is commanded, the watch is told 20 ms before."""
    watch, events = LoadWatch(model, arm, log.period), list[Event]()
    for k, row in enumerate(zip(log.time, log.q, log.qd, log.current, strict=True)):
        since = log.time[k] - log.time[0] - opens
        if commanded and abs(since + 0.02) < log.period / 2.0:
            watch.expect()
        events += watch.update(Sample(*row, held=bool(since < 0.0))).events
    return events


def test_a_grippers_switch_tells_a_loss_that_currents_hide(
    identified: LoadModel, arm: RobotModel, record: Record
) -> None:
    """Friction holds the arm: its currents are those of a load, all the time."""
    log = record(33, SECONDS, LOAD, stops=AT - 0.5)
    assert watched(identified, arm, log).events == ()
    (event,) = switched(identified, arm, log, AT)
    assert (event.kind, event.joint) == ("lost", GRIPPER)
    assert event.told - log.time[0] - AT == pytest.approx(0.0, abs=PERIOD)
    assert event.change == pytest.approx(-LOAD[0], abs=0.15)
    assert switched(identified, arm, log, AT, commanded=True) == []


def test_a_loss_that_currents_told_is_not_told_again_by_the_switch(
    identified: LoadModel, arm: RobotModel, record: Record
) -> None:
    log = record(33, SECONDS, from_then(LOAD, np.zeros(4)))
    (event,) = switched(identified, arm, log, AT + 0.2)
    assert event.kind == "lost"
    assert event.joint in arm.joints


def test_a_dead_channel_hides_no_loss(
    identified: LoadModel, arm: RobotModel, record: Record
) -> None:
    log = record(33, SECONDS, from_then(LOAD, np.zeros(4)))
    log.current[:, 0] = np.nan
    assert [e.kind for e in watched(identified, arm, log).events] == ["lost"]


def test_a_slip_is_no_loss(identified: LoadModel, arm: RobotModel, record: Record) -> None:
    slipped = LOAD + LOAD[0] * np.array([0.0, 0.1, -0.1, 0.0])
    log = record(41, SECONDS, from_then(LOAD, slipped))
    events = watched(identified, arm, log).events
    assert [e.kind for e in events] == ["slip"]
    assert 0.0 < events[0].time - log.time[0] - AT < 0.3


@pytest.mark.parametrize(("joint", "told"), [(0, ["collision"]), (2, ["lost", "collision"])])
def test_a_collision_is_over_soon(
    identified: LoadModel, arm: RobotModel, record: Record, joint: int, told: list[str]
) -> None:
    """A blow that pulls as the load does is taken for its loss at first, and then taken back."""
    log = record(35, SECONDS, LOAD)
    pulse = np.clip((log.time - log.time[0] - AT) / 0.12, 0.0, 1.0)
    log.current[:, joint] += 4.0 * np.sin(np.pi * pulse)
    result = watched(identified, arm, log)
    assert [e.kind for e in result.events] == told
    assert {e.joint for e in result.events} == {arm.joints[joint]}
    assert 0.0 < result.events[0].time - log.time[0] - AT < 0.1
    assert result.last.mass == pytest.approx(LOAD[0], abs=0.15)


def test_friction_that_rises_is_neither(
    identified: LoadModel, arm: RobotModel, record: Record
) -> None:
    log = record(36, 26.0)
    rise = 0.5 * identified.friction[1][0] * np.clip((log.time - log.time[0]) / 10.0, 0.0, 1.0)
    log.current[:, 1] += rise * np.tanh(log.qd[:, 1] / TURN)
    events = watched(identified, arm, log).events
    assert {(e.kind, e.joint) for e in events} == {("friction", arm.joints[1])}
    assert events[0].change > 0.0


def test_a_friction_that_stays_is_told_once(
    identified: LoadModel, arm: RobotModel, record: Record
) -> None:
    log = record(36, 32.0)
    log.current[:, 1] += 0.5 * identified.friction[1][0] * np.tanh(log.qd[:, 1] / TURN)
    events = watched(identified, arm, log).events
    assert [(e.kind, e.joint) for e in events] == [("friction", arm.joints[1])]


def test_friction_is_usual_by_speed() -> None:
    """Parts that make up for each other at the speed of the runs do not at others."""
    usual = np.array([0.01, -0.01, 0.01])
    assert usual_at(usual, 1.0) == 0.0
    assert usual_at(usual, 0.0) == pytest.approx(0.1)
    assert usual_at(usual, 3.0) == pytest.approx(0.2)


def test_plain_says_what_happened(identified: LoadModel, arm: RobotModel, record: Record) -> None:
    log = record(33, SECONDS, from_then(LOAD, np.zeros(4)))
    plain = watched(identified, arm, log).plain()
    assert plain["events"][0]["kind"] == "lost"
    assert plain["events"][0]["unit"] == "kg"
    assert plain["false_alarms_per_hour"] == 1.0
    assert plain["drawn_on_from_s"] > 10.0


def test_a_model_has_to_know_what_is_usual(identified: LoadModel, arm: RobotModel) -> None:
    with pytest.raises(LoadModelError, match="usual"):
        LoadWatch(identified.model_copy(update={"health": None}), arm, PERIOD)


def test_thresholds_of_an_exponential_tail_are_where_they_have_to_be() -> None:
    rng = np.random.default_rng(1)
    largest = rng.exponential(1.0, 20_000)
    assert drawn_on(largest, 1.0, 1.0) == pytest.approx(np.log(3600.0), rel=0.05)
    assert drawn_on(largest, 1.0, 10.0) < drawn_on(largest, 1.0, 1.0)
    series = [rng.exponential(1.0, 5_000) for _ in range(2)]
    assert threshold(series, 1.0, 1.0) == pytest.approx(np.log(3600.0), rel=0.1)
