"""Start and goal pairs for a cell, as many as training wants."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from robolab.core.errors import SceneError
from robolab.core.transforms import Array
from robolab.kernels.batched_cost import ClearanceCost, Situations
from robolab.learning.cell import Cell
from robolab.learning.poses import reach, sample_poses

SOLUTIONS = 8
"""Seeds of inverse kinematics for each tool pose."""
_SEEDS_NEAR_HOME = 2
_NEAR_HOME = 0.4
"""These many of them begin this close to home, so that each pose has the solution a job would choose [rad or m]."""
_CHUNK = 4096
_LEAST_POSES = 20
MOST_CHUNKS = 60
_LINE_POINTS = 24
_FROM_NEAR = 0.6
"""Of problems with the nearest goal, the share whose start is the solution nearest to home."""
HOME_SHARE = 0.08
"""Share of starts and goals that are the home position: every job begins and ends there."""


@dataclass(frozen=True)
class Pairs:
    """Problems: start and goal, shape (P, n), float32, and their situations."""

    start: np.ndarray
    goal: np.ndarray
    situations: Situations

    def __len__(self) -> int:
        return len(self.start)

    def take(self, index: np.ndarray) -> Pairs:
        return Pairs(self.start[index], self.goal[index], self.situations.take(index))

    def join(self, other: Pairs) -> Pairs:
        return Pairs(
            np.concatenate([self.start, other.start]),
            np.concatenate([self.goal, other.goal]),
            self.situations.join(other.situations),
        )


@dataclass(frozen=True)
class Pool:
    """Tool poses and the joint positions that reach each of them.

    Attributes:
        solutions: Shape (P, SOLUTIONS, n) [rad]; where a pose has fewer, they are repeated.
    """

    solutions: Array

    def __len__(self) -> int:
        return len(self.solutions)

    @property
    def flat(self) -> Array:
        """All joint positions, shape (P * SOLUTIONS, n)."""
        return self.solutions.reshape(-1, self.solutions.shape[-1])


def build_pool(cell: Cell, count: int, rng: np.random.Generator) -> Pool:
    """Collect tool poses spread over the work volume that the arm reaches clear of all that never moves.

    Args:
        count: Poses wanted; fewer come back when the volume is hard to reach.
    Raises:
        SceneError: the scene names no work volume, or almost none of it can be reached.
    """
    return collected((reached(cell, rng) for _ in range(MOST_CHUNKS)), count)


def collected(chunks: Iterable[Array], count: int, seconds: float = 1e9) -> Pool:
    """Join chunks of joint positions, shape (p, SOLUTIONS, n), until there are enough or time runs out.

    Raises:
        SceneError: almost none of the poses are reached.
    """
    begin, found, total = time.monotonic(), [], 0
    for chunk, q in enumerate(chunks):
        found.append(q)
        total += len(q)
        late = time.monotonic() - begin > seconds and total >= _LEAST_POSES
        if total >= count or late or (chunk > 8 and total < 4 * chunk):
            break
    if total < _LEAST_POSES:
        raise SceneError(
            f"only {total} of its poses are reached without collision", field="work_volume"
        )
    return Pool(np.concatenate(found)[:count])


def reached(cell: Cell, rng: np.random.Generator) -> Array:
    """Draw a chunk of tool poses; return what reaches them clear of all fixed, shape (p, SOLUTIONS, n).

    Raises:
        SceneError: the scene names no work volume.
    """
    volume = cell.scene.work_volume
    if volume is None:
        raise SceneError(
            "no work volume to train in", field="work_volume", expected="at least one box"
        )
    X = sample_poses(volume, _CHUNK // SOLUTIONS, rng)
    spread = np.where(np.arange(_CHUNK) % SOLUTIONS < _SEEDS_NEAR_HOME, _NEAR_HOME, np.pi)
    q, index = reach(cell.robot, np.repeat(X, SOLUTIONS, axis=0), rng, spread)
    clear = free_of_fixed(cell, cell.cost(slack=0.01), q)
    return _by_pose(q[clear], index[clear] // SOLUTIONS)


def _by_pose(q: Array, pose: np.ndarray) -> Array:
    """Gather joint positions by the pose they reach, repeating them up to SOLUTIONS."""
    order = np.argsort(pose, kind="stable")
    q, pose = q[order], pose[order]
    _, first, number = np.unique(pose, return_index=True, return_counts=True)
    slot = first[:, None] + np.arange(SOLUTIONS) % number[:, None]
    return q[slot.astype(int)].reshape(-1, SOLUTIONS, q.shape[-1])


def free_of_fixed(cell: Cell, cost: ClearanceCost, q: Array) -> np.ndarray:
    """Which joint positions, shape (k, n), keep clear with empty hands and no movable objects."""
    total = len(cell.movables)
    X = np.tile(np.eye(4), (len(q), total, 1, 1))
    nothing = cell.situations(X, np.zeros((len(q), total), bool), np.full(len(q), -1))
    return cost.numbers(q, nothing)["depth"] < 0.0


class PairSource:
    """Draws problems from a pool: both ends clear, and not too many joined by a free straight line.

    Args:
        free_share: Largest share of problems that a straight line solves.
        carrying, placed: Shares of problems with a held object, and with objects at the job's places.
        near: Share of problems whose goal is, of the solutions of its pose, the one nearest to the start, as
            a job would choose, and most of them start near home; those with a held object all do. The others take any.
    """

    def __init__(
        self, cell: Cell, pool: Pool, free_share: float, carrying: float, placed: float, near: float
    ) -> None:
        self.cell, self.pool, self.free_share = cell, pool, free_share
        self.carrying, self.placed, self.near = carrying, placed, near
        self.cost = cell.cost(slack=0.01)

    def draw(self, count: int, rng: np.random.Generator) -> Pairs:
        """Draw `count` problems."""
        got: Pairs | None = None
        while got is None or len(got) < count:
            more = self._some(max(count, 64), rng)
            got = more if got is None else got.join(more)
        return got.take(np.arange(count))

    def _some(self, count: int, rng: np.random.Generator) -> Pairs:
        candidates = self.ends_clear(self._candidates(2 * count, rng))
        free = straight_free(self.cost, candidates)
        blocked, easy = np.flatnonzero(~free), np.flatnonzero(free)
        most = int(len(blocked) * self.free_share / (1.0 - self.free_share)) + 1
        return candidates.take(rng.permutation(np.concatenate([blocked, easy[:most]])))

    def _candidates(self, count: int, rng: np.random.Generator) -> Pairs:
        situations = self.cell.draw(count, self.carrying, self.placed, rng)
        pose = rng.integers(0, len(self.pool), (2, count))
        start = self.pool.solutions[pose[0], rng.integers(0, SOLUTIONS, count)]
        ways = self.pool.solutions[pose[1]]
        held = situations.carried >= 0
        near = held | (rng.random(count) < self.near)
        from_near = held | (near & (rng.random(count) < _FROM_NEAR))
        home = rng.random((2, count)) < HOME_SHARE * (self.carrying > 0.0)
        start = np.where(from_near[:, None], self._near_home(pose[0]), start)
        start = np.where(home[0][:, None], self.cell.robot.home, start)
        travel = np.abs(ways - start[:, None]) / self.cell.robot.limits.velocity
        nearest = np.argmin(travel.max(axis=-1), axis=1)
        chosen = np.where(near, nearest, rng.integers(0, SOLUTIONS, count))
        goal = ways[np.arange(count), chosen]
        goal = np.where((home[1] & ~home[0])[:, None], self.cell.robot.home, goal)
        return Pairs(start.astype(np.float32), goal.astype(np.float32), situations)

    def _near_home(self, pose: np.ndarray) -> Array:
        """Of the solutions of each pose, the one nearest to home."""
        ways = self.pool.solutions[pose]
        travel = np.abs(ways - self.cell.robot.home) / self.cell.robot.limits.velocity
        return ways[np.arange(len(pose)), np.argmin(travel.max(axis=-1), axis=1)]

    def ends_clear(self, pairs: Pairs) -> Pairs:
        """Keep the problems whose start and goal hold all clearances."""
        fine = np.ones(len(pairs), bool)
        for q in (pairs.start, pairs.goal):
            found = self.cost.numbers(q, pairs.situations)
            fine &= (found["depth"] < 0.0) & (found["lean"] < 0.0)
        return pairs.take(np.flatnonzero(fine))


def straight_free(cost: ClearanceCost, pairs: Pairs) -> np.ndarray:
    """Which problems a straight line in joint space solves, shape (P,), bool."""
    share = np.linspace(0.0, 1.0, _LINE_POINTS, dtype=np.float32)[:, None]
    line = pairs.start[:, None] + share * (pairs.goal - pairs.start)[:, None]
    found = cost.numbers(line.reshape(-1, line.shape[-1]), pairs.situations)
    fine = (found["depth"] < 0.0) & (found["lean"] < 0.0)
    return np.all(fine.reshape(len(pairs), -1), axis=1)
