"""The complete planner: OMPL's RRT-Connect over the compiled checker, then shortcuts and smoothing."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.compiled import CompiledChecker
from robolab.planning.checks import Ready
from robolab.planning.contract import PLANNERS, NoPlan, Planned, Problem
from robolab.planning.smooth import smooth
from robolab.planning.tree import goal_reached, search_boxes

_RANGE = 1.5
"""Longest branch of a tree [rad]."""
_MARGINS = (0.003, 0.0005, 0.0)
"""Slack that the corners' rounding needs [m]; the first that start and goal have is used."""


@dataclass(frozen=True)
class OmplPlanner:
    """Samples joint space; finds a path if there is one and the budget suffices.

    Attributes:
        shortcuts: How many segments to try when shortening.
    """

    name: str = "ompl"
    shortcuts: int = 40

    def plan(self, problem: Problem, budget: int, rng: np.random.Generator) -> Planned | NoPlan:
        """Plan with `budget` iterations of RRT-Connect."""
        began = time.perf_counter()
        ready = problem.ready
        if isinstance(ready, NoPlan):
            return ready
        checker, spent = ready.checker, 0
        state = rng.integers(1, 2**63, size=1, dtype=np.uint64)
        for margin in _MARGINS:
            near = [i for i, q in enumerate(ready.goals) if checker.free(q, margin)]
            if not near or not checker.free(problem.start, margin):
                continue
            share = budget - spent if margin == 0.0 else (budget - spent) // 2
            corners, used = _search(problem, ready, ready.goals[near], margin, share, rng)
            spent += used
            if corners is None:
                continue
            short = checker.shorten(corners, ready.scale, self.shortcuts, state, margin)
            path = smooth(checker, short, problem.robot)
            if path is None:
                continue
            told = {"iterations": spent, "margin_m": margin, "corners": len(short)}
            goal = goal_reached(ready, corners[-1])
            return Planned(path, goal, self.name, time.perf_counter() - began, told)
        detail = f"RRT-Connect found none in {spent} iterations"
        return NoPlan("no path in the budget given", detail)


PLANNERS.register("ompl")(OmplPlanner)


def _search(
    problem: Problem,
    ready: Ready,
    goals: Array,
    margin: float,
    budget: int,
    rng: np.random.Generator,
) -> tuple[Array | None, int]:
    """Search near start and goals first, then everywhere; return corners, shape (m, n), and iterations used."""
    spent, share = 0, budget // 3
    for box in search_boxes(problem, ready):
        corners, used = _connect(ready.checker, problem.start, goals, box, margin, share, rng)
        spent, share = spent + used, budget - share
        if corners is not None:
            return corners, spent
    return None, spent


def _connect(
    checker: CompiledChecker,
    start: Array,
    goals: Array,
    bounds: Array,
    margin: float,
    budget: int,
    rng: np.random.Generator,
) -> tuple[Array | None, int]:
    """Run OMPL's RRT-Connect once.

    OMPL draws its random numbers from generators that one global generator seeds as they are made. That one is
    seeded here, just before planner and sampler are made, so that a run depends on `rng` alone.
    """
    from ompl import base, geometric, util

    util.setLogLevel(util.LOG_NONE)
    util.RNG.setSeed(int(rng.integers(1, 2**31)))
    n = len(start)
    information, _validator = information_of(checker, bounds, margin)
    space = information.getStateSpace()
    definition = base.ProblemDefinition(information)
    definition.addStartState(state_of(space, start))
    goal = base.GoalStates(information)
    for q in goals:
        goal.addState(state_of(space, q))
    definition.setGoal(goal)
    planner = geometric.RRTConnect(information)
    planner.setRange(_RANGE)
    planner.setProblemDefinition(definition)
    planner.setup()
    count = _Counter(budget)
    planner.solve(base.PlannerTerminationCondition(count))
    if not definition.hasExactSolution():
        return None, count.used
    solution: Any = definition.getSolutionPath()
    return np.array([values_of(state, n) for state in solution.getStates()]), count.used


class _Counter:
    """Ends a search after a number of iterations: OMPL asks once in each."""

    def __init__(self, budget: int) -> None:
        self.budget, self.used = budget, 0

    def __call__(self) -> bool:
        self.used += 1
        return self.used > self.budget


def information_of(checker: CompiledChecker, bounds: Array, margin: float = 0.0) -> tuple[Any, Any]:
    """What OMPL's planners need to know of joint positions within bounds, shape (2, n), that a checker judges.

    Returns:
        OMPL's space information, and the motion validator, which must be kept as long.
    """
    from ompl import base

    low, high = bounds
    n = len(low)
    space = base.RealVectorStateSpace(n)
    box = base.RealVectorBounds(n)
    for i in range(n):
        box.setLow(i, float(low[i]) - 1e-9)
        box.setHigh(i, float(high[i]) + 1e-9)
    space.setBounds(box)

    class Exact(base.MotionValidator):
        def checkMotion(self, a: Any, b: Any) -> bool:
            return checker.segment_free(values_of(a, n), values_of(b, n), margin)

    information = base.SpaceInformation(space)
    validator = Exact(information)
    information.setMotionValidator(validator)
    information.setStateValidityChecker(lambda state: checker.free(values_of(state, n), margin))
    information.setup()
    return information, validator


def state_of(space: Any, q: Array) -> Any:
    """Joint positions as a state of OMPL's."""
    state = space.allocState()
    for i, value in enumerate(q):
        state[i] = float(value)
    return state


def values_of(state: Any, n: int) -> Array:
    """Joint positions of a state of OMPL's, shape (n,)."""
    return np.array([state[i] for i in range(n)])
