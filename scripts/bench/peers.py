"""The planner and the timing that people use: OMPL's RRT-Connect with simplification, and TOPP-RA."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.compiled import CompiledChecker
from robolab.planning.contract import Problem
from robolab.planning.sampling import information_of, state_of, values_of
from robolab.robots.model import JointLimits


def ompl_corners(
    problem: Problem,
    checker: CompiledChecker,
    seed: int,
    search_seconds: float,
    simplify_seconds: float | None,
) -> Array | None:
    """Corners of a path to the first goal, shape (m, n), or None.

    Args:
        simplify_seconds: How long to simplify in all, in the processor's own time, so that a busy machine takes
            nothing from it; None lets OMPL stop where it finds nothing more.
    """
    from ompl import base, geometric, util

    util.setLogLevel(util.LOG_NONE)
    util.RNG.setSeed(seed + 1)
    limits, n = problem.robot.limits, len(problem.start)
    information, _validator = information_of(checker, np.stack([limits.lower, limits.upper]))
    space = information.getStateSpace()
    definition = base.ProblemDefinition(information)
    definition.setStartAndGoalStates(
        state_of(space, problem.start), state_of(space, problem.goals[0])
    )
    planner = geometric.RRTConnect(information)
    planner.setProblemDefinition(definition)
    planner.setup()
    planner.solve(search_seconds)
    if not definition.hasExactSolution():
        return None
    path: Any = definition.getSolutionPath()
    simplifier = geometric.PathSimplifier(information)
    if simplify_seconds is None:
        simplifier.simplifyMax(path)
    else:
        until = time.process_time() + simplify_seconds
        # One call ends when its own tries are used up; the whole time is given, as a user would who waits for it.
        while path.getStateCount() > 2 and (left := until - time.process_time()) > 0.0:
            simplifier.simplify(path, left)
    return np.array([values_of(s, n) for s in path.getStates()])


def toppra_constraints(limits: JointLimits) -> list[Any]:
    """Speed and acceleration limits for TOPP-RA, by its interpolation scheme."""
    from toppra import constraint

    return [
        constraint.JointVelocityConstraint(np.stack([-limits.velocity, limits.velocity], axis=1)),
        constraint.JointAccelerationConstraint(
            np.stack([-limits.acceleration, limits.acceleration], axis=1),
            discretization_scheme=constraint.DiscretizationType.Interpolation,
        ),
    ]
