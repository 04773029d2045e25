"""A program as samples over its cycle time, for plots and tables; never for checks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.model import RobotModel
from robolab.trajectory.trajectory import Dwell, Leg, Program


@dataclass(frozen=True)
class Series:
    """Samples of a whole program.

    Attributes:
        time: Since the start of the cycle, never falling, shape (k,) [s].
        position, velocity, acceleration: Shape (k, n) [rad and per s, s2].
        torque: What the drives must give, payload and friction included, shape (k, n) [N m].
        tcp: Tool centre point in world, shape (k, 3) [m].
        carrying: Whether something is held, shape (k,).
        legs: Start and end of each leg, shape (l, 2) [s].
        outputs: Instant, name, value and object of each output.
    """

    time: Array
    position: Array
    velocity: Array
    acceleration: Array
    torque: Array
    tcp: Array
    carrying: np.ndarray
    legs: Array
    outputs: tuple[tuple[float, str, bool, str], ...]


def sample(program: Program, robot: RobotModel, points: int = 900) -> Series:
    """Sample a program at about `points` instants, spread over its legs by their duration."""
    step = max(program.duration, 1e-3) / points
    blocks: list[tuple[Array, ...]] = []
    legs: list[tuple[float, float]] = []
    outputs: list[tuple[float, str, bool, str]] = []
    now = 0.0
    for item in program.items:
        if isinstance(item, Leg):
            end = now + item.trajectory.duration
            blocks.append(_leg_block(robot, item, now, step))
            legs.append((now, end))
            now = end
        elif isinstance(item, Dwell):
            now += item.seconds
        else:
            outputs.append((now, item.name, item.value, item.grasps or item.releases or ""))
    if not blocks:
        blocks = [
            tuple(np.zeros((0, k)) for k in (1, robot.dof, robot.dof, robot.dof, robot.dof, 3, 1))
        ]
    time, q, qd, qdd, torque, tcp, held = (
        np.concatenate(part) for part in zip(*blocks, strict=True)
    )
    return Series(
        time[:, 0],
        q,
        qd,
        qdd,
        torque,
        tcp,
        held[:, 0] > 0.5,
        np.array(legs).reshape(-1, 2),
        tuple(outputs),
    )


def _leg_block(robot: RobotModel, leg: Leg, now: float, step: float) -> tuple[Array, ...]:
    motion = leg.trajectory
    t = np.linspace(0.0, motion.duration, max(int(np.ceil(motion.duration / step)), 12) + 1)
    q, qd, qdd = motion.position(t), motion.velocity(t), motion.acceleration(t)
    friction = robot.motors.viscous * qd + robot.motors.coulomb * np.sign(qd)
    torque = robot.inverse_dynamics(q, qd, qdd, leg.payload) + friction
    tcp = np.array([robot.fk(row)[:3, 3] for row in q])
    held = np.full((t.size, 1), float(leg.carried is not None))
    return (now + t)[:, None], q, qd, qdd, torque, tcp, held
