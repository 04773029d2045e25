"""Computed-torque control: what the model says the motion needs, and feedback for what it misses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.model import Payload, RobotModel
from robolab.sim.friction import MeasuredDrives
from robolab.sim.rotors import reflected_inertia

BANDWIDTH = 60.0
"""Of the position loop [rad/s]."""
GAINS_EVERY = 10
"""Control steps between two settings of the gains, which follow the arm's inertia."""
_STILL = 0.005
"""Speed below which friction is compensated only in part [rad/s]: its sign is uncertain there."""


@dataclass(frozen=True)
class Feedforward:
    """Reference motion at the control times of one stretch, and the torque that it needs, each of shape (k, n).

    Attributes:
        torque: Of the drives.
        losses: What of it friction and rotors take.
    """

    q: Array
    qd: Array
    torque: Array
    losses: Array


def feedforward(
    robot: RobotModel,
    q: Array,
    qd: Array,
    qdd: Array,
    payload: Payload | None,
    drives: MeasuredDrives | None = None,
) -> Feedforward:
    """Return the reference, shape (k, n) each, with its torque: rigid bodies, payload, friction, rotors.

    Args:
        drives: As they were measured; without them, friction is the description's, Coulomb and viscous.
    """
    motors = robot.motors
    joint = robot.inverse_dynamics(q, qd, qdd, payload)
    level = motors.coulomb if drives is None else drives.dry(qd, joint)
    friction = level * np.tanh(qd / _STILL) + motors.viscous * qd
    losses = friction + reflected_inertia(robot) * qdd
    if drives is not None:
        losses = losses + drives.bias()
    return Feedforward(q, qd, joint + losses, losses)


class Controller:
    """Feedback around a reference: every joint's error dies out critically damped, none disturbs another."""

    def __init__(self, robot: RobotModel, bandwidth: float = BANDWIDTH) -> None:
        self._robot = robot
        self._bandwidth = bandwidth
        self._rotors = np.diag(reflected_inertia(robot))
        self.move_to(robot.home, None)

    def move_to(self, q: Array, payload: Payload | None) -> None:
        """Set the gains for joint positions, shape (n,), and a payload."""
        inertia = self._robot.mass_matrix(q, payload) + self._rotors
        self._stiffness = self._bandwidth**2 * inertia
        self._damping = 2.0 * self._bandwidth * inertia

    def torque(self, wanted: Array, q_ref: Array, qd_ref: Array, q: Array, qd: Array) -> Array:
        """Return the drives' torque, all of shape (n,).

        Args:
            wanted: The feedforward.
        """
        return wanted + self._stiffness @ (q_ref - q) + self._damping @ (qd_ref - qd)
