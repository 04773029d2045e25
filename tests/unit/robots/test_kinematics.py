"""Poses against the maker's own table, against our batched chain, and derivatives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from robolab.core.errors import UnknownName
from robolab.core.transforms import Array
from robolab.robots import RobotModel, load_robot
from robolab.robots.chain import frame_poses
from robolab.scene.spec import PoseSpec, RobotSpec
from tests.unit.robots.conftest import load_named

# The UR10e's Denavit-Hartenberg table as the maker publishes it: d, a [m], alpha [rad].
DH = (
    (0.1807, 0.0, np.pi / 2),
    (0.0, -0.6127, 0.0),
    (0.0, -0.57155, 0.0),
    (0.17415, 0.0, np.pi / 2),
    (0.11985, 0.0, -np.pi / 2),
    (0.11655, 0.0, 0.0),
)


def dh_pose(q: Array) -> Array:
    X = np.eye(4)
    for angle, (d, a, alpha) in zip(q, DH, strict=True):
        c, s, ca, sa = np.cos(angle), np.sin(angle), np.cos(alpha), np.sin(alpha)
        X = X @ np.array(
            [[c, -s * ca, s * sa, a * c], [s, c * ca, -c * sa, a * s], [0, sa, ca, d], [0, 0, 0, 1]]
        )
    return X


def random_q(robot: RobotModel, count: int, seed: int = 0) -> Array:
    rng = np.random.default_rng(seed)
    return rng.uniform(robot.limits.lower, robot.limits.upper, (count, robot.dof))


def test_ur10e_flange_follows_the_makers_table() -> None:
    robot = load_named("ur10e")
    q = random_q(robot, 20)
    expected = np.array([dh_pose(x) for x in q])
    assert np.abs(robot.fk(q, "tool0") - expected).max() < 1e-9


def test_base_pose_carries_over() -> None:
    base = PoseSpec(position=(1.0, -2.0, 0.5), rpy_deg=(10.0, 20.0, 30.0))
    robot = load_robot(RobotSpec(name="arm", model="ur10e", base=base), Path())
    q = random_q(robot, 1)[0]
    assert np.allclose(robot.fk(q), base.matrix() @ dh_pose(q), atol=1e-9)


def test_chain_agrees_with_pinocchio(robot: RobotModel) -> None:
    q = random_q(robot, 30)
    chain = robot.chain
    tcp = frame_poses(chain, q)[:, -1] @ chain.X_last_tcp
    assert np.abs(tcp - robot.fk(q)).max() < 1e-9


def test_jacobian_is_the_derivative_of_the_pose(robot: RobotModel) -> None:
    h = 1e-6
    for q in random_q(robot, 5, seed=1):
        J = robot.jacobian(q)
        for j in range(robot.dof):
            step = h * np.eye(robot.dof)[j]
            ahead, behind = robot.fk(q + step), robot.fk(q - step)
            linear = (ahead[:3, 3] - behind[:3, 3]) / (2 * h)
            W = (ahead[:3, :3] - behind[:3, :3]) @ robot.fk(q)[:3, :3].T / (2 * h)
            angular = np.array([W[2, 1], W[0, 2], W[1, 0]])
            assert np.allclose(J[:, j], np.concatenate([linear, angular]), atol=1e-6)


def test_coupled_joint_keeps_the_palletisers_tool_level() -> None:
    robot = load_named("palletiser", "suction_plate")
    X = robot.fk(random_q(robot, 200))
    assert np.abs(X[:, :3, 2] - [0.0, 0.0, -1.0]).max() < 1e-9
    assert np.hypot(X[:, 0, 3], X[:, 1, 3]).max() > 2.9
    assert robot.chain.weights.shape == (5, 4)


def test_hand_is_open_and_points_away_from_the_arm() -> None:
    robot = load_named("panda", "panda_hand")
    q = robot.home
    left, right = robot.fk(q, "panda_leftfinger"), robot.fk(q, "panda_rightfinger")
    assert np.linalg.norm(left[:3, 3] - right[:3, 3]) == pytest.approx(0.08, abs=1e-9)
    way = robot.fk(q)[:3, 3] - robot.fk(q, "panda_hand")[:3, 3]
    assert np.allclose(way, 0.1034 * robot.fk(q)[:3, 2], atol=1e-9)


def test_unknown_frame_is_named() -> None:
    with pytest.raises(UnknownName, match="tool9"):
        load_named("ur10e").fk(np.zeros(6), "tool9")
