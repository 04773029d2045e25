"""The compiled sampling planner: two trees, shortcuts, and smoothing."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.planning.checks import Ready
from robolab.planning.contract import PLANNERS, NoPlan, Planned, Problem
from robolab.planning.smooth import shaped, smooth

_REACH = 1.5
"""Longest branch of a tree, in travel-scaled radians."""
_NEAR = 1.2
"""The first search keeps this close to the box that start and goals span [rad]."""
_WAYS = 3
"""Ways that are tried for a shape before one is rounded closely instead."""


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
        spent, short = 0, np.zeros((0, len(problem.start)))
        path = None
        for _ in range(_WAYS):
            corners, used = _search(problem, ready, budget - spent, state)
            spent += used
            if len(corners) == 0:
                break
            short = checker.shorten(corners, ready.scale, self.shortcuts, state)
            path = shaped(checker, short, robot)
            if path is not None:
                break
        if path is None and len(short):
            path = smooth(checker, short, robot)
        if path is None:
            return NoPlan("no path in the budget given", f"the trees met in none of {spent} tries")
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
