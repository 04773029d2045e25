"""The motion of a load trial: down to a box, up with it, and to and fro, elsewhere and as fast as a seed says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.rng import stream
from robolab.core.transforms import Array, pose_rpy
from robolab.planning.ik import solve_ik
from robolab.robots.model import RobotModel

_REACH, _DEPTH = (0.6, 0.85), (-0.4, -0.1)
"""Where the box stands: how far in front of the arm, and how high [m]."""
_OFF = 0.05
"""How far from the middle of the box it is taken at most [m]."""
_HEIGHT, _ASIDE = (0.15, 0.25), ((-0.2, 0.1), (-0.6, -0.3))
"""How high it is lifted, and how far carried, along x and y [m]."""
_DOWN, _SEAL = 0.6, 0.5
_LIFT, _SWING = (0.45, 0.9), (0.8, 1.6)
"""How long the lift and each swing take [s]."""
_PAUSE, _END = 0.1, 0.8
_ROOM = (0.5, -0.45, -0.1), (0.85, 0.45, 0.4)
"""Corners of the space that an arm without a load moves in [m]."""
_RESTS, _REST = 0.2, (0.2, 0.6)
"""How often it rests between two moves, and how long [s]."""
_STEP = 0.01
_SPEED = 0.9
"""Share of the joints' speed limits that is used at most."""
_PEAK = 1.875
"""Highest speed of a leg over its mean speed."""
_EARLIEST, _LATEST = 0.35, 0.15
"""What happens comes at least so long after the lift began, and before the arm stands at the end [s]."""


@dataclass(frozen=True)
class TrialMotion:
    """A motion, and when what is done in it [s].

    Attributes:
        box: Where the middle of the box is, shape (3,) [m].
        time, q: Shapes (k,) [s] and (k, n) [rad or m].
        closes, lifts, happens: When the valve closes, when the lift begins, and when something happens.
        lift_seconds: How long the lift takes.
        lift_speed: Highest speed of the tool in the lift, about [m/s].
    """

    box: Array
    time: Array
    q: Array
    closes: float
    lifts: float
    happens: float
    lift_seconds: float
    lift_speed: float

    def speed(self, time: float) -> float:
        """Return how fast the faster of shoulder and elbow turns [rad/s], which carry the load; 0 after the motion."""
        if not self.time[0] <= time <= self.time[-1]:
            return 0.0
        k = int(np.clip(np.searchsorted(self.time, time), 1, len(self.time) - 1))
        step = (self.q[k] - self.q[k - 1]) / (self.time[k] - self.time[k - 1])
        return float(np.abs(step[1:3]).max())


def trial_motion(robot: RobotModel, side: float, seed: int) -> TrialMotion:
    """Draw a motion.

    Args:
        side: Of the box [m].
    """
    rng = stream(seed, "trial")
    box = np.array([rng.uniform(*_REACH), rng.uniform(-0.1, 0.2), rng.uniform(*_DEPTH)])
    top = box + np.append(rng.uniform(-_OFF, _OFF, 2), 0.5 * side)
    height = np.array([0.0, 0.0, rng.uniform(*_HEIGHT)])
    aside = np.array([*(rng.uniform(*span) for span in _ASIDE), 0.0])
    up = _joints(robot, top + height, rng, robot.home)
    down = _joints(robot, top, rng, up)
    away = _joints(robot, top + height + aside, rng, up)
    fastest = _SPEED / _PEAK * robot.limits.velocity
    lift = max(rng.uniform(*_LIFT), float(np.max(np.abs(up - down) / fastest)))
    swing = max(rng.uniform(*_SWING), float(np.max(np.abs(away - up) / fastest)))
    legs = [
        (_PAUSE, up, up),
        (_DOWN, up, down),
        (_SEAL, down, down),
        (lift, down, up),
        (swing, up, away),
        (swing, away, up),
        (_END, up, up),
    ]
    time, q = _through(legs)
    lifts = _PAUSE + _DOWN + _SEAL
    happens = rng.uniform(lifts + _EARLIEST, lifts + lift + 2.0 * swing - _LATEST)
    speed = _PEAK * float(height[2]) / lift
    return TrialMotion(box, time, q, _PAUSE + _DOWN, lifts, float(happens), lift, speed)


def empty_motion(robot: RobotModel, seconds: float, seed: int) -> tuple[Array, Array]:
    """Draw times and positions, shapes (k,) [s] and (k, n), of an arm that goes from place to place and rests now and then."""
    rng = stream(seed, "empty")
    legs = list[tuple[float, Array, Array]]()
    at, passed = robot.home, 0.0
    while passed < seconds:
        if rng.uniform() < _RESTS:
            legs.append((rng.uniform(*_REST), at, at))
        else:
            goal = _joints(robot, rng.uniform(*_ROOM), rng, at)
            fastest = _SPEED / _PEAK * robot.limits.velocity
            least = float(np.max(np.abs(goal - at) / fastest))
            legs.append((max(least, rng.uniform(*_SWING)), at, goal))
            at = goal
        passed += legs[-1][0]
    return _through(legs)


def _through(legs: list[tuple[float, Array, Array]]) -> tuple[Array, Array]:
    """From rest to rest, leg by leg: seconds, where from, where to."""
    time: list[Array] = []
    q: list[Array] = []
    start = 0.0
    for seconds, a, b in legs:
        t: Array = np.arange(0.0, seconds - 0.5 * _STEP, _STEP)
        u = (t / seconds)[:, None]
        time.append(start + t)
        q.append(a + (10.0 * u**3 - 15.0 * u**4 + 6.0 * u**5) * (b - a))
        start += seconds
    return np.concatenate(time), np.concatenate(q)


def _joints(robot: RobotModel, point: Array, rng: np.random.Generator, near: Array) -> Array:
    """Joint positions with the cup down on a point, the nearest to some others."""
    found = solve_ik(robot, pose_rpy(point, (np.pi, 0.0, 0.0)), rng, reference=near)
    return found[int(np.abs(found - near).max(axis=1).argmin())]
