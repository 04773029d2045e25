"""Moves between a pallet and a belt: straight up out of the pile, over in an arc about the base, straight down.

The tool's way is a spline in cylindrical coordinates about the robot's base, so that an arm swings as it best can. Joint
positions follow along it, the checker looks at arm, tool and every perceived case, and the timing takes the least time
that the joints and the load allow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.interpolate import BSpline, make_interp_spline
from scipy.spatial.transform import Rotation

from robolab.core.errors import PlanningError
from robolab.core.transforms import Array, pose
from robolab.kernels.compiled import CompiledChecker
from robolab.kernels.compiled_data import pack_chain
from robolab.kernels.compiled_ik import follow, tool_poses
from robolab.kernels.obstacles import Obstacles, Sized
from robolab.planning.checks import within_limits
from robolab.planning.contract import NoPlan, Reason
from robolab.robots.model import Payload, RobotModel
from robolab.trajectory.polynomial import from_bspline
from robolab.trajectory.timing import TimingSettings, time_path
from robolab.trajectory.trajectory import LegRequirements, Trajectory

_SAMPLES, _EVERY, _DEGREE = 64, 4, 5
_ITERATIONS, _TOLERANCE, _JUMP = 25, 1e-10, 0.35
_SETTINGS = TimingSettings(spans=256, refinements=1)
"""Refined less often than for programs: forty picks are timed where a program has a few moves."""
_RISE = {True: (0.0, 0.34, 0.67, 1.0), False: (0.0, 0.5, 1.0)}
"""Control points on the straight way: four hold a cubic spline to it."""
_CORNER = 0.3
"""Share of the way across that a cut corner takes."""
_LEG = LegRequirements(clearance=0.0, carried_clearance=0.0)


@dataclass(frozen=True)
class Stop:
    """Where a move begins or ends.

    Attributes:
        X_world_tcp: Shape (4, 4), the tool's z axis down.
        straight: Way up from it that stays straight [m].
        square: Rise to the full height before going sideways; otherwise the corner is cut.
        exact: Stay on the straight way to its end. Otherwise the tool begins, a few millimetres at first, to drift off on
            the way up, which bends it less and saves a sixth of the time.
    """

    X_world_tcp: Array
    straight: float
    square: bool = False
    exact: bool = True


@dataclass(frozen=True)
class Move:
    """A timed move, at rest at both ends, with the lift's height during it [m]."""

    trajectory: Trajectory
    lift: float
    length: float

    @property
    def duration(self) -> float:
        return self.trajectory.duration

    @property
    def end(self) -> Array:
        return self.trajectory.position(self.duration)


class PalletArm:
    """An arm that stands on a lift, or fast on the floor, and moves cases.

    Args:
        still: What stands around it in world, without what is on the pallet.
        column: What carries the base, and rises and sinks with it.
        speed: Greatest of the tool [m/s].
        turn: Of the tool about its axis against the arm's swing, around which it is kept within half a turn, so that
            the last joint does not wind up [rad].
    """

    def __init__(
        self, robot: RobotModel, still: Sequence[Sized], column: Sequence[Sized], speed: float
    ) -> None:
        self.turn = 0.0
        self.robot, self._still, self._speed = robot, tuple(still), speed
        self._column = tuple(column)
        self._packed = pack_chain(robot.chain)
        self.base = float(robot.X_world_base[2, 3])

    def checker(self, boxes: Sequence[Sized], lift: float, clearance: float) -> CompiledChecker:
        """Return what tells whether the arm touches anything, at a height of its lift [m].

        Args:
            boxes: Of cases, in world.
            clearance: To keep [m].
        """
        down = pose([0.0, 0.0, self.base - lift])
        lowered = [(name, down @ X, half) for name, X, half in (*self._still, *boxes)]
        around = Obstacles.of([*lowered, *self._column], [], [])
        return CompiledChecker(
            self.robot.chain, self.robot.spheres, around, clearance, hulls=self.robot.hulls
        )

    def tool(self, move: Move, times: Array) -> Array:
        """Return X_world_tcp at times of a move, shape (m, 4, 4)."""
        Q = np.ascontiguousarray(move.trajectory.position(times))
        X = tool_poses(self._packed.rows, self._packed.ends, Q)
        X[:, 2, 3] += move.lift - self.base
        return X

    def cylindrical(self, X_world_tcp: Array) -> Array:
        """Radius, angle and height about the base's axis, and the tool's turn against the angle, shape (4,)."""
        x, y, z = X_world_tcp[:3, 3]
        angle = float(np.arctan2(y, x))
        turn = float(np.arctan2(X_world_tcp[1, 0], X_world_tcp[0, 0])) - angle
        return np.array([np.hypot(x, y), angle, z, self.turn + _wrapped(turn - self.turn)])

    def way(
        self, start: Stop, goal: Stop, q_start: Array, height: float, count: int = _SAMPLES
    ) -> Array:
        """Return poses of the tool in world along a move, shape (count + 1, 4, 4).

        Args:
            q_start: Joint positions at the start, shape (n,).
            height: That the middle of the way keeps [m].
        """
        a, b = self.cylindrical(start.X_world_tcp), self.cylindrical(goal.X_world_tcp)
        wound = self.turn - float(
            q_start[-1]
        )  # the last joint says which of its turns the start is in
        a[3] = wound + _wrapped(a[3] - wound)
        up_a, up_b = (np.array([0.0, 0.0, stop.straight, 0.0]) for stop in (start, goal))
        top_a, top_b = (np.array([p[0], p[1], max(height, p[2]), p[3]]) for p in (a, b))
        rise = [a + share * up_a for share in _RISE[start.exact]]
        fall = [b + share * up_b for share in reversed(_RISE[goal.exact])]
        shares = (0.0,) * start.square + (_CORNER, 1.0 - _CORNER) + (1.0,) * goal.square
        over = [top_a + share * (top_b - top_a) for share in shares]
        control = np.array([*rise, *over, *fall])
        knots = np.r_[np.zeros(3), np.linspace(0.0, 1.0, len(control) - 2), np.ones(3)]
        u = np.linspace(0.0, 1.0, count + 1)
        return _poses(BSpline(knots, control, 3)(u))

    def _handed(self, q: Array) -> float:
        """Sign of the Jacobian's determinant, which changes where an arm of six joints turns over; else 0."""
        J = self.robot.jacobian(q)
        return float(np.sign(np.linalg.det(J))) if J.shape == (6, 6) else 0.0

    def plan(
        self,
        start: Stop,
        goal: Stop,
        q_start: Array,
        height: float,
        lift: float,
        checker: CompiledChecker,
        payload: Payload | None = None,
        acceleration: float | None = None,
    ) -> Move | NoPlan:
        """Plan one move from joint positions at its start.

        Args:
            q_start: Shape (n,) [rad]; at `start`, or near it.
            payload, acceleration: What is carried, and the most that its grip bears of the tool [m/s2].
        Returns:
            Why there is none: out of reach, a joint's limit, something on the way.
        """
        poses = self.way(start, goal, q_start, height)
        poses[:, 2, 3] += self.base - lift
        Q = np.zeros((len(poses), self.robot.dof))
        J = np.zeros((len(poses), 6, self.robot.dof))
        rows, ends = self._packed.rows, self._packed.ends
        reached = follow(rows, ends, poses, q_start, Q, J, _ITERATIONS, _TOLERANCE)
        if reached < len(poses):
            return NoPlan("goal unreachable", f"reached {reached / len(poses):.0%} of the way")
        if np.abs(np.diff(Q, axis=0)).max() > _JUMP:
            return NoPlan("singular on the way", "a joint would turn over")
        if self._handed(Q[0]) != self._handed(Q[-1]):
            return NoPlan("singular on the way", "it would end bent the other way round")
        if not within_limits(self.robot, Q):
            low, high = self.robot.limits.lower, self.robot.limits.upper
            over = np.maximum(low - Q, Q - high).max(axis=0)
            name = self.robot.joints[int(np.argmax(over))]
            return NoPlan("goal unreachable", f"{name} would pass its limit", (name,))
        share = np.linspace(0.0, 1.0, len(Q))[::_EVERY]
        spline = make_interp_spline(share, Q[::_EVERY], k=_DEGREE)
        path = from_bspline(spline.t, spline.c)
        at_goal = checker.colliding_bodies(Q[-1])
        if at_goal:
            return _touching("goal in collision", at_goal)
        touch = checker.curve_touch(path)
        if touch is not None:
            return _touching("collision on the way", checker.colliding_bodies(path(touch)))
        asked = replace(_LEG, tool_speed=self._speed, tool_acceleration=acceleration)
        try:
            moving = time_path(
                self.robot, path, payload=payload, requirements=asked, settings=_SETTINGS
            )
        except PlanningError as error:
            return NoPlan("goal unreachable", str(error))
        length = float(np.linalg.norm(np.diff(poses[:, :3, 3], axis=0), axis=1).sum())
        return Move(moving, lift, length)


def _touching(reason: Reason, pairs: tuple[tuple[str, str], ...]) -> NoPlan:
    return NoPlan(reason, str(pairs), tuple(body for _, body in pairs))


def _wrapped(angle: float) -> float:
    return float((angle + np.pi) % (2.0 * np.pi) - np.pi)


def _poses(points: Array) -> Array:
    """Poses with the tool straight down; cups bear the tilt of a case."""
    poses = np.tile(np.eye(4), (len(points), 1, 1))
    poses[:, 0, 3] = points[:, 0] * np.cos(points[:, 1])
    poses[:, 1, 3] = points[:, 0] * np.sin(points[:, 1])
    poses[:, 2, 3] = points[:, 2]
    turns = np.c_[points[:, 3] + points[:, 1], np.full(len(points), np.pi)]
    poses[:, :3, :3] = Rotation.from_euler("ZX", turns).as_matrix()
    return poses
