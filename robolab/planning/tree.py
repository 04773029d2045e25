"""The compiled sampling planner: two trees, shortcuts, and smoothing."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.planning.checks import Ready
from robolab.planning.contract import PLANNERS, NoPlan, Planned, Problem
from robolab.planning.smooth import FEW, MANY, rounded, shaped

_REACH = 1.5
"""Longest branch of a tree, in travel-scaled radians."""
_NEAR = 1.2
"""The first search keeps this close to the box that start and goals span [rad]."""
_WAYS = 3
"""Ways that are tried for a shape of few points before the shortest is given more, or rounded closely."""
_CHEAP = 600
"""A search that took more iterations than this is not done again for another way."""


@dataclass(frozen=True)
class TreePlanner:
    """RRT-Connect over the exact checker, in one compiled call.

    Attributes:
        shortcuts: How many segments to try when shortening.
    """

    name: str = "tree"
    shortcuts: int = 40

    def plan(self, problem: Problem, budget: int, rng: np.random.Generator) -> Planned | NoPlan:
        """Plan with `budget` iterations of RRT-Connect."""
        began = time.perf_counter()
        ready = problem.ready
        if isinstance(ready, NoPlan):
            return ready
        checker, robot = ready.checker, problem.robot
        state = rng.integers(1, 2**63, size=1, dtype=np.uint64)
        spent, path = 0, None
        ways: list[Array] = []
        while path is None and len(ways) < (_WAYS if spent < _CHEAP else 1):
            corners, used = _search(problem, ready, budget - spent, state)
            spent += used
            if len(corners) == 0:
                break
            ways.append(checker.shorten(corners, ready.scale, self.shortcuts, state))
            path = shaped(checker, ways[-1], robot, FEW)
        if not ways:
            return NoPlan("no path in the budget given", f"the trees met in none of {spent} tries")
        short = ways[-1]
        if path is None:
            short = min(ways, key=lambda way: _length(way, ready.scale))
            path = shaped(checker, short, robot, MANY) or rounded(checker, short, robot)
        if path is None:
            return NoPlan(
                "no path in the budget given", f"{len(ways)} ways had no room for a curve"
            )
        told = {"iterations": spent, "corners": len(short)}
        goal = goal_reached(ready, short[-1])
        return Planned(path, goal, self.name, time.perf_counter() - began, told)


PLANNERS.register("tree")(TreePlanner)


def goal_reached(ready: Ready, q: Array) -> int:
    """Which of the problem's goals a way ends at, by its last corner, shape (n,)."""
    return int(ready.rows[np.argmin(np.linalg.norm(ready.goals - q, axis=1))])


def search_boxes(problem: Problem, ready: Ready) -> tuple[Array, Array]:
    """Bounds to draw joint positions from, shape (2, n) each: near start and goals, and everywhere.

    Everywhere is within the limits, but no more than a turn beyond start and goals: farther away is the same again.
    """
    limits, ends = problem.robot.limits, np.vstack([problem.start, ready.goals])
    low, high = ends.min(axis=0), ends.max(axis=0)

    def box(room: float) -> Array:
        return np.stack(
            [np.maximum(limits.lower, low - room), np.minimum(limits.upper, high + room)]
        )

    return box(_NEAR), box(2.0 * np.pi)


def _search(problem: Problem, ready: Ready, budget: int, state: np.ndarray) -> tuple[Array, int]:
    """Search near start and goals first, then everywhere; return corners, shape (m, n), and iterations used."""
    spent, share = 0, budget // 3
    for box in search_boxes(problem, ready):
        corners, used = ready.checker.connect(
            problem.start, ready.goals, box, ready.scale, _REACH, share, state
        )
        spent, share = spent + used, budget - share
        if len(corners):
            return corners, spent
    return np.zeros((0, len(problem.start))), spent


def _length(way: Array, scale: Array) -> float:
    return float(np.linalg.norm(np.diff(way, axis=0) * scale, axis=1).sum())
