"""Which of a pose's inverse-kinematics solutions to go to: those from which all that follows can be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robolab.core.errors import PlanningError
from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.jobs.moves import Move
from robolab.jobs.setting import Setting, setting_of
from robolab.jobs.stretches import Stretch
from robolab.planning.contract import NoPlan, Planned
from robolab.planning.ik import solve_ik
from robolab.planning.straight import straight_path
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec


@dataclass(frozen=True)
class Candidate:
    """Where a free move may end, with the straight moves that follow already found.

    Attributes:
        start: Joint positions at the end of the free move, shape (n,) [rad].
        straights: The paths of the stretch's straight moves, in order.
        end: Joint positions after them, shape (n,) [rad].
    """

    start: Array
    straights: tuple[Planned, ...]
    end: Array


def candidates(
    scene: SceneSpec, robot: RobotModel, stretch: Stretch, seed: int, limit: int
) -> tuple[Candidate, ...]:
    """Return up to `limit` candidates for a stretch that begins with a free move.

    Raises:
        PlanningError: no solution reaches the pose, or none lets the straight moves follow; says why.
    """
    free = stretch.free
    assert free is not None
    setting = setting_of(scene, robot, free)
    found: list[Candidate] = []
    reasons: list[str] = []
    for q in _goals(robot, free, setting, seed, reasons):
        result = follow(scene, robot, stretch, q)
        if isinstance(result, NoPlan):
            reasons.append(f"{result.reason}: {result.detail}")
        else:
            found.append(result)
        if len(found) == limit:
            break
    if not found:
        detail = "; ".join(dict.fromkeys(reasons))
        raise PlanningError(f"goal cannot be used: {detail}", field=f"job step {free.name!r}")
    return tuple(found)


def follow(scene: SceneSpec, robot: RobotModel, stretch: Stretch, q: Array) -> Candidate | NoPlan:
    """Plan a stretch's straight moves from given joint positions."""
    start = q
    paths: list[Planned] = []
    for move in stretch.straights:
        assert move.pose is not None
        setting = setting_of(scene, robot, move)
        path = straight_path(robot, q, move.pose, setting.checker(robot), setting.requirements)
        if isinstance(path, NoPlan):
            return path
        paths.append(path)
        q = path.path(1.0)
    return Candidate(start, tuple(paths), q)


def _goals(
    robot: RobotModel, move: Move, setting: Setting, seed: int, reasons: list[str]
) -> list[Array]:
    if move.joints is not None:
        goals = [move.joints]
    else:
        assert move.pose is not None
        rng = stream(seed, "ik", move.name)
        goals = list(solve_ik(robot, move.pose, rng))
        if not goals:
            reasons.append(f"no joint positions reach {np.round(move.pose[:3, 3], 3).tolist()}")
    checker = setting.checker(robot)
    free: list[Array] = []
    for q in goals:
        bodies = () if checker.free(q) else checker.colliding_bodies(q)
        if bodies:
            reasons.append("collision of " + ", ".join(f"{a} with {b}" for a, b in bodies))
        else:
            free.append(q)
    reference = robot.home
    return sorted(free, key=lambda q: travel(robot, reference, q))


def travel(robot: RobotModel, a: Array, b: Array) -> float:
    """Time that the slowest joint needs at full speed from a to b [s]."""
    return float(np.max(np.abs(b - a) / robot.limits.velocity))


def costs_to_go(robot: RobotModel, options: Sequence[Sequence[Candidate]]) -> list[list[float]]:
    """Least travel from each candidate to the end of the job [s]; backward dynamic programming."""
    costs = [[0.0] * len(row) for row in options]
    for i in range(len(options) - 2, -1, -1):
        for j, here in enumerate(options[i]):
            costs[i][j] = min(
                travel(robot, here.end, there.start) + costs[i + 1][k]
                for k, there in enumerate(options[i + 1])
            )
    return costs
