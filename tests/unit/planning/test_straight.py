"""Straight motion: on its line, and refused with a reason where it cannot be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from robolab.core.transforms import Array, interpolate, pose_rpy
from robolab.kernels.compiled import CompiledChecker
from robolab.kernels.compiled_data import pack_chain
from robolab.kernels.compiled_ik import tool_poses
from robolab.kernels.obstacles import Obstacles
from robolab.planning.checks import checker_of
from robolab.planning.contract import NoPlan, Planned, Problem
from robolab.planning.straight import straight_path
from robolab.robots import RobotModel
from robolab.robots.model import Spheres
from robolab.trajectory.trajectory import LegRequirements

Build = Callable[..., Problem]


def nothing_near(arm: Any) -> CompiledChecker:
    point = Spheres(np.array([1]), np.zeros((1, 3)), np.array([0.01]), ("link",), np.zeros((0, 2)))
    return CompiledChecker(arm.chain, point, Obstacles())


def assert_on_line(arm: Any, path: Any, X_start: Array, X_goal: Array) -> None:
    """Every place on the way lies on the line, turned by the share that it has covered."""
    packed = pack_chain(arm.chain)
    length = np.linalg.norm(X_goal[:3, 3] - X_start[:3, 3])
    poses = tool_poses(packed.rows, packed.ends, path(np.linspace(0, 1, 501)))
    for X in poses:
        share = float(np.linalg.norm(X[:3, 3] - X_start[:3, 3]) / length)
        np.testing.assert_allclose(X, interpolate(X_start, X_goal, share), atol=1e-4)
    np.testing.assert_allclose(poses[-1], X_goal, atol=1e-6)


@pytest.mark.parametrize("name", ["robot", "seven", "palletiser"])
def test_tool_keeps_to_its_line(name: str, request: pytest.FixtureRequest) -> None:
    arm = request.getfixturevalue(name)
    q = np.array([0.3, -1.2, 1.4, -1.9, -1.3, 0.4]) if name == "robot" else np.full(arm.dof, 0.4)
    packed = pack_chain(arm.chain)
    X = tool_poses(packed.rows, packed.ends, q[None])[0]
    turn = [0.0, 0.0, 0.5] if name == "palletiser" else [0.1, 0.2, 0.5]
    goal = X @ pose_rpy([0.0, 0.0, 0.0], turn)
    goal[:3, 3] += [-0.1, 0.05, -0.12]
    result = straight_path(arm, q, goal, nothing_near(arm))
    assert isinstance(result, Planned), result
    assert_on_line(arm, result.path, X, goal)


def test_path_is_three_times_continuously_differentiable(robot: RobotModel) -> None:
    goal = robot.fk(robot.home) @ pose_rpy([0.2, 0.2, 0.1], [0, 0, 1])
    result = straight_path(robot, robot.home, goal, nothing_near(robot))
    assert isinstance(result, Planned)
    for place in result.path.breaks[1:-1]:
        for k in range(4):
            before, after = result.path(place - 1e-9, k), result.path(place, k)
            np.testing.assert_allclose(before, after, atol=1e-5 * (1 + np.abs(after).max()))


def test_wrist_singularity_is_refused_with_place_and_value(robot: RobotModel) -> None:
    q = np.array([0.0, -1.5, 1.6, -0.1, 0.6, 0.0])
    stretched = np.array([0.0, -1.5, 1.6, -0.1, 0.0, 0.0])
    singular = robot.fk(stretched)
    assert np.linalg.svd(robot.jacobian(stretched), compute_uv=False)[-1] < 1e-6
    onto = straight_path(robot, q, singular, nothing_near(robot))
    assert isinstance(onto, NoPlan)
    assert onto.reason == "singular on the way"
    assert "100 % of the way" in onto.detail
    assert "singular value is 0.00" in onto.detail


def test_out_of_reach_says_where(robot: RobotModel) -> None:
    goal = robot.fk(robot.home).copy()
    goal[0, 3] += 2.0
    result = straight_path(robot, robot.home, goal, nothing_near(robot))
    assert isinstance(result, NoPlan)
    assert result.reason in {"goal unreachable", "singular on the way"}
    assert "% of the way" in result.detail


def test_joint_limit_is_named(palletiser: Any) -> None:
    q = np.array([0.4, 0.4, 0.4, 1.4])
    packed = pack_chain(palletiser.chain)
    X = tool_poses(packed.rows, packed.ends, q[None])[0]
    result = straight_path(
        palletiser, q, X @ pose_rpy([0.01, 0, 0], [0, 0, 0.3]), nothing_near(palletiser)
    )
    assert isinstance(result, NoPlan)
    assert result.reason == "goal unreachable"
    assert result.bodies == ("joint_3",)


def test_collision_is_named(robot: RobotModel, problem: Build) -> None:
    checker = checker_of(problem(robot.home, robot.home))
    goal = robot.fk(robot.home).copy()
    goal[2, 3] = -0.1
    goal[:2, 3] = [0.9, 0.0]
    result = straight_path(robot, robot.home, goal, checker)
    assert isinstance(result, NoPlan)
    assert result.reason == "goal in collision"
    assert "conveyor" in result.bodies


def test_collision_on_the_way_is_named(robot: RobotModel, problem: Build) -> None:
    goal = robot.fk(robot.home).copy()
    goal[2, 3] -= 0.25
    middle = robot.fk(robot.home)[:3, 3] + [0.06, 0.0, -0.1]
    free = problem(robot.home, robot.home)
    needle = Obstacles(sphere=np.array([[*middle, 0.012]]), sphere_names=("needle",))
    checker = checker_of(replace(free, obstacles=needle))
    assert checker.free(robot.home)
    result = straight_path(robot, robot.home, goal, checker)
    assert isinstance(result, NoPlan)
    assert result.reason in {"collision on the way", "goal in collision"}
    assert "needle" in result.bodies


def test_tilt_beyond_the_angle_asked_is_refused(robot: RobotModel) -> None:
    asked = LegRequirements(0.0, 0.0, upright=(np.array([0.0, 0.0, -1.0]), np.deg2rad(10)))
    goal = robot.fk(robot.home) @ pose_rpy([0, 0, 0], [np.deg2rad(15), 0, 0])
    result = straight_path(robot, robot.home, goal, nothing_near(robot), asked)
    assert isinstance(result, NoPlan)
    assert "15.0 degrees; 10.0 are allowed" in result.detail
