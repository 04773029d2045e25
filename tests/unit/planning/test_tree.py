"""The trees and the bent line: what they find is free, ends where it should and repeats."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from robolab.planning.checks import checker_of
from robolab.planning.contract import NoPlan, Planned, Planner, Problem
from robolab.planning.portfolio import ShapedPlanner
from robolab.planning.tree import TreePlanner

START = np.array([1.2, -1.4, 1.6, -1.77, -1.57, 0.0])
GOAL = np.array([-1.5, -1.1, 1.5, -1.97, -1.57, 0.0])


@pytest.mark.parametrize("planner", [TreePlanner(), ShapedPlanner()], ids=["tree", "shaped"])
def test_paths_are_free_and_join_start_and_goal(
    problem: Callable[..., Problem], planner: Planner
) -> None:
    asked = problem(START, GOAL)
    found = planner.plan(asked, 5000, np.random.default_rng(1))
    if isinstance(found, NoPlan):
        assert isinstance(planner, ShapedPlanner)  # which may miss; the trees may not
        return
    assert np.allclose(found.path(0.0), START, atol=1e-9)
    assert np.allclose(found.path(1.0), GOAL, atol=1e-9)
    checker = checker_of(asked)
    assert all(checker.free(q) for q in found.path(np.linspace(0.0, 1.0, 200)))


def test_a_seed_fixes_the_path(problem: Callable[..., Problem]) -> None:
    paths = []
    for seed in (3, 3, 4):
        found = TreePlanner().plan(problem(START, GOAL), 5000, np.random.default_rng(seed))
        assert isinstance(found, Planned)
        paths.append(found.path(np.linspace(0.0, 1.0, 20)))
    assert np.array_equal(paths[0], paths[1])


def test_no_budget_no_path(problem: Callable[..., Problem]) -> None:
    found = TreePlanner().plan(problem(START, GOAL), 0, np.random.default_rng(0))
    assert isinstance(found, NoPlan)
    assert found.reason == "no path in the budget given"
