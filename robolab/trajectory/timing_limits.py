"""The limits that a motion must keep, as rows for the solver and as shares used by a trajectory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.errors import PlanningError
from robolab.core.transforms import Array
from robolab.robots.model import Payload, RobotModel
from robolab.trajectory.loads import Load, LoadRange, ends, off_centre_torque
from robolab.trajectory.timing_solver import Rows
from robolab.trajectory.tool_motion import tool_motion
from robolab.trajectory.trajectory import LegRequirements

_LEAST_RESERVE = 1e-3
"""Share of the torque limit that must be left to move at all while holding still."""
_DOUBT_WHILE_MOVING = 2.0
"""What a centre of mass that is off adds in motion, beside what it adds at rest; the result is checked in full."""


@dataclass(frozen=True)
class MotionLimits:
    """Everything that bounds how fast one path may be run through.

    Attributes:
        load: What the tool carries, or may carry.
        velocity, acceleration, jerk: Shape (n,), share of the leg applied.
        tool_speed, tool_acceleration: Of the tool centre point [m/s, m/s2], or None.
    """

    robot: RobotModel
    load: Load
    velocity: Array
    acceleration: Array
    jerk: Array
    tool_speed: float | None
    tool_acceleration: float | None

    @classmethod
    def of(
        cls, robot: RobotModel, load: Load, requirements: LegRequirements | None
    ) -> MotionLimits:
        share = 1.0 if requirements is None else requirements.limits_share
        return cls(
            robot=robot,
            load=load,
            velocity=robot.limits.velocity * share,
            acceleration=robot.limits.acceleration * share,
            jerk=robot.limits.jerk * share,
            tool_speed=None if requirements is None else requirements.tool_speed,
            tool_acceleration=None if requirements is None else requirements.tool_acceleration,
        )

    @property
    def loads(self) -> tuple[Payload | None, ...]:
        """Payloads with each of which the torque has to be within its limits."""
        return ends(self.load)

    def torque(self, q: Array, qd: Array, qdd: Array, payload: Payload | None) -> Array:
        """Joint torques of motions through positions (k, n), without friction, shape (k, n) or (m, k, n)."""
        return self.robot.inverse_dynamics(q, qd, qdd, payload)

    def doubt(self, q: Array, qd: Array, qdd: Array) -> Array:
        """What a centre of mass that is off may add to the torque, of the shape of qd."""
        return off_centre_torque(self.robot, self.load, q, qd, qdd)


def friction_signs(direction: Array, speed_limit: Array) -> tuple[Array, Array]:
    """Say where friction may oppose upward and downward motion.

    Friction is charged where it hurts and never credited where it helps, since it may be less
    than thought. Joints that hardly move beside the others, and samples next to a reversal,
    are charged both ways.

    Args:
        direction: Joint velocities by time or path parameter, shape (k, n).
    Returns:
        1.0 or 0.0 for up and for down, shapes (k, n).
    """
    share = direction / speed_limit
    hardly = 1e-7 * np.max(np.abs(share), axis=1, keepdims=True)
    return _with_neighbours(share >= -hardly), _with_neighbours(share <= hardly)


def _with_neighbours(flag: np.ndarray) -> Array:
    spread = flag.copy()
    spread[1:] |= flag[:-1]
    spread[:-1] |= flag[1:]
    return spread.astype(float)


def rows_along(
    limits: MotionLimits, P: Array, where: Array, margin: Array, jerk_margin: Array
) -> Rows:
    """Express the limits along a path as rows for the solver.

    Args:
        P: The path and its first three derivatives by u at the collocation points, (4, k, n).
        where: Share of the path at those points, for messages, shape (k,).
        margin, jerk_margin: Share of each limit, and of that of jerk, held back for what happens between
            the points, shape (k,).
    Raises:
        PlanningError: a joint cannot even hold the arm with its payload still.
    """
    q, d1, d2, d3 = P
    keep = 1.0 - margin
    velocity_bound = np.max(np.abs(d1) / limits.velocity, axis=1) ** 2
    by_load = [_torque_rows(limits, load, P, where, margin) for load in limits.loads]
    torque, up, down, rising, falling = (
        np.concatenate(parts, axis=-1) for parts in zip(*by_load, strict=True)
    )
    acceleration = limits.acceleration * keep[:, None]
    jerk = limits.jerk * (1.0 - jerk_margin)[:, None]
    tool_bound, cone = _tool_rows(limits, q, d1, d2, keep)
    speed_bound = np.maximum(velocity_bound, tool_bound)
    return _stack(
        speed=speed_bound / keep**2,
        acceleration=np.stack([d2 / acceleration, 0.5 * d1 / acceleration]),
        torque=torque,
        reserve=np.hstack([up, down]),
        drag=np.hstack([rising, falling]),
        jerk=np.stack([d3, 1.5 * d2, 0.5 * d1]) / jerk,
        cone=cone,
    )


def _torque_rows(
    limits: MotionLimits, load: Payload | None, P: Array, where: Array, margin: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """Shares of the torque limits with one load.

    Returns:
        What x and x' ask, shape (2, k, n); what is left for them upwards and downwards; and what friction
        takes of it either way, each of shape (k, n).
    """
    q, d1, d2, _ = P
    robot, still = limits.robot, np.zeros_like(q)
    gravity, inertial, a = limits.torque(
        q, np.stack([still, still, d1]), np.stack([still, d1, d2]), load
    )
    inertial, a = inertial - gravity, a - gravity
    up, down = friction_signs(d1, limits.velocity)
    t, coulomb, viscous = robot.limits.torque, robot.motors.coulomb, robot.motors.viscous
    reserve = np.hstack([1.0 - (gravity + up * coulomb) / t, 1.0 + (gravity - down * coulomb) / t])
    if isinstance(limits.load, LoadRange):
        reserve -= np.tile(_DOUBT_WHILE_MOVING * limits.doubt(q, still, still) / t, 2)
    _check_holding(limits, load, gravity, reserve, where)
    reserve = reserve - np.minimum(margin[:, None], 0.5 * reserve)
    n = robot.dof
    drag = np.maximum(d1, 0.0) * (viscous / t), np.maximum(-d1, 0.0) * (viscous / t)
    return np.stack([a / t, 0.5 * inertial / t]), reserve[:, :n], reserve[:, n:], *drag


def _stack(
    speed: Array,
    acceleration: Array,
    torque: Array,
    reserve: Array,
    drag: Array,
    jerk: Array,
    cone: Array,
) -> Rows:
    """Put limits of shape (…, k, n) into rows of shape (…, rows, k), both ways where they are two-sided."""
    n, k = jerk.shape[2], jerk.shape[1]
    count = 1 + 2 * n + reserve.shape[1]
    linear = np.zeros((2, count, k))
    linear[0, 0] = speed
    two_sided = np.concatenate([acceleration, -acceleration, torque, -torque], axis=2)
    linear[:, 1:] = two_sided.swapaxes(1, 2)
    bound = np.ones((count, k))
    friction = np.zeros_like(bound)
    bound[1 + 2 * n :] = reserve.T
    friction[1 + 2 * n :] = drag.T
    both = np.concatenate([jerk, -jerk], axis=2).swapaxes(1, 2)
    return Rows(linear, bound, friction, np.ascontiguousarray(both), cone)


def _tool_rows(
    limits: MotionLimits, q: Array, d1: Array, d2: Array, keep: Array
) -> tuple[Array, Array]:
    """Bound on x by the tool's speed, shape (k,), and the cone of its acceleration."""
    points = q.shape[0]
    bound: Array = np.zeros((points,))
    cone: Array = np.zeros((2, 0, 3, points))
    if limits.tool_speed is None and limits.tool_acceleration is None:
        return bound, cone
    _, v, a = tool_motion(limits.robot.chain, q, d1, d2)
    if limits.tool_speed is not None:
        bound = np.square(np.linalg.norm(v, axis=1) / limits.tool_speed)
    if limits.tool_acceleration is not None:
        cone = np.stack([a.T, 0.5 * v.T])[:, None] / (limits.tool_acceleration * keep)
    return bound, cone


def _check_holding(
    limits: MotionLimits, payload: Payload | None, gravity: Array, reserve: Array, where: Array
) -> None:
    at, column = np.unravel_index(int(np.argmin(reserve)), reserve.shape)
    if reserve[at, column] > _LEAST_RESERVE:
        return
    robot, joint = limits.robot, int(column) % limits.robot.dof
    load = "no payload" if payload is None else f"a payload of {payload.mass:g} kg"
    limit, coulomb = robot.limits.torque[joint], robot.motors.coulomb[joint]
    raise PlanningError(
        f"joint {robot.joints[joint]!r} cannot hold {load} still at {where[at]:.0%} of the path: "
        f"torque {gravity[at, joint]:.1f} N m and friction {coulomb:.1f} N m against a limit of {limit:.1f} N m",
        field="payload.mass",
        value=None if payload is None else payload.mass,
        expected="a lighter payload or a path nearer to the base",
    )
