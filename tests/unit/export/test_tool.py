from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from robolab.core.errors import ExportError
from robolab.export.tool import flange_load, flange_tcp
from robolab.robots import load_robot
from robolab.robots.model import Payload, RobotModel
from robolab.scene.spec import SceneSpec


def test_payload_adds_to_the_tool(ur10e: RobotModel) -> None:
    X = flange_tcp(ur10e, "tool0")
    tool = flange_load(ur10e, None, "tool0")
    com = np.array([0.01, -0.02, 0.1])
    both = flange_load(ur10e, Payload(3.0, com, np.diag([0.01, 0.02, 0.03])), "tool0")
    assert tool.mass > 0.0
    assert both.mass == pytest.approx(tool.mass + 3.0)
    at = X[:3, :3] @ com + X[:3, 3]
    assert both.com == pytest.approx((tool.mass * tool.com + 3.0 * at) / both.mass)
    moment = np.trace(both.inertia) / 2 + both.mass * both.com @ both.com
    parts = np.trace(tool.inertia) / 2 + tool.mass * tool.com @ tool.com + 0.03 + 3.0 * at @ at
    assert moment == pytest.approx(parts)


def test_a_load_weighs_on_the_joints_as_the_model_says(ur10e: RobotModel) -> None:
    """The change of gravity torque by the tool and payload follows from mass and centre alone."""
    payload = Payload(2.0, np.array([0.03, 0.0, 0.05]), np.zeros((3, 3)))
    q = ur10e.home + 0.2
    more: Any = ur10e.gravity_torque(q, payload) - ur10e.gravity_torque(q)
    with_load, without = flange_load(ur10e, payload, "tool0"), flange_load(ur10e, None, "tool0")
    moment = with_load.mass * with_load.com - without.mass * without.com
    X = ur10e.fk(q, "tool0")
    J = ur10e.jacobian(q, "tool0")
    force = np.array([0.0, 0.0, 9.81 * 2.0])
    torque = np.cross(X[:3, :3] @ moment / 2.0, force)
    assert more == pytest.approx(J[:3].T @ force + J[3:].T @ torque, abs=1e-6)


def test_a_bare_flange_carries_nothing(ur10e_scene: SceneSpec) -> None:
    bare = load_robot(ur10e_scene.robot.model_copy(update={"tool": None}), ur10e_scene.folder)
    assert flange_load(bare, None, "tool0").mass == 0.0
    assert flange_tcp(bare, "tool0") == pytest.approx(np.eye(4))


def test_unknown_flange(ur10e: RobotModel) -> None:
    for find in (lambda: flange_tcp(ur10e, "hand"), lambda: flange_load(ur10e, None, "hand")):
        with pytest.raises(ExportError, match="tool0"):
            find()
