"""What every planner asks of a problem before it starts, and the checker that all of them use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.compiled import CompiledChecker
from robolab.planning.contract import NoPlan, Problem, Reason
from robolab.robots.model import Hulls, RobotModel

LIMIT_SLACK = 1e-9
"""Joint positions may lie beyond their limits by rounding [rad or m]."""
_TILT_MARGIN = 1e-3
"""The tool stays this much more upright than asked, for what timing and rounding change [rad]."""


@dataclass(frozen=True)
class Ready:
    """A problem that can be planned: its start is free, and so is some goal.

    Attributes:
        rows: Which of the problem's goals can be used, nearest in travel first, shape (k,).
        goals: Those, shape (k, n).
        scale: Weight of each joint's travel, shape (n,).
        travel: Longest scaled travel of a joint to each, shape (k,).
    """

    checker: CompiledChecker
    rows: np.ndarray
    goals: Array
    scale: Array
    travel: Array


def prepare(problem: Problem) -> Ready | NoPlan:
    """Check start and goals; planners ask for `Problem.ready`, which keeps the answer for all of them."""
    checker = checker_of(problem)
    usable = usable_goals(problem, checker)
    if isinstance(usable, NoPlan):
        return usable
    goals, scale = np.atleast_2d(problem.goals)[usable], travel_scale(problem.robot)
    travel = np.max(np.abs(goals - problem.start) * scale, axis=1)
    order = np.argsort(travel, kind="stable")
    return Ready(checker, usable[order], goals[order], scale, travel[order])


def travel_scale(robot: RobotModel) -> Array:
    """Weight of each joint's travel so that lengths stay near radians but count time, shape (n,)."""
    return float(np.mean(robot.limits.velocity)) / robot.limits.velocity


def checker_of(problem: Problem, hulls: Hulls | None = None) -> CompiledChecker:
    """Return the checker for a problem: its clearances and its upright angle included.

    Args:
        hulls: Of the links to check; None takes the robot's, all of them.
    """
    asked = problem.requirements
    upright = asked.upright
    if upright is not None:
        upright = (upright[0], upright[1] - _TILT_MARGIN)
    return CompiledChecker(
        problem.robot.chain,
        problem.spheres,
        problem.obstacles,
        clearance=asked.clearance,
        carried_clearance=asked.carried_clearance,
        upright=upright,
        hulls=problem.robot.hulls if hulls is None else hulls,
    )


def usable_goals(problem: Problem, checker: CompiledChecker) -> np.ndarray | NoPlan:
    """Check start and goals; return the rows of the goals that can be reached at all, shape (k,)."""
    limits = problem.robot.limits
    if not within_limits(problem.robot, problem.start):
        joint = int(
            np.argmax(np.maximum(limits.lower - problem.start, problem.start - limits.upper))
        )
        name, value = problem.robot.joints[joint], problem.start[joint]
        low, high = limits.lower[joint], limits.upper[joint]
        detail = f"joint {name} is at {value:.4f}, its limits are {low:.4f} and {high:.4f}"
        return NoPlan("start outside limits", detail, (name,))
    if not checker.free(problem.start):
        return in_collision("start in collision", checker, problem.start)
    goals = np.atleast_2d(problem.goals)
    inside = [i for i, q in enumerate(goals) if q.size and within_limits(problem.robot, q)]
    if not inside:
        return NoPlan("goal unreachable", "no goal lies within the joint limits")
    free = [i for i in inside if checker.free(goals[i])]
    if not free:
        return in_collision("goal in collision", checker, goals[inside[0]])
    return np.array(free)


def within_limits(robot: RobotModel, q: Array) -> bool:
    """Whether joint positions, shape (..., n), all lie within the limits."""
    low, high = robot.limits.lower - LIMIT_SLACK, robot.limits.upper + LIMIT_SLACK
    return bool(np.all((q >= low) & (q <= high)))


def in_collision(reason: Reason, checker: CompiledChecker, q: Array) -> NoPlan:
    """Say what touches at joint positions."""
    pairs = checker.colliding_bodies(q)
    if not pairs:
        return NoPlan(reason, "the tool is tilted farther than the process allows")
    detail = ", ".join(f"{a} with {b}" for a, b in pairs)
    bodies = tuple(dict.fromkeys(name for pair in pairs for name in pair))
    return NoPlan(reason, f"too near or touching: {detail}", bodies)
