"""Two logs side by side: the joint, the leg and the moment that are farthest apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from robolab.core.transforms import Array
from robolab.robots.model import RobotModel
from robolab.sim.engines import compare

ENGINES = ("one 1.0", "two 2.0")


@dataclass(frozen=True)
class Log:
    time: Array
    q_ref: Array
    q: Array
    tcp_error: Array
    leg: np.ndarray


@pytest.fixture
def log(robot: RobotModel) -> Log:
    leg = np.array([0] * 20 + [-1] * 10 + [1] * 20)
    q = np.tile(robot.home, (50, 1))
    return Log(np.linspace(0.0, 0.49, 50), q, q, np.zeros(50), leg)


def moved(log: Log, *changes: tuple[int, int, float]) -> Log:
    q = log.q.copy()
    for row, joint, by in changes:
        q[row, joint] += by
    return Log(log.time, log.q_ref, q, np.full(50, 0.001), log.leg)


def test_the_same_twice_is_nowhere_apart(log: Log, robot: RobotModel) -> None:
    found = compare(robot, ENGINES, log, log)
    assert found.largest.difference == 0.0
    assert found.tcp_difference.max() == 0.0
    assert not found.difference.any()


def test_finds_joint_leg_and_moment(log: Log, robot: RobotModel) -> None:
    first = moved(log, (25, 0, 0.002))
    second = moved(log, (33, 2, -0.004), (7, 1, 0.001), (25, 0, 0.001))
    found = compare(robot, ENGINES, first, second)
    worst = found.largest
    assert (worst.joint, worst.leg, worst.unit) == (robot.joints[2], 1, "rad")
    assert worst.time == pytest.approx(0.33)
    assert worst.difference == pytest.approx(0.004)
    assert worst.errors == pytest.approx((0.0, 0.004))
    assert found.difference[33, 2] == pytest.approx(-0.004)
    by_leg = {row.leg: row for row in found.legs}
    assert by_leg[0].joint == robot.joints[1]
    assert by_leg[0].difference == pytest.approx(0.001)
    assert by_leg[-1].joint == robot.joints[0]
    assert by_leg[-1].difference == pytest.approx(0.001)
    assert by_leg[-1].errors == pytest.approx((0.002, 0.001))


def test_tool_difference_is_that_of_the_poses(log: Log, robot: RobotModel) -> None:
    second = moved(log, (12, 1, 0.003))
    found = compare(robot, ENGINES, log, second)
    apart = robot.fk(second.q[12])[:3, 3] - robot.fk(log.q[12])[:3, 3]
    assert found.tcp_difference.argmax() == 12
    assert found.tcp_difference[12] == pytest.approx(np.linalg.norm(apart))
    assert found.tcp_errors.max(axis=1) == pytest.approx([0.0, 0.001])
