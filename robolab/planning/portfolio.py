"""Planners tried in turn, and the cheapest of them: the straight line in joint space."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from robolab.planning.contract import PLANNERS, NoPlan, Planned, Planner, Problem
from robolab.planning.deferred import Deferred
from robolab.planning.optimise import optimise
from robolab.planning.smooth import smooth
from robolab.planning.spline import on_path

_POINTS = 12
"""Control points of a line that is bent."""
_HOPELESS = ("start in collision", "start outside limits", "goal in collision", "goal unreachable")
"""Reasons that hold for every planner."""


@PLANNERS.register("direct")
@dataclass(frozen=True)
class DirectPlanner:
    """Goes straight in joint space to the nearest goal that can be reached so."""

    name: str = "direct"

    def plan(self, problem: Problem, budget: int, rng: np.random.Generator) -> Planned | NoPlan:
        """Check the straight line to each goal; `budget` and `rng` are not needed."""
        began = time.perf_counter()
        ready = problem.ready
        if isinstance(ready, NoPlan):
            return ready
        for row, goal, travel in zip(ready.rows, ready.goals, ready.travel, strict=True):
            if travel > 0.0 and ready.checker.segment_free(problem.start, goal):
                path = smooth(ready.checker, np.array([problem.start, goal]), problem.robot)
                if path is not None:
                    return Planned(path, int(row), self.name, time.perf_counter() - began)
        return NoPlan("collision on the way", "no straight line in joint space to a goal is free")


@PLANNERS.register("shaped")
@dataclass(frozen=True)
class ShapedPlanner:
    """Bends the straight line to a goal until it is free, by gradients.

    Attributes:
        most_goals: How many goals, nearest first, are tried.
    """

    name: str = "shaped"
    most_goals: int = 2

    def plan(self, problem: Problem, budget: int, rng: np.random.Generator) -> Planned | NoPlan:
        """Shape from the line to each of the nearest goals; `budget` and `rng` are not needed."""
        began = time.perf_counter()
        ready = problem.ready
        if isinstance(ready, NoPlan):
            return ready
        for row, goal, travel in list(zip(ready.rows, ready.goals, ready.travel, strict=True))[
            : self.most_goals
        ]:
            if travel > 0.0:
                line = on_path(np.array([problem.start, goal]), ready.scale, _POINTS)
                path = optimise(ready.checker, line, problem.robot.limits, ready.scale)
                if path is not None:
                    return Planned(path, int(row), self.name, time.perf_counter() - began)
        return NoPlan("collision on the way", "no line to a goal can be bent free")


class Portfolio:
    """Tries planners in turn and says which of them made the path, and why those before it did not.

    Args:
        planners: In the order to try; each has the whole budget.
    """

    name = "portfolio"

    def __init__(self, planners: Sequence[Planner]) -> None:
        if not planners:
            raise ValueError("a portfolio needs at least one planner")
        self.planners = tuple(planners)

    @property
    def loaded(self) -> int:
        """How many planners that are loaded when first asked have been."""
        return sum(isinstance(one, Deferred) and one.loaded for one in self.planners)

    def plan(self, problem: Problem, budget: int, rng: np.random.Generator) -> Planned | NoPlan:
        """Return the first path found, or what the last planner says."""
        began = time.perf_counter()
        failed: list[dict[str, Any]] = []
        result: Planned | NoPlan | None = None
        # Each planner has its own stream, so that one more in front does not change those behind.
        for planner, stream in zip(self.planners, rng.spawn(len(self.planners)), strict=True):
            result = planner.plan(problem, budget, stream)
            if isinstance(result, Planned):
                told = (
                    {**result.provenance, "tried_before": failed} if failed else result.provenance
                )
                return replace(result, provenance=told, seconds=time.perf_counter() - began)
            why = f"{result.reason}: {result.detail}"
            failed.append({"planner": _name(planner), "why": why, **result.provenance})
            if result.reason in _HOPELESS:
                break
        assert result is not None
        return result


def _name(planner: Planner) -> str:
    return str(getattr(planner, "name", type(planner).__name__))
