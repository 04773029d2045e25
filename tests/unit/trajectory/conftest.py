"""A robot with stiff drives, and an independent reading of how much of each limit is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from robolab.robots.model import Payload, RobotModel
from robolab.trajectory.trajectory import Trajectory

GreatestShares = Callable[..., dict[str, float]]


@pytest.fixture(scope="session")
def stiff(ur10e: RobotModel) -> RobotModel:
    """The UR10e with jerk limits 40 times as high: accelerations jump."""
    return replace(ur10e, limits=replace(ur10e.limits, jerk=40.0 * ur10e.limits.jerk))


@pytest.fixture(scope="session")
def greatest_shares() -> GreatestShares:
    """Greatest shares of the limits on samples a few tenths of a millisecond apart."""

    def measure(
        robot: RobotModel, trajectory: Trajectory, payload: Payload | None = None
    ) -> dict[str, float]:
        curve, limits, motors = trajectory.curve, robot.limits, robot.motors
        t = np.linspace(0.0, trajectory.duration, 4001)
        t = np.concatenate([t, curve.breaks, curve.breaks[1:] - 1e-12])
        bounds = {1: limits.velocity, 2: limits.acceleration, 3: limits.jerk}
        names = {1: "velocity", 2: "acceleration", 3: "jerk"}
        shares = {names[k]: float(np.max(np.abs(curve(t, k)) / b)) for k, b in bounds.items()}
        q, qd, qdd = curve(t), curve(t, 1), curve(t, 2)
        torque = robot.inverse_dynamics(q, qd, qdd, payload)
        needed = torque + np.sign(qd) * motors.coulomb + motors.viscous * qd
        worst = np.maximum(np.abs(torque), np.abs(needed)) / limits.torque
        return {**shares, "torque": float(np.max(worst))}

    return measure
