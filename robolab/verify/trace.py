"""Clearance at sampled instants, for a plot; whether it suffices, `clearance` says for all instants."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import Dwell, Leg, Program
from robolab.verify.arm import Arm
from robolab.verify.clearance import Sweep
from robolab.verify.pairs import Cell, Pair, distance, transform
from robolab.verify.reach import tree_of
from robolab.verify.story import follow

_CHECKS = ("clearance", "carried_clearance")


def clearance_trace(
    program: Program, scene: SceneSpec, robot: RobotModel, points: int = 300
) -> tuple[Array, Array]:
    """Sample the least distance of robot and carried object to the surroundings.

    Pairs that may touch on a leg are left out.

    Args:
        points: About how many samples, spread over the legs by their duration.
    Returns:
        Time since the start of the program [s] and distance [m], each of shape (k,); empty where
        there is nothing to keep away from.
    """
    arm = Arm(robot, scene.physics.gravity)
    cell = Cell(scene, arm, tree_of(arm))
    situations = iter(follow(program, scene, arm).situations)
    times, distances, now = [np.zeros(0)], [np.zeros(0)], 0.0
    for item in program.items:
        if isinstance(item, Dwell):
            now += item.seconds
        elif isinstance(item, Leg):
            situation = next(situations)
            pairs = [pair for pair in cell.pairs(situation) if pair.check in _CHECKS]
            sweep = Sweep(situation, cell.movers(situation))
            share = sweep.duration / max(program.duration, 1e-9)
            local = np.linspace(0.0, sweep.duration, max(3, round(points * share)))
            if pairs:
                times.append(now + local)
                distances.append(_least(sweep, arm, pairs, local))
            now += sweep.duration
    return np.concatenate(times), np.concatenate(distances)


def _least(sweep: Sweep, arm: Arm, pairs: list[Pair], times: Array) -> Array:
    q, _ = sweep.state(times)
    poses = sweep.movers.poses(arm.joint_poses(q))
    least = np.full(times.size, np.inf)
    for k, row in enumerate(poses):
        placed = [transform(X) for X in row]
        for pair in pairs:
            other = pair.still if pair.second is None else placed[pair.second]
            first, second = pair.solids
            found = distance(first.hull, placed[pair.first], second.hull, other)
            exact = first.exact is not first.hull or second.exact is not second.hull
            # Hulls only come nearer than what they enclose.
            if exact and found < least[k]:
                found = distance(first.exact, placed[pair.first], second.exact, other)
            least[k] = min(least[k], found)
    return least
