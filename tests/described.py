"""Load models of arms as their files describe them, for tests that need no identified one."""

from __future__ import annotations

import numpy as np

from robolab.estimation.drive import NAMES
from robolab.estimation.model import LoadModel, Noise
from robolab.robots.model import RobotModel


def described(robot: RobotModel, share: float = 1.0) -> LoadModel:
    """What the robot's file says, with noise in a share of the usual."""
    motors, n = robot.motors, robot.dof
    gain = motors.gear_ratio * motors.torque_constant
    friction = np.zeros((n, len(NAMES)))
    friction[:, :2] = np.stack([motors.coulomb, motors.viscous], axis=1) / gain[:, None]
    noise = share * motors.current_noise
    return LoadModel(
        robot=robot.name,
        digest=robot.digest,
        joints=robot.joints,
        gain=tuple(gain.tolist()),
        gain_known=True,
        gain_share=0.01,
        inertial=tuple(tuple(row) for row in robot.linkage.inertial.tolist()),
        friction=tuple(tuple(row) for row in friction.tolist()),
        noise=Noise(
            white=tuple(noise.tolist()),
            slow=tuple(noise.tolist()),
            slow_time=(0.4,) * n,
            coulomb=tuple((0.05 * share * friction[:, 0]).tolist()),
            viscous=tuple((0.05 * share * friction[:, 1]).tolist()),
        ),
        inflation=1.0,
        explained=(1.0,) * n,
        unseen=(),
        logs=(),
    )
