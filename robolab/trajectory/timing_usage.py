"""How much of each limit a trajectory uses at each instant: shows what holds it back, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.model import Payload, RobotModel
from robolab.trajectory.timing_limits import MotionLimits, friction_signs
from robolab.trajectory.tool_motion import tool_motion
from robolab.trajectory.trajectory import LegRequirements, Trajectory

KINDS = ("velocity", "acceleration", "jerk", "torque", "tool_speed", "tool_acceleration")
"""What can be limited, in the order of `MostUsed.kind`."""


class MostUsed(NamedTuple):
    """The limit that is most used at each instant, arrays of shape (k,).

    Attributes:
        share: Of that limit, 1 is all of it.
        kind: Index among `KINDS`.
        joint: Index of the joint it belongs to; -1 for the tool.
    """

    share: Array
    kind: np.ndarray
    joint: np.ndarray


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
        return self.most_used.share

    @property
    def most_used(self) -> MostUsed:
        """Which limit is used most at each instant, and how much of it."""
        joints = [self.velocity, self.acceleration, self.jerk, self.torque]
        tool = [self.tool_speed[:, None], self.tool_acceleration[:, None]]
        shares, n = np.hstack([*joints, *tool]), self.velocity.shape[1]
        column = np.argmax(shares, axis=1)
        of_tool = column >= 4 * n
        kind = np.asarray(np.where(of_tool, column - 4 * n + 4, column // n), dtype=int)
        most = shares[np.arange(len(column)), column]
        return MostUsed(most, kind, np.where(of_tool, -1, column % n))


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
    torque = limits.torque(q, qd, qdd, payload)
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
