from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruckig import InputParameter, Result, Ruckig
from ruckig import Trajectory as RuckigTrajectory

from robolab.core.errors import PlanningError
from robolab.core.transforms import Array
from robolab.planning.spline import path_of
from robolab.robots.model import Payload, RobotModel
from robolab.trajectory.polynomial import PiecewisePolynomial, from_bernstein
from robolab.trajectory.timing import time_path
from robolab.trajectory.timing_usage import KINDS, LimitUsage, limit_usage
from robolab.trajectory.tool_motion import tool_motion
from robolab.trajectory.trajectory import LegRequirements, Trajectory

GreatestShares = Callable[..., dict[str, float]]
HARD = json.loads((Path(__file__).parents[2] / "data" / "hard_paths.json").read_text())


def line(robot: RobotModel, step: Array | float) -> PiecewisePolynomial:
    return from_bernstein(np.linspace(robot.home, robot.home + step, 4))


def hard_path(robot: RobotModel, case: dict[str, Any]) -> PiecewisePolynomial:
    return path_of(robot.home + np.array(case["offsets_from_home"]))


def requirements(**asked: Any) -> LegRequirements:
    return LegRequirements(clearance=0.0, carried_clearance=0.0, **asked)


@pytest.mark.parametrize("case", HARD["paths"], ids=[case["name"] for case in HARD["paths"]])
@pytest.mark.parametrize("drives", ["ur10e", "stiff"])
def test_hard_paths_keep_every_limit_and_use_one_of_them_up(
    case: dict[str, Any],
    drives: str,
    request: pytest.FixtureRequest,
    greatest_shares: GreatestShares,
) -> None:
    robot: RobotModel = request.getfixturevalue(drives)
    path = hard_path(robot, case)
    payload = Payload(case["payload"], np.array([0.0, 0.0, 0.1])) if case["payload"] else None
    trajectory = time_path(robot, path, payload=payload)
    shares = greatest_shares(robot, trajectory, payload)
    assert max(shares.values()) <= 1.0, shares
    assert max(shares.values()) > 0.97, shares
    assert trajectory.duration <= case["at_most"][drives]
    ends = np.array([0.0, trajectory.duration])
    assert trajectory.position(ends) == pytest.approx(path(np.array([0.0, 1.0])), abs=1e-12)
    assert trajectory.velocity(ends) == pytest.approx(np.zeros((2, robot.dof)), abs=1e-12)
    assert trajectory.acceleration(ends) == pytest.approx(np.zeros((2, robot.dof)), abs=1e-9)


@pytest.mark.parametrize("distance", [1e-4, 0.03, 0.5, 3.0])
@pytest.mark.parametrize("drives", ["ur10e", "stiff"])
def test_one_joint_moves_as_fast_as_the_analytic_optimum(
    distance: float, drives: str, request: pytest.FixtureRequest
) -> None:
    robot: RobotModel = request.getfixturevalue(drives)
    strong = replace(robot, limits=replace(robot.limits, torque=1e6 * robot.limits.torque))
    step = np.zeros(6)
    step[0] = distance
    ours = time_path(strong, line(strong, step)).duration
    best = seven_segments(
        distance,
        *(
            float(x[0])
            for x in (robot.limits.velocity, robot.limits.acceleration, robot.limits.jerk)
        ),
    )
    assert best * (1.0 - 1e-6) <= ours <= best * 1.03


def seven_segments(distance: float, velocity: float, acceleration: float, jerk: float) -> float:
    inp = InputParameter(1)
    inp.current_position, inp.target_position = [0.0], [distance]
    inp.max_velocity, inp.max_acceleration, inp.max_jerk = [velocity], [acceleration], [jerk]
    out = RuckigTrajectory(1)
    assert Ruckig(1).calculate(inp, out) == Result.Working
    return float(out.duration)


def test_the_tool_keeps_its_speed_and_acceleration(ur10e: RobotModel) -> None:
    asked = requirements(tool_speed=0.5, tool_acceleration=2.0)
    trajectory = time_path(ur10e, line(ur10e, 1.0), requirements=asked)
    t = np.linspace(0.0, trajectory.duration, 4001)
    _, v, a = tool_motion(ur10e.chain, *trajectory.curve.jet(t, 2))
    assert 0.98 * 0.5 < np.max(np.linalg.norm(v, axis=1)) <= 0.5
    assert 0.95 * 2.0 < np.max(np.linalg.norm(a, axis=1)) <= 2.0


def test_a_share_of_the_limits_is_kept(ur10e: RobotModel, greatest_shares: GreatestShares) -> None:
    half = time_path(ur10e, line(ur10e, 1.0), requirements=requirements(limits_share=0.5))
    shares = greatest_shares(ur10e, half)
    assert max(shares["velocity"], shares["acceleration"], shares["jerk"]) <= 0.5
    assert half.duration > 1.2 * time_path(ur10e, line(ur10e, 1.0)).duration


def test_a_payload_costs_time_where_torque_is_short(ur10e: RobotModel) -> None:
    weak = replace(ur10e, limits=replace(ur10e.limits, torque=0.6 * ur10e.limits.torque))
    step = np.array([0.5, -0.6, 0.9, 0.2, 0.0, 0.0])
    times = [time_path(weak, line(weak, step), payload=load).duration for load in loads()]
    assert times[0] < times[1] < times[2]


def loads() -> list[Payload | None]:
    return [None, Payload(3.0), Payload(5.0)]


def test_a_payload_too_heavy_to_hold_is_refused_by_name(ur10e: RobotModel) -> None:
    with pytest.raises(PlanningError) as caught:
        time_path(ur10e, line(ur10e, 0.5), payload=Payload(80.0))
    for part in ("elbow_joint", "80", "150.0 N m", "% of the path"):
        assert part in str(caught.value)


def test_a_path_that_goes_nowhere_is_a_short_rest(ur10e: RobotModel) -> None:
    trajectory = time_path(ur10e, line(ur10e, 0.0))
    assert trajectory.duration > 0.0
    assert trajectory.position(np.linspace(0, 0.01, 5)) == pytest.approx(
        np.tile(ur10e.home, (5, 1))
    )


def test_a_path_of_another_robot_is_refused(ur10e: RobotModel) -> None:
    with pytest.raises(ValueError, match="4 joints"):
        time_path(ur10e, from_bernstein(np.zeros((3, 4))))


def test_the_same_path_gives_the_same_bytes(ur10e: RobotModel) -> None:
    first, second = (time_path(ur10e, hard_path(ur10e, HARD["paths"][0])).curve for _ in range(2))
    assert first.coefficients.tobytes() == second.coefficients.tobytes()
    assert first.breaks.tobytes() == second.breaks.tobytes()


def test_the_curve_stays_on_the_path(ur10e: RobotModel) -> None:
    path = hard_path(ur10e, HARD["paths"][0])
    trajectory = time_path(ur10e, path)
    dense = np.linspace(0.0, 1.0, 20_001)
    points, slopes = path(dense), path(dense, 1)
    for q in trajectory.position(np.linspace(0.0, trajectory.duration, 200)):
        nearest = int(np.argmin(np.linalg.norm(points - q, axis=1)))
        apart, along = q - points[nearest], slopes[nearest]
        aside = apart - along * (apart @ along) / (along @ along)
        assert np.linalg.norm(aside) < 1e-6


def test_some_limit_is_nearly_used_most_of_the_time(ur10e: RobotModel) -> None:
    trajectory = time_path(ur10e, line(ur10e, 1.5), payload=Payload(5.0))
    usage = limit_usage(ur10e, trajectory, Payload(5.0))
    assert np.max(usage.greatest) <= 1.0
    assert np.mean(usage.greatest > 0.95) > 0.8


def test_usage_counts_the_tools_limits_only_where_asked(ur10e: RobotModel) -> None:
    asked = requirements(tool_speed=0.4)
    trajectory: Trajectory = time_path(ur10e, line(ur10e, 0.8), requirements=asked)
    usage = limit_usage(ur10e, trajectory, requirements=asked)
    assert 0.97 < np.max(usage.tool_speed) <= 1.0
    assert np.all(usage.tool_acceleration == 0.0)
    assert usage.time[-1] == pytest.approx(trajectory.duration)


def test_the_most_used_limit_is_named_with_its_joint() -> None:
    none = np.zeros((3, 2))
    usage = LimitUsage(
        time=np.arange(3.0),
        velocity=np.array([[0.2, 0.9], [0.1, 0.1], [0.3, 0.3]]),
        acceleration=none,
        jerk=none,
        torque=np.array([[0.1, 0.1], [0.7, 0.2], [0.2, 0.1]]),
        tool_speed=np.array([0.0, 0.0, 0.8]),
        tool_acceleration=np.zeros(3),
    )
    most = usage.most_used
    assert [KINDS[kind] for kind in most.kind] == ["velocity", "torque", "tool_speed"]
    assert most.joint.tolist() == [1, 0, -1]
    assert most.share.tolist() == [0.9, 0.7, 0.8]


def test_a_slow_tool_is_what_holds_the_motion_back(ur10e: RobotModel) -> None:
    asked = requirements(tool_speed=0.2)
    usage = limit_usage(
        ur10e, time_path(ur10e, line(ur10e, 0.8), requirements=asked), requirements=asked
    )
    middle = usage.most_used.kind[usage.time.size // 2]
    assert KINDS[middle] == "tool_speed"
