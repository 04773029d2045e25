"""Limits and continuity: each planted violation lies where a sparse look would miss it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from robolab.core.transforms import Array
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.polynomial import PiecewisePolynomial, hermite
from robolab.trajectory.trajectory import Program, Trajectory
from robolab.verify import VerificationReport, verify_program, verify_trajectory

EMPTY = SceneSpec.model_validate(
    {"name": "empty", "floor": False, "robots": [{"name": "arm", "model": "two"}]}
)


def check(
    robot: RobotModel, curve: PiecewisePolynomial, scene: SceneSpec = EMPTY
) -> VerificationReport:
    return verify_trajectory(Trajectory(robot.joints, curve), scene, robot)


def to(goal: Array | list[float], seconds: float) -> PiecewisePolynomial:
    values = np.zeros((3, 2, 2))
    values[0, 1] = goal
    return hermite([0.0, seconds], values)


def test_quintic_from_rest_to_rest_against_its_closed_form(two_links: RobotModel) -> None:
    report = check(two_links, to([1.0, -0.5], 1.5))
    assert report.verified
    # Peak speed 15/8 d/T, acceleration 10/sqrt(3) d/T^2, jerk 60 d/T^3 of a rest-to-rest quintic.
    for name, value, limit in (
        ("velocity", 15.0 / 8.0 / 1.5, 2.0),
        ("acceleration", 10.0 / np.sqrt(3.0) / 1.5**2, 20.0),
        ("jerk", 60.0 / 1.5**3, 400.0),
    ):
        worst = report.worst(name)
        assert worst is not None
        assert abs(worst.value) == pytest.approx(value, rel=1e-8)
        assert worst.share == pytest.approx(value / limit, rel=1e-8)
        assert worst.where == ("j1",)
    assert report.worst("velocity").time == pytest.approx(0.75, abs=1e-4)  # type: ignore[union-attr]


def test_speed_over_between_samples_of_a_grid(two_links: RobotModel) -> None:
    # 2.0005 rad/s for an instant, at a time that grids of 1, 2, 5 and 10 ms do not hold.
    d, T = 1.0, 15.0 / 8.0 / 2.0000005
    report = check(two_links, to([d, 0.0], T))
    grid = np.arange(0.0, T, 0.01)
    assert np.abs(to([d, 0.0], T)(grid, 1)).max() < 2.0
    assert [finding.check for finding in report.failures] == ["velocity"]
    assert report.largest_share("velocity") == pytest.approx(1.00000025, abs=1e-8)


def test_jerk_peak_inside_a_piece(two_links: RobotModel) -> None:
    # One piece of degree seven without jerk at its ends, where 52.5 d/T^3 is reached in its middle.
    values = np.zeros((4, 2, 2))
    values[0, 1, 0] = 0.5
    curve = hermite([0.0, 1.0], values)
    assert np.abs(curve(np.array([0.0, 1.0]), 3)).max() < 1e-9
    for limit, failures in ((26.3, []), (26.2, ["jerk"])):
        limits = replace(two_links.limits, jerk=np.full(2, limit))
        report = check(replace(two_links, limits=limits), curve)
        assert [finding.check for finding in report.failures] == failures
        worst = report.worst("jerk")
        assert worst is not None
        assert worst.value == pytest.approx(-26.25)
        assert worst.time == pytest.approx(0.5, abs=1e-4)


def test_position_overshoot_between_waypoints(two_links: RobotModel) -> None:
    values = np.zeros((3, 3, 2))
    values[0, :, 1] = 2.5, 2.99, 2.5
    values[1, 1, 1] = 0.4
    values[2, 1, 1] = -2.0
    report = check(two_links, hermite([0.0, 1.0, 2.0], values))
    assert [finding.check for finding in report.failures] == ["position"]
    worst = report.worst("position")
    assert worst is not None
    assert worst.where == ("j2",)
    assert worst.value > 3.0
    assert worst.margin == pytest.approx(3.0 - worst.value)


@pytest.mark.parametrize(("beyond", "verified"), [(1e-13, True), (1e-8, False)])
def test_a_goal_on_a_limit_may_be_missed_by_rounding_only(
    two_links: RobotModel, beyond: float, verified: bool
) -> None:
    goal = float(two_links.limits.upper[1]) + beyond
    report = check(two_links, to([0.0, goal], 10.0))
    assert report.largest_share("position") > 1.0
    assert report.verified is verified


def test_share_of_limits_is_a_requirement(
    good: Program,
    scene_with: Callable[..., SceneSpec],
    scene: SceneSpec,
    robot: RobotModel,
    report: VerificationReport,
) -> None:
    full = report.largest_share("velocity")
    asked = dict(scene.requirements.model_dump(), limits_share=0.5)
    half = scene_with(requirements=asked)
    slowed = verify_program(good, half, robot=robot)
    assert slowed.largest_share("velocity") == pytest.approx(2.0 * full)


def joined(before: Array, after: Array) -> PiecewisePolynomial:
    """Two pieces for the first joint, with position, velocity and acceleration where they meet."""
    values = np.zeros((3, 3, 2))
    values[0, 2, 0] = 0.4
    halves: list[Array] = []
    for piece, state in enumerate((before, after)):
        values[:, 1, 0] = state
        halves.append(hermite([0.0, 0.8, 1.6], values).coefficients[:, piece])
    return PiecewisePolynomial(np.array([0.0, 0.8, 1.6]), np.stack(halves, axis=1))


@pytest.mark.parametrize(("order", "jump"), [(0, 1e-4), (1, 1e-3), (2, 0.05)])
def test_jump_where_pieces_meet(two_links: RobotModel, order: int, jump: float) -> None:
    middle = np.array([0.2, 0.5, 0.0])
    assert check(two_links, joined(middle, middle)).verified
    report = check(two_links, joined(middle, middle + jump * np.eye(3)[order]))
    worst = report.worst("continuity")
    assert worst is not None
    assert not worst.ok
    name = ("position", "velocity", "acceleration")[order]
    assert f"{name} jumps" in worst.detail


def test_start_in_motion(two_links: RobotModel) -> None:
    values = np.zeros((3, 2, 2))
    values[0, 1], values[1, 0] = 0.3, 0.1
    report = check(two_links, hermite([0.0, 1.0], values))
    worst = report.worst("continuity")
    assert worst is not None
    assert "at the start, which must be at rest" in worst.detail


def test_leg_that_begins_where_the_last_did_not_end(
    good: Program, scene: SceneSpec, robot: RobotModel, with_leg: Callable[..., Program]
) -> None:
    motion = good.legs[3].trajectory
    moved = motion.curve.coefficients.copy()
    moved[0, :, 2] += 1e-4
    curve = replace(motion.curve, coefficients=moved)
    bad = with_leg(good, 3, trajectory=replace(motion, curve=curve))
    report = verify_program(bad, scene, robot=robot)
    details = [finding.detail for finding in report.failures if finding.check == "continuity"]
    assert any("against the leg before" in detail for detail in details)
    assert report.of("continuity")[3].leg == "carry"
