"""The complete planner: OMPL's RRT-Connect over the compiled checker, then shortcuts and smoothing."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.compiled import CompiledChecker
from robolab.planning.checks import checker_of, usable_goals
from robolab.planning.contract import PLANNERS, NoPlan, Planned, Problem
from robolab.planning.shortcut import shortcut
from robolab.planning.smooth import smooth, travel_scale
from robolab.robots.model import JointLimits

_RANGE = 1.5
"""Longest branch of a tree [rad]."""
_NEAR = 1.2
"""The first search keeps this close to the box that start and goals span [rad]."""
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
        checker = checker_of(problem)
        usable = usable_goals(problem, checker)
        if isinstance(usable, NoPlan):
            return usable
        goals = np.atleast_2d(problem.goals)[usable]
        scale = travel_scale(problem.robot)
        spent = 0
        for margin in _MARGINS:
            if not checker.free(problem.start, margin):
                continue
            near = np.array([i for i, q in enumerate(goals) if checker.free(q, margin)], dtype=int)
            if len(near) == 0:
                continue
            share = budget - spent if margin == 0.0 else (budget - spent) // 2
            corners, used = _search(problem, checker, goals[near], margin, share, rng)
            spent += used
            if corners is None:
                continue
            short = shortcut(checker, corners, scale, rng, self.shortcuts, margin)
            path = smooth(checker, short, problem.robot)
            if path is None:
                continue
            goal = int(usable[near[_nearest(goals[near], corners[-1])]])
            told = {"iterations": spent, "margin_m": margin, "corners": len(short)}
            return Planned(path, goal, self.name, time.perf_counter() - began, told)
        detail = f"RRT-Connect found none in {spent} iterations"
        return NoPlan("no path in the budget given", detail)


PLANNERS.register("ompl")(OmplPlanner)


def _nearest(goals: Array, q: Array) -> int:
    return int(np.argmin(np.linalg.norm(goals - q, axis=1)))


def _search(
    problem: Problem,
    checker: CompiledChecker,
    goals: Array,
    margin: float,
    budget: int,
    rng: np.random.Generator,
) -> tuple[Array | None, int]:
    """Search near start and goals first, then everywhere; return corners, shape (m, n), and iterations used."""
    limits = problem.robot.limits
    ends = np.vstack([problem.start, goals])
    low = np.maximum(limits.lower, ends.min(axis=0) - _NEAR)
    high = np.minimum(limits.upper, ends.max(axis=0) + _NEAR)
    corners, used = _connect(checker, problem.start, goals, (low, high), margin, budget // 3, rng)
    if corners is not None:
        return corners, used
    bounds = _wide(limits, ends)
    corners, more = _connect(
        checker, problem.start, goals, bounds, margin, budget - budget // 3, rng
    )
    return corners, used + more


def _wide(limits: JointLimits, ends: Array) -> tuple[Array, Array]:
    """The limits, but no more than a turn beyond start and goals: farther away is the same again."""
    turn = 2.0 * np.pi
    return np.maximum(limits.lower, ends.min(axis=0) - turn), np.minimum(
        limits.upper, ends.max(axis=0) + turn
    )


def _connect(
    checker: CompiledChecker,
    start: Array,
    goals: Array,
    bounds: tuple[Array, Array],
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
    space = _space(base, bounds)
    information = base.SpaceInformation(space)
    validator = _motion_validator(base, information, checker, n, margin)
    information.setMotionValidator(validator)
    information.setStateValidityChecker(lambda state: checker.free(_values(state, n), margin))
    information.setup()
    definition = base.ProblemDefinition(information)
    definition.addStartState(_state(space, start))
    goal = base.GoalStates(information)
    for q in goals:
        goal.addState(_state(space, q))
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
    return np.array([_values(state, n) for state in solution.getStates()]), count.used


class _Counter:
    """Ends a search after a number of iterations: OMPL asks once in each."""

    def __init__(self, budget: int) -> None:
        self.budget, self.used = budget, 0

    def __call__(self) -> bool:
        self.used += 1
        return self.used > self.budget


def _space(base: Any, bounds: tuple[Array, Array]) -> Any:
    low, high = bounds
    space = base.RealVectorStateSpace(len(low))
    box = base.RealVectorBounds(len(low))
    for i, (a, b) in enumerate(zip(low, high, strict=True)):
        box.setLow(i, float(a) - 1e-9)
        box.setHigh(i, float(b) + 1e-9)
    space.setBounds(box)
    return space


def _state(space: Any, q: Array) -> Any:
    state = space.allocState()
    for i, value in enumerate(q):
        state[i] = float(value)
    return state


def _values(state: Any, n: int) -> Array:
    return np.array([state[i] for i in range(n)])


def _motion_validator(
    base: Any, information: Any, checker: CompiledChecker, n: int, margin: float
) -> Any:
    class Exact(base.MotionValidator):
        def checkMotion(self, a: Any, b: Any) -> bool:
            return checker.segment_free(_values(a, n), _values(b, n), margin)

    return Exact(information)
