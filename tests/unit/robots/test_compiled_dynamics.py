"""The compiled torques against Pinocchio's, for every shipped robot."""

from __future__ import annotations

import numpy as np
import pinocchio as pin

from robolab.robots.chain import joint_map
from robolab.robots.model import Payload, RobotModel
from tests.unit.robots.test_kinematics import random_q

PAYLOAD = Payload(2.5, np.array([0.01, -0.03, 0.05]), np.diag([0.01, 0.02, 0.015]))


def test_torques_are_those_of_pinocchio(robot: RobotModel) -> None:
    rng = np.random.default_rng(2)
    q = random_q(robot, 20)
    qd, qdd = rng.normal(size=(2, *q.shape))
    model = pin.buildModelFromUrdf(str(robot.urdf))
    model.gravity.linear = robot.X_world_base[:3, :3].T @ [0.0, 0.0, -9.81]
    tcp = model.frames[model.getFrameId("tcp", pin.BODY)]
    load = pin.Inertia(PAYLOAD.mass, PAYLOAD.com, PAYLOAD.inertia)
    model.inertias[tcp.parentJoint] += tcp.placement.act(load)
    weights, offset = joint_map(robot, list(model.names)[1:])
    data = model.createData()
    expected = [
        pin.rnea(model, data, weights @ a + offset, weights @ b, weights @ c) @ weights
        for a, b, c in zip(q, qd, qdd, strict=True)
    ]
    assert np.allclose(robot.inverse_dynamics(q, qd, qdd, PAYLOAD), expected, atol=1e-9)


def test_motions_through_shared_positions_are_what_each_is_alone(robot: RobotModel) -> None:
    rng = np.random.default_rng(3)
    q = random_q(robot, 4)
    qd, qdd = rng.normal(size=(2, 3, *q.shape))
    together = robot.inverse_dynamics(q, qd, qdd)
    alone = [robot.inverse_dynamics(q, a, b) for a, b in zip(qd, qdd, strict=True)]
    assert np.allclose(together, alone, atol=1e-12)
