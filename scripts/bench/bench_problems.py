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
import time
from pathlib import Path
from typing import Any

import numpy as np
from peers import ompl_corners, toppra_constraints
from provenance import provenance

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
    summary,
    verified,
)
from robolab.planning.contract import NoPlan
from robolab.robots import load_robot
from robolab.scene.problem_file import ProblemSpec, load_problems

SEARCH_SECONDS = 10.0
GRID = 401
DENSE = 0.05


def toppra_time(given: ProblemSet, corners: Array) -> tuple[float, float]:
    """Motion time [s] by TOPP-RA, and the greatest share of a jerk limit at steps of half a millisecond."""
    from toppra import SplineInterpolator
    from toppra.algorithm import TOPPRA

    limits = given.robot.limits
    lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))])
    s = np.linspace(0.0, 1.0, max(int(lengths[-1] / DENSE), 4) + 1)
    q = np.stack([np.interp(s * lengths[-1], lengths, column) for column in corners.T], axis=1)
    instance = TOPPRA(
        toppra_constraints(given.robot.limits),
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
    ready = problem.ready
    if isinstance(ready, NoPlan):
        return {"status": "failed"}
    goal = problem.goals[0]
    corners = ompl_corners(problem, ready.checker, spec.index, SEARCH_SECONDS, None)
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


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--robot", required=True)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--every", type=int, default=1, help="take each n-th problem only")
    parser.add_argument(
        "--unlearned", action="store_true", help="leave the policy for any scene out"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("problems.json"))
    asked = parser.parse_args()
    problems = load_problems(asked.problems)[:: asked.every]
    spec = robot_spec(asked.robot, None)
    planner = anywhere(None if asked.unlearned else load_robot(spec, Path()))
    given = problem_set(spec, problems, asked.problems, planner, asked.seed)
    plan_one(given, problems[0])
    mine: list[dict[str, Any]] = []
    theirs: list[dict[str, Any]] = []
    for place, spec in enumerate(problems):
        result, trajectory, grasp = plan_one(given, spec)
        result.pop("trajectory", None)
        if trajectory is not None:
            result["verified"] = verified(given, spec, trajectory, grasp)
        mine.append(result)
        theirs.append(peer(given, spec))
        print(f"\r{place + 1} of {len(problems)}", end="", flush=True)
    print()
    report = {
        **provenance("numba", "ompl", "toppra", seed=asked.seed),
        "robot": asked.robot,
        "robolab": summary(mine),
        "ompl_toppra": summary(theirs)
        | {"jerk_broken": sum(r.get("jerk_share", 0.0) > 1.0 + 1e-6 for r in theirs)},
        "failures": [r for r in mine if r["status"] == "failed"],
    }
    write_json(asked.out, report)
    print(json.dumps({key: report[key] for key in ("robolab", "ompl_toppra")}, indent=2))


if __name__ == "__main__":
    main()
