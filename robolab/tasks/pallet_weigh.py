"""What the arm's motors weigh: their torque while a case is lifted, less that of the arm alone.

Independent of the wrist's sensor, and coarser: a joint's friction is known to a tenth. The two must agree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.model import Payload, RobotModel

_FRICTION = 0.1
"""Standard deviation of what is known of a joint's friction, as a share of it."""
_READINGS = 50
"""Of each current, over the middle of the lift: 0.1 s at 500 Hz."""
_RISING = np.array([0.0, 0.0, 0.15, 0.0, 0.0, 0.0])
"""Velocity of the tool in the lift test [m/s, rad/s]."""


@dataclass(frozen=True)
class Weighed:
    """A mass and its standard deviation [kg]."""

    mass: float
    std: float

    def agrees(self, mass: float, std: float, sigmas: float) -> bool:
        """Whether another weighing may be right, too."""
        return abs(self.mass - mass) < sigmas * float(np.hypot(self.std, std))


def by_motors(
    robot: RobotModel, q: Array, mass: float, hangs: Array, rng: np.random.Generator
) -> Weighed:
    """Weigh what hangs by the motors' torque: weighted least squares over the joints.

    Args:
        q: Joint positions, shape (n,). mass: What hangs in truth [kg].
        hangs: Where its middle is, along the tool's x and y, shape (2,) [m]; the wrist's torque tells that.
    """
    alone = robot.gravity_torque(q)
    each = robot.gravity_torque(q, Payload(1.0, np.append(hangs, 0.0))) - alone
    std = _torque_std(robot, q)
    felt = mass * each + rng.normal(0.0, std)
    worth = each / std**2
    told = float(worth @ each)
    return Weighed(float(worth @ felt) / told, told**-0.5)


def _torque_std(robot: RobotModel, q: Array) -> Array:
    """Standard deviation of each joint's torque, from its current and from its friction, shape (n,) [N m]."""
    motors = robot.motors
    qd = np.linalg.lstsq(robot.jacobian(q), _RISING, rcond=None)[0]
    friction = _FRICTION * (motors.coulomb + motors.viscous * np.abs(qd))
    current = motors.gear_ratio * motors.torque_constant * motors.current_noise
    std: Array = np.hypot(friction, current / np.sqrt(_READINGS))
    return std
