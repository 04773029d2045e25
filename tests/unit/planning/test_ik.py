"""Inverse kinematics: forward kinematics of every solution gives the pose back, for arms of four to seven axes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from robolab.core.transforms import Array, pose_rpy
from robolab.kernels.compiled_data import pack_chain
from robolab.kernels.compiled_ik import tool_jacobian, tool_poses
from robolab.planning.ik import solve_ik
from robolab.robots import RobotModel


def tool_of(arm: Any, Q: Array) -> Array:
    packed = pack_chain(arm.chain)
    return tool_poses(packed.rows, packed.ends, np.atleast_2d(Q))


def apart(a: Array, b: Array) -> float:
    """Largest difference of two joint positions, full turns aside."""
    return float(np.abs(np.angle(np.exp(1j * (a - b)))).max())


def test_poses_equal_those_of_the_robot_model(robot: RobotModel) -> None:
    Q = np.random.default_rng(0).uniform(-3, 3, (20, 6))
    np.testing.assert_allclose(tool_of(robot, Q), robot.fk(Q), atol=1e-12)


def test_jacobian_equals_that_of_the_robot_model(robot: RobotModel) -> None:
    packed = pack_chain(robot.chain)
    X, J = np.empty((4, 4)), np.empty((6, 6))
    for q in np.random.default_rng(0).uniform(-3, 3, (20, 6)):
        tool_jacobian(packed.rows, packed.ends, q, X, J)
        turned = np.vstack([X[:3, :3] @ J[:3], X[:3, :3] @ J[3:]])
        np.testing.assert_allclose(turned, robot.jacobian(q), atol=1e-9)


@pytest.mark.parametrize("name", ["robot", "seven", "palletiser"])
def test_every_solution_gives_the_pose_back(name: str, request: pytest.FixtureRequest) -> None:
    arm = request.getfixturevalue(name)
    rng = np.random.default_rng(1)
    for k in range(15):
        q = rng.uniform(np.maximum(arm.limits.lower, -3), np.minimum(arm.limits.upper, 3))
        X = tool_of(arm, q)[0]
        found = solve_ik(arm, X, np.random.default_rng(k))
        assert len(found) > 0
        for pose, solution in zip(tool_of(arm, found), found, strict=True):
            np.testing.assert_allclose(pose, X, atol=1e-6)
            assert np.all(solution >= arm.limits.lower)
            assert np.all(solution <= arm.limits.upper)
        if len(q) <= 6:
            assert min(apart(q, solution) for solution in found) < 1e-4


def test_a_six_axis_arm_has_eight_solutions(robot: RobotModel) -> None:
    X = robot.fk(np.array([0.3, -1.2, 1.4, -1.9, -1.3, 0.4]))
    found = solve_ik(robot, X, np.random.default_rng(0))
    assert len(found) == 8
    assert all(apart(a, b) > 0.01 for i, a in enumerate(found) for b in found[:i])


def test_solutions_come_nearest_first_and_in_the_turn_nearest_the_reference(
    robot: RobotModel,
) -> None:
    q = np.array([0.3, -1.2, 1.4, -1.9, -1.3, 0.4])
    turned = q + 2 * np.pi * np.array([-1, 0, 0, 0, 0, -1])
    found = solve_ik(robot, robot.fk(q), np.random.default_rng(0), reference=turned)
    np.testing.assert_allclose(found[0], turned, atol=1e-6)
    travel = np.max(np.abs(found - turned) / robot.limits.velocity, axis=1)
    assert np.all(np.diff(travel) >= 0)


def test_same_stream_same_solutions(seven: Any) -> None:
    X = tool_of(seven, np.full(7, 0.7))[0]
    one, two = (solve_ik(seven, X, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one, two)
    assert len(one) == 16


def test_out_of_reach_gives_none(robot: RobotModel) -> None:
    assert solve_ik(robot, pose_rpy([3, 0, 0], [0, 0, 0]), np.random.default_rng(0)).shape == (0, 6)


def test_four_axes_refuse_a_tilted_tool(palletiser: Any) -> None:
    X = tool_of(palletiser, np.array([0.2, 0.3, 0.1, 0.4]))[0]
    rng = np.random.default_rng(0)
    assert len(solve_ik(palletiser, X, rng)) > 0
    assert len(solve_ik(palletiser, X @ pose_rpy([0, 0, 0], [0.01, 0, 0]), rng)) == 0


def test_free_yaw_lets_the_tool_turn_about_its_axis(palletiser: Any) -> None:
    q = np.array([0.2, 0.3, 0.1, 1.4])
    X = tool_of(palletiser, q)[0] @ pose_rpy([0, 0, 0], [0, 0, 1.5])
    rng = np.random.default_rng(0)
    assert len(solve_ik(palletiser, X, rng)) == 0
    found = solve_ik(palletiser, X, rng, free_yaw=True)
    for pose in tool_of(palletiser, found):
        np.testing.assert_allclose(pose[:3, 2:], X[:3, 2:], atol=1e-6)
    assert len(found) > 0
