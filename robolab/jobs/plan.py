"""Plan a whole job: every move a path, every path a trajectory, all in one program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from robolab.core.errors import PlanningError, SceneError
from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.jobs.candidates import Candidate, candidates, costs_to_go, follow, travel
from robolab.jobs.moves import Action, Move, expand
from robolab.jobs.setting import setting_of
from robolab.jobs.stretches import Stretch, stretches
from robolab.planning.blend import blend
from robolab.planning.contract import NoPlan, Planned, Planner, Problem
from robolab.planning.polish import faster
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.timing import time_path
from robolab.trajectory.trajectory import Dwell, Leg, Output, Program

BUDGET = 20_000
"""Iterations that each planner has for one move."""
_CANDIDATES = 6

Progress = Callable[[str], None]
Step = tuple[Move, Planned] | Dwell | Output


@dataclass(frozen=True)
class Cell:
    """What planning needs to know: the realised scene, its robot, the planner, the seed."""

    scene: SceneSpec
    robot: RobotModel
    planner: Planner
    seed: int
    budget: int = BUDGET


def plan_job(cell: Cell, progress: Progress = lambda _: None) -> Program:
    """Plan a realised scene's job from the robot's home position.

    Raises:
        PlanningError: a step cannot be done; names the step, the reason and the bodies.
        SceneError: the job has no step that moves the robot.
    """
    program = plan_actions(cell, expand(cell.scene, cell.robot), cell.robot.home, progress)
    if not program.legs:
        raise SceneError(
            f"scene {cell.scene.name!r} moves nothing",
            field="job",
            expected="a step that moves the robot from its home position",
        )
    return program


def plan_actions(
    cell: Cell, actions: tuple[Action, ...], start: Array, progress: Progress = lambda _: None
) -> Program:
    """Plan primitive actions from given joint positions, shape (n,) [rad]."""
    items = [
        leg_of(cell, *step) if isinstance(step, tuple) else step
        for step in plan_steps(cell, actions, start, progress)
    ]
    name = cell.scene.name
    return Program(name, name, cell.robot.name, cell.robot.joints, tuple(items))


def plan_steps(
    cell: Cell, actions: tuple[Action, ...], start: Array, progress: Progress = lambda _: None
) -> list[Step]:
    """Find paths for primitive actions from given joint positions, shape (n,) [rad]; none is timed yet."""
    parts = stretches(actions)
    options = _options(cell, parts, start)
    costs = costs_to_go(cell.robot, options)
    steps: list[Step] = []
    q = start
    for part, row, cost in zip(parts, options, costs, strict=True):
        chosen = row[0]
        if part.free is not None:
            progress(part.free.name)
            planned, chosen = _free_path(cell, part.free, q, row, cost)
            steps += [(part.free, planned)] if planned else []
        steps += _rest(part, chosen)
        q = chosen.end
    return _blended(cell, steps)


def _options(cell: Cell, parts: Sequence[Stretch], start: Array) -> list[tuple[Candidate, ...]]:
    options: list[tuple[Candidate, ...]] = []
    for part in parts:
        if part.free is not None:
            options.append(candidates(cell.scene, cell.robot, part, cell.seed, _CANDIDATES))
            continue
        first = follow(cell.scene, cell.robot, part, start)
        if isinstance(first, NoPlan):
            raise failure(part.straights[0], first)
        options.append((first,))
    return options


def _free_path(
    cell: Cell, move: Move, q: Array, options: Sequence[Candidate], costs: Sequence[float]
) -> tuple[Planned | None, Candidate]:
    """Plan one free move to the candidate that promises the least travel overall; None if already there."""
    total = [travel(cell.robot, q, c.start) + cost for c, cost in zip(options, costs, strict=True)]
    order: list[int] = np.argsort(total, kind="stable").tolist()
    ranked = [options[i] for i in order]
    if np.allclose(q, ranked[0].start, atol=1e-9):
        return None, ranked[0]
    setting = setting_of(cell.scene, cell.robot, move)
    problem = Problem(
        cell.robot,
        setting.spheres,
        setting.obstacles,
        q,
        np.array([c.start for c in ranked]),
        setting.requirements,
        setting.payload,
    )
    result = cell.planner.plan(problem, cell.budget, stream(cell.seed, "plan", move.name))
    if isinstance(result, NoPlan):
        raise failure(move, result)
    return faster(problem, result), ranked[result.goal]


def _rest(part: Stretch, chosen: Candidate) -> list[Step]:
    paths = iter(chosen.straights)
    return [(action, next(paths)) if isinstance(action, Move) else action for action in part.rest]


def _blended(cell: Cell, steps: list[Step]) -> list[Step]:
    """Join moves whose blend radius lets the arm pass on without stopping."""
    result: list[Step] = []
    for step in steps:
        last = result[-1] if result else None
        if isinstance(step, tuple) and isinstance(last, tuple) and last[0].blend > 0.0:
            joined = _join(cell, last, step)
            if joined is not None:
                result[-1] = joined
                continue
        result.append(step)
    return result


def _join(
    cell: Cell, first: tuple[Move, Planned], second: tuple[Move, Planned]
) -> tuple[Move, Planned] | None:
    move = second[0]
    speeds = [m.speed for m in (first[0], move) if m.speed is not None]
    merged = replace(
        move,
        name=f"{first[0].name}, {move.name}",
        straight=False,
        speed=min(speeds, default=None),
        contacts=first[0].contacts | move.contacts,
    )
    checker = setting_of(cell.scene, cell.robot, merged).checker(cell.robot)
    path = blend(cell.robot, first[1], second[1], first[0].blend, checker)
    return None if path is None else (merged, path)


def leg_of(cell: Cell, move: Move, planned: Planned) -> Leg:
    """Time a path for the load that the scene says."""
    setting = setting_of(cell.scene, cell.robot, move)
    trajectory = time_path(
        cell.robot, planned.path, payload=setting.payload, requirements=setting.requirements
    )
    return Leg(
        move.name,
        trajectory,
        setting.requirements,
        planned.planner,
        move.carried,
        setting.payload,
        planned.provenance,
    )


def failure(move: Move, result: NoPlan) -> PlanningError:
    """Return the error that tells a user which step cannot be planned, and why."""
    bodies = f" ({', '.join(result.bodies)})" if result.bodies else ""
    return PlanningError(
        f"{result.reason}: {result.detail}{bodies}", field=f"job step {move.name!r}"
    )
