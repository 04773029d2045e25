"""Rotors turn with their own joints only, at speed too."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.transforms import Array
from robolab.robots.model import RobotModel
from robolab.sim.client import p
from robolab.sim.rotors import reflected_inertia
from robolab.sim.world import World
from tests.unit.sim.conftest import floating

STEPS = 100


def free_swing(robot: RobotModel, q: Array, qd: Array, seconds: float) -> tuple[Array, Array]:
    """Where an arm is after a time without gravity, friction and torque; by Runge and Kutta."""
    rotors, still = np.diag(reflected_inertia(robot)), np.zeros(robot.dof)

    def rate(state: Array) -> Array:
        q, qd = state
        fictitious = robot.inverse_dynamics(q, qd, still) - robot.gravity_torque(q)
        inverse = np.linalg.inv(robot.mass_matrix(q) + rotors)
        return np.array([qd, -inverse @ fictitious])

    state: Array = np.array([q, qd])
    h = seconds / STEPS
    for _ in range(STEPS):
        a = rate(state)
        b = rate(state + 0.5 * h * a)
        c = rate(state + 0.5 * h * b)
        d = rate(state + h * c)
        state += h / 6.0 * (a + 2.0 * b + 2.0 * c + d)
    return state[0], state[1]


@pytest.mark.parametrize("name", ["ur10e_transfer", "panda_table", "iiwa_posts"])
def test_arms_swing_freely_as_true_rotors_let_them(name: str) -> None:
    """Rotors in links would pull on all joints before them, as links that turn all ways do."""
    with World(floating(name)) as world:
        robot, body, client = world.robot, world.arm.body, world.client.id
        speeds = 1.5 * np.where(np.arange(robot.dof) % 2, -1.0, 1.0)
        world.put_arm(robot.home)
        for joint, q, qd in zip(robot.joints, robot.home, speeds, strict=True):
            index = world.arm.joints[joint]
            p.setJointMotorControl2(
                body, index, p.VELOCITY_CONTROL, force=0.0, physicsClientId=client
            )
            p.changeDynamics(body, index, jointDamping=0.0, physicsClientId=client)
            p.resetJointState(body, index, q, qd, physicsClientId=client)
        for _ in range(STEPS):
            world.step(np.zeros(robot.dof))
        _, seen = world.joint_state()
        _, wanted = free_swing(robot, robot.home, speeds, STEPS * world.control_period)
    assert np.abs(wanted - speeds).max() > 0.1
    assert seen == pytest.approx(wanted, abs=0.04)
