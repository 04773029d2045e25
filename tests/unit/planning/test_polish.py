"""Polishing: faster, still free, the same every time; what cannot be bettered stays as it was."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from robolab.kernels.compiled_polish import Weights
from robolab.planning.checks import checker_of
from robolab.planning.contract import Planned, Problem
from robolab.planning.polish import _duration, faster, pace_of, polish
from robolab.planning.proposal import POLISHED, proposal_words
from robolab.planning.scene_obstacles import obstacles_of
from robolab.planning.spline import curve_of, on_path
from robolab.planning.tree import TreePlanner
from robolab.robots import RobotModel, load_robot
from robolab.scene.load import load_scene
from robolab.trajectory.polynomial import extrema
from robolab.trajectory.timing import time_path
from robolab.trajectory.tool_motion import tool_motion
from robolab.trajectory.trajectory import LegRequirements

Build = Callable[..., Problem]
TOOL_SPEED = 1.5


@pytest.fixture(scope="module")
def task(ends: tuple[np.ndarray, np.ndarray], problem: Build) -> Problem:
    """From above the conveyor past the fence post to above the left pallet."""
    return problem(*ends, tool_speed=TOOL_SPEED)


@pytest.fixture(scope="module")
def planned(task: Problem) -> Planned:
    found = TreePlanner().plan(task, 20_000, np.random.default_rng(0))
    assert isinstance(found, Planned), found
    return found


def test_what_is_polished_is_faster_and_free(task: Problem, planned: Planned) -> None:
    polished = polish(task, planned)
    assert _duration(task, polished) < 0.98 * _duration(task, planned)
    assert checker_of(task).curve_free(polished.path)
    np.testing.assert_allclose(polished.path(0.0), task.start, atol=1e-12)
    np.testing.assert_allclose(polished.path(1.0), task.goals[0], atol=1e-12)
    least, greatest = extrema(polished.path)
    assert np.all(least >= task.robot.limits.lower)
    assert np.all(greatest <= task.robot.limits.upper)
    assert polished.provenance[POLISHED]["most"] > 0.0
    assert "polished: " in proposal_words(polished.provenance)


def test_polishing_twice_gives_the_same_bits(task: Problem, planned: Planned) -> None:
    first, second = polish(task, planned), polish(task, planned)
    np.testing.assert_array_equal(first.path.coefficients, second.path.coefficients)


def test_a_motion_that_goes_nowhere_is_left_alone(problem: Build, robot: RobotModel) -> None:
    still = problem(robot.home, robot.home)
    path = curve_of(np.tile(robot.home, (6, 1)))
    standing = Planned(path, 0, "none", 0.0)
    assert polish(still, standing) is standing


def test_a_line_that_leaves_nothing_to_gain_stays_a_motion() -> None:
    """At first all is within limits and the cost has no curvature: the search may not run off to no duration at all."""
    scene = load_scene("panda_table")
    robot = load_robot(scene.robot, scene.folder)
    start = np.array([0.0, -0.5, 0.0, -2.2, 0.0, 1.7, 0.785])
    goal = np.array(
        [
            -0.4377339068955943,
            0.17885844655201355,
            0.022307574938536988,
            -2.220728237053552,
            -0.005872026665011484,
            2.3995345377849686,
            0.3739442550139252,
        ]
    )
    asked = LegRequirements(0.01, 0.005, tool_speed=TOOL_SPEED)
    task = Problem(robot, robot.spheres, obstacles_of(scene), start, goal[None], asked)
    line = Planned(curve_of(np.linspace(start, goal, 6)), 0, "line", 0.0)
    assert np.isfinite(polish(task, line).path.coefficients).all()
    assert _duration(task, faster(task, line)) <= _duration(task, line)


def test_the_faster_of_the_two_is_taken(task: Problem, planned: Planned) -> None:
    taken = faster(task, planned)
    assert _duration(task, taken) <= min(
        _duration(task, planned), _duration(task, polish(task, planned))
    )


def test_the_tool_keeps_its_speed_along_the_polished_curve(task: Problem, planned: Planned) -> None:
    path = polish(task, planned).path
    motion = time_path(task.robot, path, requirements=task.requirements).curve
    q, qd, qdd = motion.jet(np.linspace(motion.start, motion.end, 500), 2)
    speed = np.linalg.norm(tool_motion(task.robot.chain, q, qd, qdd)[1], axis=1)
    assert speed.max() <= TOOL_SPEED * (1.0 + 1e-6)


@pytest.mark.parametrize("row", [(0, 0), (3, 1), (7, 4)])
def test_the_cost_falls_as_its_gradient_says(task: Problem, row: tuple[int, int]) -> None:
    from robolab.kernels.compiled_polish import _cost, _new_work

    checker = checker_of(task)
    points = on_path(np.stack([task.start, task.goals[0]]), np.ones(6), 12)
    points[4:8, 1] += 0.1
    pace = pace_of(task, points, 24)
    weights = Weights(limits=30.0, clearance=3.0, reach=0.05, full=0.9, unit=0.3)
    z, work = np.zeros((11, 6)), _new_work(pace)

    def cost(step: float) -> tuple[float, np.ndarray]:
        moved, gradient = z.copy(), np.empty_like(z)
        moved[row] += step
        body, world, setting = checker._body, checker._world, checker._setting
        return _cost(body, world, setting, pace, weights, moved, work, gradient), gradient

    slope = (cost(1e-6)[0] - cost(-1e-6)[0]) / 2e-6
    assert cost(0.0)[1][row] == pytest.approx(slope, rel=1e-4, abs=1e-6)
