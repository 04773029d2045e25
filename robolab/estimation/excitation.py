"""Which way to move so that the logs show the most of an arm: poses in the order that tells most.

One leg after the other, the next pose is the one whose leg shrinks what is not known yet the most for the time that it
takes, by the determinant of the information over inertial parameters (in the description's own scatter) and friction.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from robolab.core.transforms import Array
from robolab.estimation.fit import BODY_STD
from robolab.estimation.inertia import body_of, coordinates_of
from robolab.estimation.rigid import arm_columns, motion_of
from robolab.robots.model import RobotModel

_SAMPLES = 12
_SWING = 1.9
"""Peak over mean speed of a quintic from rest to rest."""

Free = Callable[[Array, Array], bool]


def leg_seconds(robot: RobotModel, a: Array, b: Array, share: float) -> float:
    """Roughly how long a move takes at a share of the limits [s]."""
    way = np.abs(b - a)
    by_speed = _SWING * way / (share * robot.limits.velocity)
    by_rate = np.sqrt(5.8 * way / (share * robot.limits.acceleration))
    return float(max(by_speed.max(), by_rate.max(), 0.2))


def leg_information(robot: RobotModel, a: Array, b: Array, seconds: float, scale: Array) -> Array:
    """Information of one straight leg over scaled parameters, shape (p, p).

    Args:
        scale: Standard deviations of the inertial coordinates' parameters before, as columns (10 N, p - 2 n).
    """
    s = (np.arange(_SAMPLES) + 0.5)[:, None] / _SAMPLES
    u = s**3 * (10 - 15 * s + 6 * s**2)
    du = (30 * s**2 - 60 * s**3 + 30 * s**4) / seconds
    ddu = (60 * s - 180 * s**2 + 120 * s**3) / seconds**2
    q, qd, qdd = a + u * (b - a), du * (b - a), ddu * (b - a)
    motion = motion_of(robot.linkage, q, qd, qdd)
    motors, n = robot.motors, robot.dof
    noise = motors.current_noise * motors.gear_ratio * motors.torque_constant
    H = np.zeros((scale.shape[1] + 2 * n,) * 2)
    bodies = arm_columns(robot.linkage, motion) @ scale
    for j in range(n):
        own = np.zeros((_SAMPLES, 2 * n))
        own[:, j], own[:, n + j] = (
            motors.coulomb[j] * np.sign(qd[:, j]),
            motors.viscous[j] * qd[:, j],
        )
        A = np.concatenate([bodies[:, j], own], axis=1) / noise[j]
        H += A.T @ A * (seconds / _SAMPLES)
    return H


def scatter(robot: RobotModel) -> Array:
    """How far each coordinate's scatter moves the inertial parameters, shape (10 N, 10 N)."""
    bodies = robot.linkage.inertial
    scale = np.zeros((bodies.size, bodies.size))
    for i, body in enumerate(bodies):
        part = slice(10 * i, 10 * i + 10)
        scale[part, part] = body_of(coordinates_of(body))[1] * BODY_STD
    return scale


def telling_poses(
    robot: RobotModel, poses: Array, free: Free, share: float, seconds: float
) -> list[Array]:
    """Choose poses, one after the other from home, until the legs between them take `seconds`.

    Args:
        poses: To choose from, shape (k, n).
        free: Whether the straight leg between two poses may be taken.
        share: Of the limits.
    Returns:
        The poses after home; fewer where no free leg is left.
    """
    scale = scatter(robot)
    H = np.eye(scale.shape[1] + 2 * robot.dof)
    at, chosen, used = robot.home, list[Array](), 0.0
    left = list(poses)
    while used < seconds and left:
        known = float(np.linalg.slogdet(H)[1])
        ranked: list[tuple[float, int, float, Array]] = []
        for k, pose in enumerate(left):
            takes = leg_seconds(robot, at, pose, share)
            more = H + leg_information(robot, at, pose, takes, scale)
            ranked.append(((float(np.linalg.slogdet(more)[1]) - known) / takes, k, takes, more))
        ranked.sort(key=lambda entry: -entry[0])
        found = next((entry for entry in ranked if free(at, left[entry[1]])), None)
        if found is None:
            break
        _, k, takes, H = found
        at = left.pop(k)
        chosen.append(at)
        used += takes
    return chosen
