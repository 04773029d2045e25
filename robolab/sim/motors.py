"""Drives of a robot's joints: torque from current, within limits, against friction.

Torque is the drive's, seen at the joint, before friction and rotor. The current that makes it follows
from gear ratio and torque constant. Friction acts in the physics as dry friction of the joint, so that
a joint at rest stays at rest until the torque breaks it loose.
"""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.model import RobotModel
from robolab.sim.client import p
from robolab.sim.current_noise import SlowNoise
from robolab.sim.friction import MeasuredDrives


class Motors:
    """The drives of one arm.

    The limit of the description is one of joint torque: what friction and rotor take, a drive gives on top.

    Args:
        drives: As they were measured; without them, noise is the description's, and white.
        rate_hz: At which `sense` is asked.

    Attributes:
        torque: What the drives give now, seen at the joints, shape (n,) [N m or N].
        joint_torque: What of it is left for the joints, shape (n,) [N m or N].
    """

    def __init__(
        self,
        robot: RobotModel,
        rng: np.random.Generator,
        drives: MeasuredDrives | None = None,
        rate_hz: float = 1.0,
    ) -> None:
        constants = robot.motors
        self.torque = np.zeros(robot.dof)
        self.joint_torque = np.zeros(robot.dof)
        self._limit = robot.limits.torque
        self._per_ampere = constants.gear_ratio * constants.torque_constant
        self._usual_noise = constants.current_noise
        self._rng = rng
        self._drives = drives
        self._slow = None if drives is None else SlowNoise(drives.noise, rng)
        self._noise = self.noise(rate_hz)

    def command(self, torque: Array, losses: Array | float = 0.0) -> None:
        """Set the torque, shape (n,), so that what is left of it after the losses keeps to the limit.

        Args:
            losses: What friction and rotors are expected to take, shape (n,) [N m or N].
        """
        self.joint_torque = np.minimum(np.maximum(torque - losses, -self._limit), self._limit)
        self.torque = self.joint_torque + losses

    @property
    def current(self) -> Array:
        """The true current, shape (n,) [A]; ripple of the gears that lasts is part of it."""
        current = self.torque / self._per_ampere
        return current if self._slow is None else current + self._slow.value

    def noise(self, rate_hz: float) -> Array:
        """Return the standard deviation of currents that are measured at a rate, shape (n,) [A]."""
        return self._usual_noise if self._drives is None else self._drives.noise.white(rate_hz)

    def pass_time(self, seconds: float) -> None:
        """Let slow noise go on."""
        if self._slow is not None:
            self._slow.advance(seconds)

    def sense(self) -> Array:
        """Return the current as the drives measure it, noise included, shape (n,) [A]."""
        return self.current + self._noise * self._rng.standard_normal(self._noise.size)


def free_joints(client: int, body: int, joints: list[int]) -> None:
    """Take the motors that PyBullet gives every joint away."""
    set_dry_friction(client, body, joints, np.zeros(len(joints)))


def set_dry_friction(client: int, body: int, joints: list[int], level: Array) -> None:
    """Set what joints withstand at rest and lose while they move, shape (n,) [N m]; see `set_friction`."""
    p.setJointMotorControlArray(
        body,
        joints,
        p.VELOCITY_CONTROL,
        targetVelocities=[0.0] * len(joints),
        forces=level.tolist(),
        physicsClientId=client,
    )


def set_friction(client: int, body: int, joints: list[int], coulomb: Array, viscous: Array) -> None:
    """Give an arm's joints their Coulomb and viscous friction.

    A velocity motor that wants rest and has no more than the Coulomb torque is dry friction, solved
    implicitly with the contacts: it holds, and never drives.
    """
    set_dry_friction(client, body, joints, coulomb)
    for joint, damping in zip(joints, viscous.tolist(), strict=True):
        p.changeDynamics(body, joint, jointDamping=damping, physicsClientId=client)
