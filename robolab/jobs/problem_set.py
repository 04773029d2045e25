"""Plan a file of problems, each from memory to a checked trajectory, and verify what comes out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from robolab.core.errors import BadInput, PlanningError
from robolab.core.files import write_json
from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.jobs.grasp_goal import GraspGoal, eroded_spec, grasp_goal, plan_grasp
from robolab.planning.contract import NoPlan, Planned, Problem
from robolab.planning.portfolio import Portfolio
from robolab.planning.scene_obstacles import obstacles_of
from robolab.robots import load_robot
from robolab.robots.build import usual_tool
from robolab.robots.model import RobotModel
from robolab.scene.problem_file import ProblemSpec, scene_of
from robolab.scene.spec import RobotSpec, ToolSpec
from robolab.trajectory.timing import time_path
from robolab.trajectory.trajectory import LegRequirements, Trajectory
from robolab.verify import verify_trajectory

BEYOND = 5e-3
"""Starts and goals this far outside the limits are moved onto them [rad]; recorded ones are that inexact."""
SPACING = 2e-3
"""Greatest time between the samples that are written [s]."""
_ROUNDING = 1e-9
_BUDGET = 20_000
_SAVE_EVERY = 30.0
_FREE = LegRequirements(clearance=0.0, carried_clearance=0.0)

Result = dict[str, Any]


@dataclass(frozen=True)
class ProblemSet:
    """Problems for one robot, and what plans them."""

    spec: RobotSpec
    robot: RobotModel
    problems: tuple[ProblemSpec, ...]
    planner: Portfolio
    seed: int


def robot_spec(model: str, tool: str | None) -> RobotSpec:
    """Return a robot at the world's origin; without a tool's name it carries the one it is sold with, if any."""
    named = tool if tool is not None else usual_tool(model)
    held = None if named in (None, "none") else ToolSpec(model=str(named))
    return RobotSpec(name="arm", model=model, tool=held)


def problem_set(
    spec: RobotSpec, problems: Sequence[ProblemSpec], file: Path, planner: Portfolio, seed: int
) -> ProblemSet:
    """Join problems with their robot.

    Raises:
        BadInput: a problem is for another robot, or has another number of joints.
    """
    robot = load_robot(spec, Path())
    for place, problem in enumerate(problems):
        if problem.robot != spec.model:
            raise BadInput(
                "is for another robot",
                file=file,
                field=f"{place}.robot",
                value=problem.robot,
                expected=spec.model,
            )
        for field in ("start", "goal"):
            count = len(getattr(problem, field))
            if count != robot.dof:
                raise BadInput(
                    "has a wrong number of joint positions",
                    file=file,
                    field=f"{place}.{field}",
                    value=count,
                    expected=str(robot.dof),
                )
    return ProblemSet(spec, robot, tuple(problems), planner, seed)


def plan_problems(
    given: ProblemSet,
    out: Path,
    resume: bool = False,
    verify: bool = True,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Result]:
    """Plan all problems and write the results; those of an interrupted run are kept beside `out` and taken up again.

    Raises:
        OutputError: the file cannot be written.
    """
    partial = out.with_name(f".{out.name}.partial")
    identity = [given.robot.digest, given.seed, len(given.problems), verify]
    results = _earlier(partial, identity) if resume else []
    # What is compiled and loaded once belongs to no problem.
    plan_one(given, given.problems[0])
    saved = time.monotonic()
    for place, problem in enumerate(given.problems[len(results) :], len(results)):
        progress(f"{place + 1} of {len(given.problems)}: {problem.set} {problem.index}")
        result, trajectory, grasp = plan_one(given, problem)
        if trajectory is not None and verify:
            result["verified"] = verified(given, problem, trajectory, grasp)
        results.append(result)
        if time.monotonic() - saved > _SAVE_EVERY:
            write_json(partial, {"identity": identity, "results": results})
            saved = time.monotonic()
    write_json(out, results)
    partial.unlink(missing_ok=True)
    return results


class Attempt(NamedTuple):
    """What came of a problem: the result, the trajectory where there is one, and the grasp that its goal is, if any."""

    result: Result
    trajectory: Trajectory | None
    grasp: GraspGoal | None


def plan_one(given: ProblemSet, spec: ProblemSpec) -> Attempt:
    """Plan one problem; the time counts from the problem in memory to a checked trajectory.

    A goal at which nothing but the gripper touches, and not deeply, is taken for a grasp: `touching` says so.
    """
    loaded = given.planner.loaded
    attempt = _attempt(given, spec)
    # Loading a planner belongs to no problem: the one that asked for it first is planned again, as if it were there.
    return attempt if given.planner.loaded == loaded else _attempt(given, spec)


def _attempt(given: ProblemSet, spec: ProblemSpec) -> Attempt:
    began = time.perf_counter()
    problem = problem_of(given, spec)
    rng = stream(given.seed, "problem", spec.set, spec.index)

    def plan(one: Problem) -> Planned | NoPlan:
        return given.planner.plan(one, _BUDGET, rng)

    found, grasp = plan(problem), None
    if isinstance(found, NoPlan) and found.reason == "goal in collision":
        grasp = grasp_goal(problem)
        found = found if grasp is None else plan_grasp(grasp, plan, problem)
    trajectory, reason = _timed(given.robot, found)
    seconds = time.perf_counter() - began
    head: Result = {"set": spec.set, "index": spec.index}
    if trajectory is None or isinstance(found, NoPlan):
        head |= {"status": "failed", "reason": reason, "planning_time_s": seconds}
        return Attempt(head, None, grasp)
    head |= {"status": "solved", "planner": found.planner, "planning_time_s": seconds}
    head |= {} if grasp is None else {"touching": grasp.told()}
    return Attempt(head | _figures(trajectory, problem, given.robot), trajectory, grasp)


def problem_of(given: ProblemSet, spec: ProblemSpec) -> Problem:
    """Return what the planner is given."""
    start, goal = (_onto_limits(given.robot, np.array(q)) for q in (spec.start, spec.goal))
    obstacles = _named(obstacles_of(scene_of(spec, given.spec)), spec)
    return Problem(given.robot, given.robot.spheres, obstacles, start, goal[None], _FREE)


def verified(
    given: ProblemSet, spec: ProblemSpec, trajectory: Trajectory, grasp: GraspGoal | None
) -> bool:
    """Check a trajectory by the verifier, which shares no code with the planners.

    What the gripper touches at a goal that is a grasp counts as thinner by as much as the goal asks.
    """
    spec = spec if grasp is None else eroded_spec(spec, grasp)
    return verify_trajectory(trajectory, scene_of(spec, given.spec), given.robot).verified


def least_time(distance: Array, robot: RobotModel) -> float:
    """Lower bound on a motion's time by each joint's own distance, shape (n,), under speed and acceleration [s]."""
    d, v, a = np.abs(distance), robot.limits.velocity, robot.limits.acceleration
    return float(np.max(np.where(d * a > v * v, d / v + v / a, 2.0 * np.sqrt(d / a))))


def _timed(robot: RobotModel, found: Planned | NoPlan) -> tuple[Trajectory | None, str]:
    if isinstance(found, NoPlan):
        return None, f"{found.reason}: {found.detail}"
    try:
        return time_path(robot, found.path, requirements=_FREE), ""
    except PlanningError as error:
        return None, str(error)


def _onto_limits(robot: RobotModel, q: Array) -> Array:
    """Move positions that exceed limits by no more than `BEYOND` inside, by more than rounding takes away again."""
    near = np.clip(q, robot.limits.lower + _ROUNDING, robot.limits.upper - _ROUNDING)
    return np.where(np.abs(near - q) <= BEYOND, near, q)


def _named(obstacles: Any, spec: ProblemSpec) -> Any:
    """Call obstacles what the problem calls them."""
    names = {f"o{place}": solid.id for place, solid in enumerate(spec.objects)}
    return replace(
        obstacles,
        box_names=tuple(names[n] for n in obstacles.box_names),
        cylinder_names=tuple(names[n] for n in obstacles.cylinder_names),
    )


def _figures(trajectory: Trajectory, problem: Problem, robot: RobotModel) -> Result:
    distance, duration = problem.goals[0] - problem.start, trajectory.duration
    times = np.linspace(0.0, duration, max(int(np.ceil(duration / SPACING)), 2) + 1)
    positions = trajectory.position(times)
    length = float(np.linalg.norm(np.diff(positions, axis=0), axis=1).sum())
    return {
        "path_length_rad": length,
        "straight_length_rad": float(np.linalg.norm(distance)),
        "motion_time_s": duration,
        "least_motion_time_s": least_time(distance, robot),
        "verified": None,
        "trajectory": {"times_s": times, "positions": positions},
    }


def _earlier(partial: Path, identity: list[Any]) -> list[Result]:
    try:
        content = json.loads(partial.read_text())
        return list(content["results"]) if content["identity"] == identity else []
    except (OSError, ValueError, KeyError, TypeError):
        return []


def summary(results: Sequence[Result]) -> dict[str, float]:
    """Shares and medians over results: what a benchmark prints."""
    solved = [r for r in results if r["status"] == "solved"]
    seconds = [r["planning_time_s"] for r in solved]
    table: dict[str, float] = {"problems": len(results), "solved": len(solved)}
    if not solved:
        return table
    moving = [r for r in solved if r["straight_length_rad"] > 0.0]
    return table | {
        "verified": sum(bool(r.get("verified")) for r in solved),
        "touching_at_the_goal": sum("touching" in r for r in solved),
        "planning_median_s": float(np.median(seconds)),
        "planning_95_s": float(np.percentile(seconds, 95)),
        "length_ratio_median": float(
            np.median([r["path_length_rad"] / r["straight_length_rad"] for r in moving])
        ),
        "time_ratio_median": float(
            np.median([r["motion_time_s"] / r["least_motion_time_s"] for r in moving])
        ),
    }
