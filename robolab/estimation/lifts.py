"""Lifts that never were: joint signals of an arm whose friction, gains, noise and load are drawn at random.

They start from what was identified of one real arm. Noise is as strong as what the model leaves unexplained of that
arm's own logs, or stronger, and lasts as long; friction differs from what was identified as it did from one real run
to the next, or more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from robolab.core.transforms import Array
from robolab.estimation.drive import LOAD as BY_LOAD
from robolab.estimation.drive import Drives, current_of
from robolab.estimation.model import LoadModel
from robolab.estimation.rigid import PARAMETERS, arm_torque, motion_of, payload_columns
from robolab.estimation.simulated import current_noise
from robolab.estimation.smooth import Smooth, samples_in, smoothed
from robolab.robots.model import RobotModel
from robolab.trajectory.jerk_limited import Bounds, JerkLimited, State

WAIT = 0.16
"""How long an arm stands at most before it moves [s]."""
_AWAY = 0.8
"""Spread of the way that each joint goes [rad or m]."""
_TURNS = (0.02, 0.12)
"""Radii of gyration of a load [m]."""
_ENCODER, _SPEED = 2e-5, 1e-3
"""Noise of measured positions and velocities [rad, rad/s]."""
_TEETH, _KEPT = 8, 0.3
"""Every range falls into so many parts, and this share in the middle of each is left to the figures."""


class Moves(NamedTuple):
    """Motions from rest, B of them at T instants: time (T,) [s]; q, qd, qdd (B, T, n)."""

    time: Array
    q: Array
    qd: Array
    qdd: Array


@dataclass(frozen=True)
class Ranges:
    """How far an arm may differ from what was identified.

    Attributes:
        mass: Of the load [kg]. off: Its centre of mass from tcp [m].
        noise: White and slow noise over what was identified.
        friction: Change of Coulomb and viscous friction over the spread between real runs.
        shape: Factors of Stribeck's terms and of friction's dependence on load.
        gain: Standard deviation of each joint's gain, a share.
    """

    mass: tuple[float, float] = (0.0, 10.0)
    off: tuple[float, float] = (0.0, 0.15)
    noise: tuple[float, float] = (1.0, 1.8)
    friction: tuple[float, float] = (0.3, 2.0)
    shape: tuple[float, float] = (0.6, 1.4)
    gain: float = 0.01


class Loads(NamedTuple):
    """B rigid loads in tcp: mass (B,) [kg], com (B, 3) [m], inertia about it (B, 3, 3) [kg m2]."""

    mass: Array
    com: Array
    inertia: Array

    def parameters(self) -> Array:
        """Return ten inertial parameters each, about tcp, shape (B, 10)."""
        m, c = self.mass[:, None, None], self.com
        square = np.einsum("bi,bi->b", c, c)[:, None, None] * np.eye(3)
        about = self.inertia + m * (square - np.einsum("bi,bj->bij", c, c))
        upper = [about[:, i, j] for i, j in ((0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2))]
        return np.stack([self.mass, *(self.mass[:, None] * c).T, *upper], axis=1)


class Recordings(NamedTuple):
    """What controllers would have recorded, and the truth.

    Attributes:
        time: Shape (T,) [s]; q, qd, current: shape (B, T, n).
        mass, com: The load's, in tcp, shapes (B,) [kg] and (B, 3) [m].
    """

    time: Array
    q: Array
    qd: Array
    current: Array
    mass: Array
    com: Array


def lifts(
    robot: RobotModel,
    count: int,
    period: float,
    seconds: float,
    rng: np.random.Generator,
    wait: float | None = None,
) -> Moves:
    """Draw moves from rest, as fast as a random share of the limits allows; afterwards the arm holds still.

    Args:
        seconds: From the beginning of the motion to the end of the recording.
        wait: How long the arm stands before [s]; drawn from up to `WAIT` without it.
    """
    limits = robot.limits
    time = np.arange(round((seconds + WAIT) / period) + 1, dtype=float) * period
    jets = np.empty((3, count, len(time), robot.dof))
    for row in range(count):
        share = rng.uniform(0.25, 1.0)
        bounds = Bounds(*(share * x for x in (limits.velocity, limits.acceleration, limits.jerk)))
        start = _anywhere(robot, rng)
        goal = np.clip(start + _AWAY * rng.normal(size=robot.dof), limits.lower, limits.upper)
        curve = JerkLimited(bounds).reach(State.at_rest(start), goal)
        assert curve is not None, "from rest to rest there is always a way"
        since = time - (rng.uniform(0.0, WAIT) if wait is None else wait)
        jets[:, row] = curve.jet(since, 2)
        jets[1:, row, (since < 0.0) | (since > curve.end)] = 0.0
    return Moves(time, *jets)


def _anywhere(robot: RobotModel, rng: np.random.Generator) -> Array:
    half = np.minimum(0.5 * (robot.limits.upper - robot.limits.lower), 0.9)
    q = robot.home + half * rng.uniform(-1.0, 1.0, robot.dof)
    q[0] = rng.uniform(-np.pi, np.pi)
    return np.clip(q, robot.limits.lower, robot.limits.upper)


def random_loads(count: int, rng: np.random.Generator, ranges: Ranges | None = None) -> Loads:
    """Draw boxes of any size, their centre off in any direction."""
    ranges = ranges or Ranges()
    mass, way = rng.uniform(*ranges.mass, count), rng.normal(size=(count, 3))
    com = way / np.linalg.norm(way, axis=1, keepdims=True) * rng.uniform(*ranges.off, (count, 1))
    square = (rng.uniform(*_TURNS, (count, 3)) / np.sqrt(2.0)) ** 2
    about = mass[:, None] * (square.sum(1, keepdims=True) - square)
    return Loads(mass, com, np.einsum("bi,ij->bij", about, np.eye(3)))


def record(
    robot: RobotModel,
    model: LoadModel,
    moves: Moves,
    loads: Loads,
    rng: np.random.Generator,
    ranges: Ranges | None = None,
    unseen: bool = False,
) -> Recordings:
    """Draw an arm for each move, and record how it carries a load.

    Args:
        unseen: Noise and friction come from parts of their ranges that are left out otherwise.
    """
    ranges = ranges or Ranges()
    motion = motion_of(robot.linkage, moves.q, moves.qd, moves.qdd)
    torque = arm_torque(robot.linkage, motion, np.array(model.inertial).ravel())
    columns = payload_columns(robot.linkage, motion, PARAMETERS)
    torque += np.einsum("btnk,bk->btn", columns, loads.parameters())
    current = np.empty_like(torque)
    for row in range(len(torque)):
        drives = _another(model.drives(robot), model, ranges, unseen, rng)
        current[row], _ = current_of(drives, torque[row], moves.qd[row], moves.qdd[row])
        current[row] += _stiction(drives, moves.qd[row], rng)
    noise = _between(ranges.noise, unseen, rng, (len(torque), 1, 1))
    period, drawn = float(moves.time[1] - moves.time[0]), current.shape[1]
    known = current_noise(model.noise, period)
    current += noise * known.series(drawn, period, rng, (len(torque),))
    q = moves.q + _ENCODER * rng.normal(size=moves.q.shape)
    qd = moves.qd + _SPEED * rng.normal(size=moves.qd.shape)
    return Recordings(moves.time, q, qd, current, loads.mass, loads.com)


def smooth_all(recordings: Recordings, step: float) -> Smooth:
    """Smooth all recordings as the on-line estimators do, an instant every `step` seconds, shape (B, K, ...)."""
    period = float(recordings.time[1] - recordings.time[0])
    count, every = samples_in(period), max(round(step / period), 1)
    first = np.arange(0, len(recordings.time) - count + 1, every)
    rows = first[:, None] + np.arange(count)
    time = np.broadcast_to(recordings.time[rows], (len(recordings.q), *rows.shape))
    return smoothed(time, *(x[:, rows] for x in (recordings.q, recordings.qd, recordings.current)))


def _between(
    span: tuple[float, float], unseen: bool, rng: np.random.Generator, shape: tuple[int, ...]
) -> Array:
    """Draw from a span: from the parts that are left to figures, or from all others."""
    share = rng.uniform(0.0, _KEPT if unseen else 1.0 - _KEPT, shape)
    # Training has what lies on both sides of the middle of a part, joined here across the part's end.
    begin = 0.5 * (1.0 - _KEPT) if unseen else 0.5 * (1.0 + _KEPT)
    share = (rng.integers(0, _TEETH, shape) + (begin + share) % 1.0) / _TEETH
    return span[0] + share * (span[1] - span[0])


def _another(
    drives: Drives, model: LoadModel, ranges: Ranges, unseen: bool, rng: np.random.Generator
) -> Drives:
    """Return drives that differ from those identified."""
    n, noise = len(drives.gain), model.noise
    friction = drives.friction.copy()
    change = _between(ranges.friction, unseen, rng, (2, n)) * rng.choice([-1.0, 1.0], (2, n))
    friction[:, :2] += (change * np.array([noise.coulomb, noise.viscous])).T
    friction[:, 2:5] *= _between(ranges.shape, unseen, rng, (n, 3))
    friction[:, BY_LOAD] *= _between(ranges.shape, unseen, rng, (n,))
    common = 1.0 + model.gain_share * rng.normal()
    gain = drives.gain * common * (1.0 + ranges.gain * rng.normal(size=n))
    return drives._replace(gain=gain, friction=friction)


def _stiction(drives: Drives, qd: Array, rng: np.random.Generator) -> Array:
    """Current that friction takes over while a joint stands, anywhere between its two breakaway currents."""
    standing = np.abs(qd) < 1e-6
    held: Array = rng.uniform(-1.0, 1.0, (2, qd.shape[1])) * np.abs(drives.friction[:, 0])
    before = np.cumsum(~standing, axis=0) == 0
    return standing * np.where(before, held[0], held[1])
