"""Planners: what they find is free, smooth and repeatable; what they refuse has its reason and bodies."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from robolab.core.transforms import pose_rpy
from robolab.kernels.obstacles import Obstacles
from robolab.planning.checks import checker_of, travel_scale
from robolab.planning.contract import NoPlan, Planned, Problem
from robolab.planning.portfolio import DirectPlanner, Portfolio
from robolab.planning.sampling import OmplPlanner
from robolab.planning.smooth import smooth
from robolab.robots import RobotModel
from robolab.trajectory.polynomial import extrema

Build = Callable[..., Problem]


def plan(planner: Any, task: Problem, budget: int = 5000, seed: int = 0) -> Planned | NoPlan:
    return planner.plan(task, budget, np.random.default_rng(seed))


def assert_good(task: Problem, result: Planned | NoPlan) -> Planned:
    assert isinstance(result, Planned), result
    np.testing.assert_allclose(result.path(0.0), task.start, atol=1e-9)
    np.testing.assert_allclose(result.path(1.0), task.goals[result.goal], atol=1e-9)
    checker = checker_of(task)
    along = result.path(np.linspace(0, 1, 2000))
    assert min(checker.slack(q) for q in along) > 0
    least, greatest = extrema(result.path)
    assert np.all(least >= task.robot.limits.lower - 1e-9)
    assert np.all(greatest <= task.robot.limits.upper + 1e-9)
    for place in result.path.breaks[1:-1]:
        for k in range(4):
            before, after = result.path(place - 1e-10, k), result.path(place, k)
            np.testing.assert_allclose(before, after, atol=1e-4 * (1 + np.abs(after).max()))
    return result


def test_ompl_goes_around_the_post(ends: Any, problem: Build) -> None:
    task = problem(*ends)
    refused = plan(DirectPlanner(), task)
    assert isinstance(refused, NoPlan)
    assert refused.reason == "collision on the way"
    result = assert_good(task, plan(OmplPlanner(), task))
    assert result.planner == "ompl"
    assert 0 < result.provenance["iterations"] <= 5000


def test_same_seed_same_path_whatever_was_planned_before(ends: Any, problem: Build) -> None:
    task = problem(*ends)
    first = assert_good(task, plan(OmplPlanner(), task, seed=3))
    other = assert_good(task, plan(OmplPlanner(), task, seed=4))
    again = assert_good(task, plan(OmplPlanner(), task, seed=3))
    assert np.array_equal(first.path.coefficients, again.path.coefficients)
    assert not np.array_equal(first.path.coefficients, other.path.coefficients)


def test_twenty_random_pairs_are_all_solved(robot: RobotModel, problem: Build) -> None:
    rng = np.random.default_rng(5)
    checker = checker_of(problem(robot.home, robot.home))
    drawn = [robot.home + rng.uniform(-1.2, 1.2, 6) for _ in range(200)]
    free = [q for q in drawn if checker.free(q)][:21]
    for i, (a, b) in enumerate(pairwise(free)):
        task = problem(a, b)
        assert_good(task, plan(OmplPlanner(), task, seed=i))


def test_any_goal_will_do_and_blocked_ones_are_skipped(ends: Any, problem: Build) -> None:
    start, goal = ends
    blocked = np.array([0.0, 0.3, 0.0, 0.0, 0.0, 0.0])
    outside = goal + 10.0
    task = problem(start, np.array([blocked, outside, goal]))
    assert assert_good(task, plan(OmplPlanner(), task)).goal == 2


def test_upright_is_kept_all_the_way(ends: Any, problem: Build) -> None:
    asked = (np.array([0.0, 0.0, -1.0]), np.deg2rad(20))
    task = problem(*ends, upright=asked)
    result = assert_good(task, plan(OmplPlanner(), task, 20_000))
    z = task.robot.fk(result.path(np.linspace(0, 1, 1000)))[:, :3, 2]
    assert np.rad2deg(np.arccos(np.clip(z @ asked[0], -1, 1))).max() < 20.0


def test_start_in_collision_names_link_and_body(ends: Any, problem: Build) -> None:
    through = np.array([0.0, 0.3, 0.0, 0.0, 0.0, 0.0])
    result = plan(OmplPlanner(), problem(through, ends[1]))
    assert isinstance(result, NoPlan)
    assert result.reason == "start in collision"
    assert "conveyor" in result.bodies
    assert any("link" in name for name in result.bodies)


def test_goal_in_collision(ends: Any, problem: Build) -> None:
    result = plan(OmplPlanner(), problem(ends[0], np.array([0.0, 0.3, 0.0, 0.0, 0.0, 0.0])))
    assert isinstance(result, NoPlan)
    assert result.reason == "goal in collision"
    assert "conveyor" in result.bodies


def test_start_outside_limits_names_the_joint(ends: Any, robot: RobotModel, problem: Build) -> None:
    beyond = ends[0].copy()
    beyond[2] = 9.0
    result = plan(OmplPlanner(), problem(beyond, ends[1]))
    assert isinstance(result, NoPlan)
    assert result.reason == "start outside limits"
    assert result.bodies == (robot.joints[2],)


def test_no_goals_and_goals_outside_limits_are_unreachable(ends: Any, problem: Build) -> None:
    for goals in (np.zeros((0, 6)), ends[1] + 20.0):
        result = plan(OmplPlanner(), problem(ends[0], goals))
        assert isinstance(result, NoPlan)
        assert result.reason == "goal unreachable"


def test_tilted_start_is_refused(robot: RobotModel, problem: Build) -> None:
    tilted = robot.home + np.array([0, 0, 0, 0.5, 0, 0])
    asked = (np.array([0.0, 0.0, -1.0]), np.deg2rad(20))
    result = plan(OmplPlanner(), problem(tilted, robot.home, upright=asked))
    assert isinstance(result, NoPlan)
    assert "tilted" in result.detail


def test_walled_in_ends_with_the_budget(robot: RobotModel, problem: Build) -> None:
    """A wall reaches from the base to beyond the arm's length, above and below it, between start and goal."""
    start, goal = robot.home, robot.home + np.array([1.6, 0, 0, 0, 0, 0])
    height = robot.fk(np.array([start, goal]))[:, :3, 3]
    middle = height.mean(axis=0) / np.linalg.norm(height.mean(axis=0)[:2])
    yaw = float(np.arctan2(middle[1], middle[0]))
    X = pose_rpy([0, 0, 0], [0, 0, yaw]) @ pose_rpy([2.2, 0, 0], [0, 0, 0])
    back = pose_rpy([0, 0, 0], [0, 0, yaw + np.pi]) @ pose_rpy([2.2, 0, 0], [0, 0, 0])
    wall = Obstacles(
        box_pose=np.array([X, back]),
        box_half=np.array([[1.95, 0.01, 3.0]] * 2),
        box_names=("wall", "wall"),
    )
    open_task = problem(start, goal)
    task = Problem(robot, robot.spheres, wall, start, goal[None], open_task.requirements)
    result = plan(OmplPlanner(), task, 200)
    assert isinstance(result, NoPlan)
    assert result.reason == "no path in the budget given"
    assert "iterations" in result.detail


def test_portfolio_says_who_and_why_not_the_others(ends: Any, problem: Build) -> None:
    task = problem(*ends)
    result = assert_good(task, plan(Portfolio([DirectPlanner(), OmplPlanner()]), task))
    assert result.planner == "ompl"
    [before] = result.provenance["tried_before"]
    assert before["planner"] == "direct"
    assert "no straight line" in before["why"]


def test_portfolio_stops_where_no_planner_can_help(ends: Any, problem: Build) -> None:
    class Never:
        def plan(self, problem: Problem, budget: int, rng: np.random.Generator) -> NoPlan:
            raise AssertionError("must not be asked")

    through = np.array([0.0, 0.3, 0.0, 0.0, 0.0, 0.0])
    result = plan(Portfolio([DirectPlanner(), Never()]), problem(through, ends[1]))
    assert isinstance(result, NoPlan)
    assert result.reason == "start in collision"


def test_shortcut_keeps_ends_and_never_lengthens(ends: Any, problem: Build) -> None:
    task = problem(*ends)
    checker, scale = checker_of(task), travel_scale(task.robot)
    swings = [
        [0, 0, 0, 0, 0, 0],
        [0.3, 0.1, 0, 0, 0, 0.5],
        [0.1, -0.2, 0, 0, 0.3, 0],
        [0.2, 0, 0, 0, 0, 0],
    ]
    detour = task.robot.home + np.array(swings)
    assert all(checker.segment_free(a, b) for a, b in pairwise(detour))
    short = checker.shorten(detour, scale, 60, np.array([5], dtype=np.uint64))

    def length(Q: np.ndarray) -> float:
        return float(np.linalg.norm(np.diff(Q, axis=0) * scale, axis=1).sum())

    assert length(short) < length(detour) - 0.1
    np.testing.assert_array_equal(short[[0, -1]], detour[[0, -1]])
    assert all(checker.segment_free(a, b) for a, b in pairwise(short))


def test_smooth_never_loses_a_path_in_a_tight_place(robot: RobotModel, problem: Build) -> None:
    """A sharp corner with obstacles set right beside it, on the inside, still gets a curve."""
    home = robot.home
    Q = home + np.array([[0, 0, 0, 0, 0, 0], [0.5, 0, 0, 0, 0, 0], [0.5, 0.3, 0, 0, 0, 0]])
    tip = robot.fk(home + np.array([0.42, 0.05, 0, 0, 0, 0]))[:3, 3]
    task = problem(Q[0], Q[2], clearance=0.0)
    for radius in (0.02, 0.01, 0.005):
        ball = Obstacles(sphere=np.array([[*tip, radius]]), sphere_names=("ball",))
        tight = Problem(robot, robot.spheres, ball, Q[0], Q[2:], task.requirements)
        checker = checker_of(tight)
        if all(checker.segment_free(a, b) for a, b in pairwise(Q)):
            break
    curve = smooth(checker, Q, robot)
    assert curve is not None
    assert checker.curve_free(curve)
