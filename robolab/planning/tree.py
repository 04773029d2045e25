"""The compiled sampling planner: two trees, shortcuts, and smoothing."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.compiled import CompiledChecker
from robolab.planning.checks import checker_of, usable_goals
from robolab.planning.contract import PLANNERS, NoPlan, Planned, Problem
from robolab.planning.smooth import shaped, smooth, travel_scale

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
        checker = checker_of(problem)
        usable = usable_goals(problem, checker)
        if isinstance(usable, NoPlan):
            return usable
        goals = np.atleast_2d(problem.goals)[usable]
        scale = travel_scale(problem.robot)
        state = rng.integers(1, 2**63, size=1, dtype=np.uint64)
        spent, short = 0, np.zeros((0, len(problem.start)))
        path = None
        for _ in range(_WAYS):
            corners, used = search(problem, checker, goals, scale, budget - spent, state)
            spent += used
            if len(corners) == 0:
                break
            short = checker.shorten(corners, scale, self.shortcuts, state)
            path = shaped(checker, short, problem.robot)
            if path is not None:
                break
        if path is None and len(short):
            path = smooth(checker, short, problem.robot)
        if path is None:
            return NoPlan("no path in the budget given", f"the trees met in none of {spent} tries")
        goal = int(usable[np.argmin(np.linalg.norm(goals - short[-1], axis=1))])
        told = {"iterations": spent, "corners": len(short)}
        return Planned(path, goal, self.name, time.perf_counter() - began, told)


PLANNERS.register("tree")(TreePlanner)


def search(
    problem: Problem,
    checker: CompiledChecker,
    goals: Array,
    scale: Array,
    budget: int,
    state: np.ndarray,
) -> tuple[Array, int]:
    """Search near start and goals first, then everywhere; return corners, shape (m, n), and iterations used."""
    limits = problem.robot.limits
    ends = np.vstack([problem.start, goals])
    near, turn = _NEAR / scale, 2.0 * np.pi
    boxes = [
        np.stack(
            [
                np.maximum(limits.lower, ends.min(axis=0) - room),
                np.minimum(limits.upper, ends.max(axis=0) + room),
            ]
        )
        for room in (near, np.full(len(scale), turn))
    ]
    corners, used = checker.connect(
        problem.start, goals, boxes[0], scale, _REACH, budget // 3, state
    )
    if len(corners):
        return corners, used
    corners, more = checker.connect(
        problem.start, goals, boxes[1], scale, _REACH, budget - budget // 3, state
    )
    return corners, used + more
