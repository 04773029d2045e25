"""Inverse kinematics: all the joint positions that put the tool at a pose."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.compiled_data import pack_chain
from robolab.kernels.compiled_ik import descend_many
from robolab.robots.model import RobotModel

ACCURACY = 1e-7
"""Largest error of a solution: norm of the position error [m] and rotation error [rad]."""
_TARGET = 1e-10
_ITERATIONS = 60
_SEEDS = 160
_SAME = 1e-4
"""Solutions closer than this in every joint are one [rad or m]."""
_TURN = 2.0 * np.pi


def solve_ik(
    robot: RobotModel,
    X_world_tcp: Array,
    rng: np.random.Generator,
    count: int = 16,
    seeds: Array | None = None,
    reference: Array | None = None,
    free_yaw: bool = False,
) -> Array:
    """Find joint positions within the limits that put the tool at a pose.

    Damped least squares runs from many seeds, so that an arm of six joints or fewer gives all its distinct
    solutions (but for a rare one that no seed leads to), and a redundant one a spread of them. Of positions that
    differ by full turns, the one nearest to the reference is given.

    Args:
        X_world_tcp: Goal pose, shape (4, 4).
        rng: Draws the seeds.
        count: Greatest number of solutions.
        seeds: Joint positions to start from as well, shape (m, n) [rad].
        reference: Joint positions that solutions are given near to, shape (n,); the home position if None.
        free_yaw: Any turn about the tool's z axis will do.
    Returns:
        Solutions sorted by travel time from the reference, shape (k, n) [rad]; k = 0 if nothing reaches the pose.
    """
    limits = robot.limits
    reference = robot.home if reference is None else np.asarray(reference, dtype=float)
    bounds = np.array([limits.lower, limits.upper])
    start = _starts(robot, rng, seeds, reference)
    weight = np.ones(6)
    weight[5] = 0.0 if free_yaw else 1.0
    packed = pack_chain(robot.chain)
    goal = np.ascontiguousarray(X_world_tcp, dtype=float)
    left = descend_many(packed.rows, packed.ends, goal, weight, bounds, start, _ITERATIONS, _TARGET)
    near = _nearest_turns(robot, start[left < ACCURACY], reference)
    travel = np.max(np.abs(near - reference) / limits.velocity, axis=1, initial=0.0)
    return _spread(_distinct(near[np.argsort(travel, kind="stable")]), limits.velocity, count)


def _starts(
    robot: RobotModel, rng: np.random.Generator, seeds: Array | None, reference: Array
) -> Array:
    """Seeds: those given, the reference, and random ones within one turn around the middle of the limits."""
    lower, upper = robot.limits.lower, robot.limits.upper
    middle, half = (lower + upper) / 2.0, (upper - lower) / 2.0
    half = np.where(_revolute(robot), np.minimum(half, np.pi), half)
    drawn = middle + half * rng.uniform(-1.0, 1.0, (_SEEDS, robot.dof))
    given = np.zeros((0, robot.dof)) if seeds is None else np.atleast_2d(seeds)
    return np.ascontiguousarray(np.vstack([given, reference, drawn]), dtype=float)


def _revolute(robot: RobotModel) -> np.ndarray:
    """Which arm joints turn everything that they move, so that a full turn changes nothing."""
    chain = robot.chain
    slides = (chain.prismatic[:, None] & (chain.weights != 0.0)).any(axis=0)
    whole = np.all(chain.weights == np.round(chain.weights), axis=0)
    return ~slides & whole


def _nearest_turns(robot: RobotModel, Q: Array, reference: Array) -> Array:
    """Add full turns within the limits so that each joint is as near to the reference as can be."""
    lower, upper = robot.limits.lower, robot.limits.upper
    turns = np.round((reference - Q) / _TURN)
    turns = np.clip(turns, np.ceil((lower - Q) / _TURN), np.floor((upper - Q) / _TURN))
    return Q + np.where(_revolute(robot), turns * _TURN, 0.0)


def _distinct(Q: Array) -> Array:
    """Keep the first of every set of solutions that are the same."""
    kept: list[Array] = []
    for q in Q:
        if all(np.max(np.abs(q - other)) > _SAME for other in kept):
            kept.append(q)
    return np.array(kept).reshape(-1, Q.shape[1])


def _spread(Q: Array, velocity: Array, count: int) -> Array:
    """Choose `count` that lie far apart, the first among them, in the order given."""
    if len(Q) <= count:
        return Q
    chosen = [0]
    gap = np.full(len(Q), np.inf)
    while len(chosen) < count:
        gap = np.minimum(gap, np.max(np.abs(Q - Q[chosen[-1]]) / velocity, axis=1))
        chosen.append(int(np.argmax(gap)))
    return Q[sorted(chosen)]
