from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from robolab.core.transforms import Array
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import Dwell, Leg, Program
from robolab.verify import verify_program
from robolab.verify.arm import Arm
from robolab.verify.checks import Case, Settings
from robolab.verify.report import Finding
from robolab.verify.story import follow
from robolab.verify.tracking import drive_torque, dropped, objects, planned_positions, tracking

PERIOD = 0.002


@dataclass(frozen=True)
class FakeLog:
    joints: tuple[str, ...]
    time: Array
    q: Array
    torque: Array
    tcp_error: Array
    leg: np.ndarray
    objects: dict[str, Array]
    dropped: tuple[Any, ...] = field(default=())


@pytest.fixture(scope="module")
def case(good: Program, scene: SceneSpec, robot: RobotModel, arm: Arm) -> Case:
    return Case(good, scene, robot, arm, follow(good, scene, arm), Settings())


@pytest.fixture
def log(case: Case) -> FakeLog:
    """A run that follows exactly."""
    program = case.program
    time = np.arange(0.0, program.duration + 0.3, PERIOD)
    q, leg = np.empty((time.size, 6)), np.full(time.size, -1)
    start, number = 0.0, 0
    last = program.legs[0].trajectory.position(0.0)
    q[:] = last
    for item in program.items:
        if isinstance(item, Leg):
            rows = (time >= start) & (time < start + item.trajectory.duration)
            q[rows], leg[rows] = item.trajectory.position(time[rows] - start), number
            start, number = start + item.trajectory.duration, number + 1
            q[time >= start] = item.trajectory.position(np.inf)
        elif isinstance(item, Dwell):
            start += item.seconds
    still = np.zeros(time.size)
    ends = {name: X for name, X in case.story.objects.items() if name == "carton"}
    return FakeLog(program.joints, time, q, 10.0 * np.ones_like(q), still, leg, ends)


def run(check: Callable[[Case], Any], case: Case, log: FakeLog) -> list[Finding]:
    return list(check(replace(case, tracking=log)))


def test_program_read_on_its_own_clock(case: Case, log: FakeLog) -> None:
    np.testing.assert_allclose(planned_positions(case.program, log.time), log.q, atol=1e-9)


def test_exact_run_is_verified(
    good: Program, scene: SceneSpec, robot: RobotModel, log: FakeLog
) -> None:
    report = verify_program(good, scene, log, robot)
    assert report.explain() == []
    assert {"tracking", "drive_torque", "dropped", "objects"} <= set(report.checks)
    assert len(report.of("tracking")) == 8  # Seven legs and the pauses.
    assert report.largest_share("tracking") < 1e-6


def test_lag_is_seen_whatever_the_log_says_of_itself(case: Case, log: FakeLog) -> None:
    q = log.q.copy()
    q[700, 0] += 0.05
    found = [f for f in run(tracking, case, replace(log, q=q)) if not f.ok]
    assert [f.leg for f in found] == ["reach"]
    reach = np.linalg.norm(case.arm.tool_points(q[700:701])[0, :2])
    assert found[0].value == pytest.approx(2 * reach * np.sin(0.025), rel=1e-6)
    assert found[0].time == pytest.approx(700 * PERIOD)


def test_error_that_no_joint_shows_counts_too(case: Case, log: FakeLog) -> None:
    error = log.tcp_error.copy()
    error[900] = 0.021
    assert sum(not f.ok for f in run(tracking, case, replace(log, tcp_error=error))) == 1


@pytest.mark.parametrize("spoil", ["short", "nan", "joints"])
def test_log_that_is_no_use(case: Case, log: FakeLog, spoil: str) -> None:
    if spoil == "short":
        rows = slice(0, 1000)
        parts = {
            key: getattr(log, key)[rows] for key in ("time", "q", "torque", "tcp_error", "leg")
        }
        log = replace(log, **parts)
    elif spoil == "nan":
        log = replace(log, q=np.full_like(log.q, np.nan))
    else:
        log = replace(log, joints=log.joints[::-1])
    (found,) = run(tracking, case, log)
    assert not found.ok


def test_saturated_drive(case: Case, log: FakeLog) -> None:
    torque = log.torque.copy()
    torque[1000, 2] = -case.robot.limits.torque[2]
    found = [f for f in run(drive_torque, case, replace(log, torque=torque)) if not f.ok]
    assert [f.where for f in found] == [("elbow_joint",)]
    assert found[0].share == pytest.approx(1.0)


def test_lost_object(case: Case, log: FakeLog) -> None:
    assert run(dropped, case, log)[0].ok
    loss = SimpleNamespace(time=4.2, object="carton", reason="pull of 300 N")
    (found,) = run(dropped, case, replace(log, dropped=(loss,)))
    assert not found.ok
    assert found.detail == "'carton' at 4.200 s: pull of 300 N"


def test_object_that_ended_elsewhere(case: Case, log: FakeLog) -> None:
    (found,) = run(objects, case, log)
    assert found.ok
    moved = log.objects["carton"].copy()
    moved[0, 3] += 0.03
    (found,) = run(objects, case, replace(log, objects={"carton": moved}))
    assert not found.ok
    assert found.value == pytest.approx(0.03)
    (found,) = run(objects, case, replace(log, objects={}))
    assert not found.ok
