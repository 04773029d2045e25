"""How much of each limit a trajectory uses at each instant: shows what holds it back, and where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.model import Payload, RobotModel
from robolab.trajectory.timing_limits import MotionLimits, friction_signs
from robolab.trajectory.tool_motion import tool_motion
from robolab.trajectory.trajectory import LegRequirements, Trajectory


@dataclass(frozen=True)
class LimitUsage:
    """Shares of the limits in use; 1 is the limit.

    Attributes:
        time: Shape (k,) [s].
        velocity, acceleration, jerk, torque: Shape (k, n).
        tool_speed, tool_acceleration: Shape (k,); zero where nothing is asked.
    """

    time: Array
    velocity: Array
    acceleration: Array
    jerk: Array
    torque: Array
    tool_speed: Array
    tool_acceleration: Array

    @property
    def greatest(self) -> Array:
        """The greatest share in use at each instant, shape (k,)."""
        joints = np.hstack([self.velocity, self.acceleration, self.jerk, self.torque])
        tool = np.maximum(self.tool_speed, self.tool_acceleration)
        return np.maximum(np.max(joints, axis=1), tool)


def limit_usage(
    robot: RobotModel,
    trajectory: Trajectory,
    payload: Payload | None = None,
    requirements: LegRequirements | None = None,
    step: float = 2e-3,
) -> LimitUsage:
    """Sample how much of each limit a trajectory uses.

    Args:
        step: Greatest time between samples [s].
    """
    limits = MotionLimits.of(robot, payload, requirements)
    time = np.linspace(0.0, trajectory.duration, int(np.ceil(trajectory.duration / step)) + 1)
    q, qd, qdd, jerk = trajectory.curve.jet(time + trajectory.curve.start, 3)
    torque = limits.torque(q, qd, qdd)
    up, down = friction_signs(qd, limits.velocity)
    friction = robot.motors.viscous * np.abs(qd) + robot.motors.coulomb
    needed = np.maximum(np.abs(torque + up * friction), np.abs(torque - down * friction))
    _, v, a = tool_motion(robot.chain, q, qd, qdd)
    return LimitUsage(
        time=time,
        velocity=np.abs(qd) / limits.velocity,
        acceleration=np.abs(qdd) / limits.acceleration,
        jerk=np.abs(jerk) / limits.jerk,
        torque=needed / robot.limits.torque,
        tool_speed=np.linalg.norm(v, axis=1) / (limits.tool_speed or np.inf),
        tool_acceleration=np.linalg.norm(a, axis=1) / (limits.tool_acceleration or np.inf),
    )
