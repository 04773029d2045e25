"""Plan a problem file beside OMPL's RRT-Connect with simplification, timed by TOPP-RA, in one run.

    python scripts/bench/bench_problems.py --robot panda --problems FILE --out problems.json

Both use the same exact checker. OMPL's path is simplified by `simplifyMax`, run through by a cubic spline on points
close together, and timed by TOPP-RA (velocity and acceleration, interpolation scheme, 401 grid points), which knows no
jerk limit. Ours is counted from the problem in memory to a timed, checked trajectory, and then verified by code that
shares nothing with the planner.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from robolab.core.files import write_json
from robolab.core.transforms import Array
from robolab.jobs.planner import anywhere
from robolab.jobs.problem_set import (
    ProblemSet,
    least_time,
    plan_one,
    problem_of,
    problem_set,
    robot_spec,
    verified,
)
from robolab.kernels.compiled import CompiledChecker
from robolab.planning.checks import checker_of, usable_goals
from robolab.planning.contract import NoPlan
from robolab.scene.problem_file import ProblemSpec, load_problems

SEARCH_SECONDS = 10.0
GRID = 401
DENSE = 0.05


def ompl_path(
    checker: CompiledChecker, low: Array, high: Array, start: Array, goal: Array, seed: int
) -> Array | None:
    """Corners, shape (m, n), of RRT-Connect's path after OMPL's simplification."""
    from ompl import base, geometric, util

    util.setLogLevel(util.LOG_NONE)
    util.RNG.setSeed(seed + 1)
    n = len(start)
    space = base.RealVectorStateSpace(n)
    box = base.RealVectorBounds(n)
    for i in range(n):
        box.setLow(i, float(low[i]))
        box.setHigh(i, float(high[i]))
    space.setBounds(box)

    def vector(state: Any) -> Array:
        return np.array([state[i] for i in range(n)])

    def state(q: Array) -> Any:
        made: Any = space.allocState()
        for i, value in enumerate(q):
            made[i] = float(value)
        return made

    class Exact(base.MotionValidator):
        def checkMotion(self, a: Any, b: Any) -> bool:
            return checker.segment_free(vector(a), vector(b))

    information = base.SpaceInformation(space)
    validator = Exact(information)
    information.setMotionValidator(validator)
    information.setStateValidityChecker(lambda s: checker.free(vector(s)))
    information.setup()
    definition = base.ProblemDefinition(information)
    definition.setStartAndGoalStates(state(start), state(goal))
    planner = geometric.RRTConnect(information)
    planner.setProblemDefinition(definition)
    planner.setup()
    planner.solve(SEARCH_SECONDS)
    if not definition.hasExactSolution():
        return None
    path: Any = definition.getSolutionPath()
    geometric.PathSimplifier(information).simplifyMax(path)
    return np.array([vector(s) for s in path.getStates()])


def toppra_time(given: ProblemSet, corners: Array) -> tuple[float, float]:
    """Motion time [s] by TOPP-RA, and the greatest share of a jerk limit at steps of half a millisecond."""
    from toppra import SplineInterpolator, constraint
    from toppra.algorithm import TOPPRA

    limits = given.robot.limits
    lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))])
    s = np.linspace(0.0, 1.0, max(int(lengths[-1] / DENSE), 4) + 1)
    q = np.stack([np.interp(s * lengths[-1], lengths, column) for column in corners.T], axis=1)
    scheme = constraint.DiscretizationType.Interpolation
    bounds = [
        constraint.JointVelocityConstraint(np.stack([-limits.velocity, limits.velocity], axis=1)),
        constraint.JointAccelerationConstraint(
            np.stack([-limits.acceleration, limits.acceleration], axis=1),
            discretization_scheme=scheme,
        ),
    ]
    instance = TOPPRA(
        bounds,
        SplineInterpolator(s, q),
        gridpoints=np.linspace(0.0, 1.0, GRID),
        parametrizer="ParametrizeConstAccel",
    )
    timed: Any = instance.compute_trajectory()
    if timed is None:
        return float("nan"), float("nan")
    t = np.arange(0.0, timed.duration, 5e-4)
    jerk = np.gradient(timed(t, 2), t, axis=0)
    return float(timed.duration), float(np.max(np.abs(jerk) / limits.jerk))


def peer(given: ProblemSet, spec: ProblemSpec) -> dict[str, Any]:
    began = time.perf_counter()
    problem = problem_of(given, spec)
    checker = checker_of(problem)
    if isinstance(usable_goals(problem, checker), NoPlan):
        return {"status": "failed"}
    limits, goal = given.robot.limits, problem.goals[0]
    corners = ompl_path(checker, limits.lower, limits.upper, problem.start, goal, spec.index)
    if corners is None:
        return {"status": "failed"}
    duration, jerk = toppra_time(given, corners)
    seconds = time.perf_counter() - began
    return {
        "status": "solved",
        "planning_time_s": seconds,
        "path_length_rad": float(np.linalg.norm(np.diff(corners, axis=0), axis=1).sum()),
        "straight_length_rad": float(np.linalg.norm(goal - problem.start)),
        "motion_time_s": duration,
        "least_motion_time_s": least_time(goal - problem.start, given.robot),
        "jerk_share": jerk,
    }


def summary(rows: list[dict[str, Any]]) -> dict[str, float]:
    solved = [r for r in rows if r["status"] == "solved"]
    seconds = [r["planning_time_s"] for r in solved]
    moving = [r for r in solved if r["straight_length_rad"] > 0.0]

    def ratios(top: str, bottom: str) -> Array:
        return np.array([r[top] / r[bottom] for r in moving])

    table: dict[str, float] = {
        "problems": len(rows),
        "solved": len(solved),
        "planning_median_s": float(np.median(seconds)),
        "planning_95_s": float(np.percentile(seconds, 95)),
        "length_ratio_median": float(
            np.nanmedian(ratios("path_length_rad", "straight_length_rad"))
        ),
        "time_ratio_median": float(np.nanmedian(ratios("motion_time_s", "least_motion_time_s"))),
    }
    if "jerk_share" in solved[0]:
        table["jerk_broken"] = sum(r["jerk_share"] > 1.0 + 1e-6 for r in solved)
    else:
        table["verified"] = sum(bool(r["verified"]) for r in solved)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--robot", required=True)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--every", type=int, default=1, help="take each n-th problem only")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("problems.json"))
    asked = parser.parse_args()
    problems = load_problems(asked.problems)[:: asked.every]
    given = problem_set(
        robot_spec(asked.robot, None), problems, asked.problems, anywhere(), asked.seed
    )
    plan_one(given, problems[0])
    mine: list[dict[str, Any]] = []
    theirs: list[dict[str, Any]] = []
    for place, spec in enumerate(problems):
        result, trajectory = plan_one(given, spec)
        result.pop("trajectory", None)
        if trajectory is not None:
            result["verified"] = verified(given, spec, trajectory)
        mine.append(result)
        theirs.append(peer(given, spec))
        print(f"\r{place + 1} of {len(problems)}", end="", flush=True)
    print()
    git = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    report = {
        "commit": subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip(),
        "versions": {name: version(name) for name in ("numpy", "numba", "ompl", "toppra")},
        "hardware": {"processor": platform.processor(), "cores": os.cpu_count()},
        "seed": asked.seed,
        "robot": asked.robot,
        "robolab": summary(mine),
        "ompl_toppra": summary(theirs),
        "failures": [r for r in mine if r["status"] == "failed"],
    }
    write_json(asked.out, report)
    print(json.dumps({key: report[key] for key in ("robolab", "ompl_toppra")}, indent=2))


if __name__ == "__main__":
    main()
