"""Measure a cell's policy against OMPL on problems that it has not seen.

    python scripts/bench/bench_planner.py ur10e_transfer --problems 200 --out planner.json

Problems are collision-free inverse-kinematics solutions of tool poses spread over the scene's work volume, at most
40 % of them joined by a free straight line. The baseline is OMPL's RRT-Connect with one second of OMPL's own
simplification, run through the faster of two ways: as one spline laid as closely to the path as the clearances need,
or leg by leg, each corner blended where there is room and the arm stopping where there is none; both also stand in
rows of their own. Motion is compared three ways: the mean of each pair's ratio, the ratio of all motion times together,
and the mean over the pairs that no straight line joins. `ompl_shaped` is the same path shaped by gradients as robolab does.
A planner's name with `_polished` is the same curve polished before it is timed: `planning` is then the time to the first
checked curve, as without, and `with_timing` has the polishing in it. `line`, `bound` and `bound_with_jerk` are no
planners: the straight line in joint space, and what each joint's own distance allows under its speed and acceleration,
and under its jerk as well, obstacles or not. All are timed by the same time parameterisation. Ours are measured first,
one problem after another; then the baselines on --compared of them, with the same share of free lines, each in a
process of its own on --processes cores. With --into FOLDER the result also goes into the policy's metrics and card.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from peers import ompl_corners
from provenance import provenance

from robolab.core.assets import shipped
from robolab.core.errors import PlanningError
from robolab.core.files import write_json, write_text
from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.jobs.problem_set import least_time
from robolab.kernels.compiled import CompiledChecker
from robolab.learning.card import write_card
from robolab.learning.exact import spheres_for, straight_free_exactly, surroundings
from robolab.learning.identity import METRICS
from robolab.learning.policy import CARD, RECIPE, Policy
from robolab.learning.problem_sets import unseen_pairs
from robolab.learning.problems import Pairs
from robolab.planning.blend import blend
from robolab.planning.checks import checker_of, travel_scale
from robolab.planning.contract import NoPlan, Planned, Problem
from robolab.planning.learned import LearnedPlanner
from robolab.planning.polish import polish
from robolab.planning.portfolio import Portfolio
from robolab.planning.sampling import OmplPlanner
from robolab.planning.smooth import smooth
from robolab.planning.spline import curve_of, on_path
from robolab.robots import load_robot
from robolab.scene.load import load_scene
from robolab.trajectory.jerk_limited import Bounds, JerkLimited, State
from robolab.trajectory.polynomial import PiecewisePolynomial
from robolab.trajectory.timing import time_path
from robolab.trajectory.trajectory import LegRequirements

BUDGET = 20_000
SIMPLIFY_SECONDS = 1.0
SEARCH_SECONDS = 20.0
BLEND = 0.5
"""Greatest distance of the tool from a corner at which a blend begins [m]."""
SAME = 1e-9
"""Corners nearer to each other are one [rad or m]."""
ROUNDINGS = (12, 15, 20, 27, 36, 50, 70, 100, 140, 200, 280, 400, 800)
BASELINE = "ompl_1s"
SPLINE, BLENDED, SHAPED = "ompl_1s_as_spline", "ompl_1s_blended", "ompl_shaped"

Row = dict[str, float | None]


def problem_of(policy: Policy, pairs: Pairs, row: int) -> Problem:
    """One unseen pair as a planner's problem, in the scene's own requirements."""
    cell, situations = policy.cell, pairs.situations
    asked = cell.scene.requirements
    upright = None
    if asked.upright and situations.cosine[row] > -1.0:
        axis = np.array(asked.upright.axis, dtype=float)
        upright = (axis / np.linalg.norm(axis), float(np.deg2rad(asked.upright.within_deg)))
    requirements = LegRequirements(
        clearance=asked.clearance,
        carried_clearance=asked.carried_clearance,
        upright=upright,
        tool_speed=asked.tool_speed,
        tool_acceleration=asked.tool_acceleration,
        limits_share=asked.limits_share,
    )
    return Problem(
        cell.robot,
        spheres_for(cell, int(situations.carried[row])),
        surroundings(cell, situations, row),
        pairs.start[row].astype(float),
        pairs.goal[row : row + 1].astype(float),
        requirements,
    )


def legs(problem: Problem, checker: CompiledChecker, corners: Array) -> list[PiecewisePolynomial]:
    """The path in parts between the corners at which the arm has to stop; the others are blended."""
    scale, parts = travel_scale(problem.robot), list[Planned]()
    for a, b in pairwise(corners):
        if np.linalg.norm(b - a) < SAME:
            continue
        leg = Planned(curve_of(on_path(np.stack([a, b]), scale, 6)), 0, "leg", 0.0, {})
        joined = blend(problem.robot, parts[-1], leg, BLEND, checker) if parts else None
        parts[-1:] = [joined] if joined else [*parts[-1:], leg]
    return [leg.path for leg in parts]


def rounded(checker: CompiledChecker, corners: Array, scale: Array) -> PiecewisePolynomial | None:
    """The smoothest of the splines laid on the corners that is still free."""
    if len(corners) == 2:
        return curve_of(on_path(corners, scale, 6))
    curves = (curve_of(on_path(corners, scale, count)) for count in ROUNDINGS)
    return next((curve for curve in curves if checker.curve_free(curve)), None)


def timed(problem: Problem, path: PiecewisePolynomial | None) -> Row:
    """Duration of the fastest motion along a path, and how long finding it took [s]; None where there is none."""
    if path is None:
        return {"motion": None, "timing": None}
    began = time.perf_counter()
    try:
        motion = time_path(problem.robot, path, requirements=problem.requirements).duration
    except PlanningError:
        return {"motion": None, "timing": None}
    return {"motion": motion, "timing": time.perf_counter() - began}


def fastest(rows: list[Row]) -> Row:
    """The row of least motion time; the first where none moves."""
    return min(rows, key=lambda row: row["motion"] or np.inf)


def in_parts(problem: Problem, parts: list[PiecewisePolynomial]) -> Row:
    """Motions along parts, from rest to rest each, one after the other."""
    rows = [timed(problem, part) for part in parts]
    if any(row["motion"] is None for row in rows):
        return timed(problem, None)
    return {key: sum(row[key] or 0.0 for row in rows) for key in ("motion", "timing")}


def planned(planner: Any, problem: Problem, seed: int) -> tuple[Row, Row]:
    """What a planner comes to, and the same polished, which counts as part of its timing."""
    began = time.perf_counter()
    # A problem of its own, so that no planner finds the checker that another has made.
    problem = replace(problem)
    result: Planned | NoPlan = planner.plan(problem, BUDGET, stream(seed, "bench"))
    seconds = time.perf_counter() - began
    if isinstance(result, NoPlan):
        none: Row = {"planning": seconds, **timed(problem, None)}
        return none, none
    began = time.perf_counter()
    better = polish(problem, result)
    polishing = time.perf_counter() - began
    after = timed(problem, better.path)
    after["timing"] = polishing + (after["timing"] or 0.0)
    return (
        {"planning": seconds, **timed(problem, result.path)},
        {"planning": seconds, "polishing": polishing, **after},
    )


def least(problem: Problem) -> Row:
    """What each joint's own distance allows under its speed and acceleration: nothing can be faster."""
    distance = problem.goals[0] - problem.start
    return {"planning": None, "motion": least_time(distance, problem.robot), "timing": None}


def least_with_jerk(problem: Problem) -> Row:
    """The same under the limits of jerk as well."""
    limits, share = problem.robot.limits, problem.requirements.limits_share
    own = (limits.velocity * share, limits.acceleration * share, limits.jerk * share)
    least = JerkLimited(Bounds(*own)).duration(State.at_rest(problem.start), problem.goals[0])
    return {"planning": None, "motion": least, "timing": None}


def line(problem: Problem) -> Row:
    """The straight line, obstacles or not."""
    ends = np.stack([problem.start, problem.goals[0]])
    path = curve_of(on_path(ends, travel_scale(problem.robot), 6))
    return {"planning": None, **timed(problem, path)}


def baselines(problem: Problem, seed: int) -> dict[str, Row]:
    checker = checker_of(problem)
    began = time.perf_counter()
    corners = ompl_corners(problem, checker, seed, SEARCH_SECONDS, SIMPLIFY_SECONDS)
    searched = time.perf_counter() - began
    if corners is None:
        none = {"planning": searched, **timed(problem, None)}
        return dict.fromkeys((BASELINE, SPLINE, BLENDED, SHAPED), none)
    scale = travel_scale(problem.robot)
    ways: dict[str, Callable[[], Row]] = {
        SPLINE: lambda: timed(problem, rounded(checker, corners, scale)),
        BLENDED: lambda: in_parts(problem, legs(problem, checker, corners)),
        SHAPED: lambda: timed(problem, smooth(checker, corners, problem.robot)),
    }
    rows: dict[str, Row] = {}
    for name, way in ways.items():
        began = time.perf_counter()
        found = way()
        shaping = time.perf_counter() - began - (found["timing"] or 0.0)
        rows[name] = {"planning": searched + shaping, **found}
    rows[BASELINE] = fastest([rows[SPLINE], rows[BLENDED]])
    return rows


def all_baselines(problems: list[Problem], processes: int) -> Iterator[dict[str, Row]]:
    """The baselines of every problem; what takes a second of a core each takes it on several at once."""
    if processes <= 1:
        yield from (baselines(problem, row) for row, problem in enumerate(problems))
        return
    _SHARED[:] = problems  # handed on by the fork: robots hold what does not travel
    with ProcessPoolExecutor(processes, multiprocessing.get_context("fork")) as pool:
        yield from pool.map(_baselines_of, range(len(problems)), chunksize=4)


_SHARED: list[Problem] = []


def _baselines_of(row: int) -> dict[str, Row]:
    return baselines(_SHARED[row], row)


def motions(rows: list[Row], base: list[Row]) -> np.ndarray:
    """Motion times beside the baseline's where both move, shape (n, 2) [s]; the first of the rows have one."""
    both = [(r["motion"], b["motion"]) for r, b in zip(rows, base, strict=False)]
    return np.array([pair for pair in both if None not in pair], dtype=float).reshape(-1, 2)


def summary(rows: list[Row], base: list[Row], blocked: np.ndarray) -> dict[str, float]:
    """Figures of one planner; `blocked` says which problems no straight line solves, shape (n,)."""
    planning = [r["planning"] for r in rows if r["planning"] is not None]
    polishing = [seconds for r in rows if (seconds := r.get("polishing")) is not None]
    whole = [r["planning"] + r["timing"] for r in rows if r["planning"] and r["timing"]]
    motion = [r["motion"] for r in rows if r["motion"] is not None]
    beside = motions(rows, base)
    around = motions(
        *([p for p, b in zip(part, blocked, strict=False) if b] for part in (rows, base))
    )
    ratios, ratios_around = beside[:, 0] / beside[:, 1], around[:, 0] / around[:, 1]
    return {
        "solved": len(motion) / max(len(rows), 1),
        "planning_median": float(np.median(planning)) if planning else 0.0,
        "planning_95": float(np.percentile(planning, 95)) if planning else 0.0,
        "polishing_median": float(np.median(polishing)) if polishing else 0.0,
        "with_timing_median": float(np.median(whole)) if whole else 0.0,
        "with_timing_95": float(np.percentile(whole, 95)) if whole else 0.0,
        "motion_median": float(np.median(motion)) if motion else 0.0,
        "motion_ratio_mean": float(np.mean(ratios)) if len(ratios) else 0.0,
        "motion_ratio_median": float(np.median(ratios)) if len(ratios) else 0.0,
        "motion_ratio_of_sums": float(np.divide(*beside.sum(axis=0))) if len(beside) else 0.0,
        "motion_ratio_mean_where_no_line_is_free": (
            float(np.mean(ratios_around)) if len(around) else 0.0
        ),
    }


def rows_of(planners: dict[str, Any], problem: Problem, seed: int) -> dict[str, Row]:
    """Rows of all planners for a problem, as they are and polished."""
    rows: dict[str, Row] = {}
    for name, planner in planners.items():
        rows[name], rows[f"{name}_polished"] = planned(planner, problem, seed)
    return rows


def evenly_first(blocked: np.ndarray, count: int) -> np.ndarray:
    """Rows in an order of which the first `count` hold as many that are blocked as their share in all, shape (n,)."""
    share = min(count / len(blocked), 1.0)
    first = np.zeros(len(blocked), dtype=bool)
    for kind in (np.flatnonzero(blocked), np.flatnonzero(~blocked)):
        first[kind[: round(share * len(kind))]] = True
    return np.concatenate([np.flatnonzero(first), np.flatnonzero(~first)])


def measure(
    policy: Policy, pairs: Pairs, seed: int, processes: int, compared: int
) -> dict[str, Any]:
    learned = LearnedPlanner(policy)
    planners = {
        "network_alone": replace(learned, refining_steps=0),
        "learned": learned,
        "learned_with_fallback": Portfolio([learned, OmplPlanner()]),
    }
    table: dict[str, list[Row]] = {}
    blocked = ~straight_free_exactly(policy.cell, pairs)
    order = evenly_first(blocked, compared)
    pairs, blocked = pairs.take(order), blocked[order]
    problems = [problem_of(policy, pairs, row) for row in range(len(pairs))]
    for planner in planners.values():  # compile before anything is timed
        planned(planner, problems[0], 0)
    ours = (
        rows_of(planners, p, row)
        | {"line": line(p), "bound": least(p), "bound_with_jerk": least_with_jerk(p)}
        for row, p in enumerate(problems)
    )
    for found in (ours, all_baselines(problems[:compared], processes)):
        for row, values in enumerate(found):
            for name, value in values.items():
                table.setdefault(name, []).append(value)
            print(f"\r{row + 1} problems", end="", flush=True)
        print()
    told = {name: summary(rows, table[BASELINE], blocked) for name, rows in table.items()}
    return {
        "problems": len(pairs),
        "compared": min(compared, len(pairs)),
        "baseline": BASELINE,
        "compared_with_a_free_line": float(np.mean(~blocked[:compared])),
        "motion_ratio": told["learned_polished"]["motion_ratio_mean"],
        "planners": told,
    }


def into_policy(folder: Path, policy: Policy, comparison: dict[str, Any]) -> None:
    """Write the comparison into a policy's metrics and card."""
    import yaml

    metrics = json.loads((folder / METRICS).read_text()) | {"comparison": comparison}
    run = yaml.safe_load((folder / RECIPE).read_text())["run"]
    write_json(folder / METRICS, metrics)
    write_text(folder / CARD, write_card(policy.cell, run, metrics))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scene")
    parser.add_argument(
        "--policy", type=Path, help="folder of the policy; the shipped one without it"
    )
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument(
        "--compared", type=int, help="problems for the baselines too; all without it"
    )
    parser.add_argument("--carrying", action="store_true", help="problems with an object in hand")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1, help="for the baselines")
    parser.add_argument("--out", type=Path, default=Path("planner.json"))
    parser.add_argument(
        "--into", type=Path, help="policy folder whose card and metrics get the result"
    )
    given = parser.parse_args()
    scene = load_scene(given.scene)
    robot = load_robot(scene.robot, scene.folder)
    policy = Policy.load(given.policy or shipped("policies") / scene.name, scene, robot)
    pairs = unseen_pairs(policy.cell, given.problems, given.carrying, given.seed)
    compared = len(pairs) if given.compared is None else given.compared
    comparison = measure(policy, pairs, given.seed, given.processes, compared)
    result = {
        "scene": scene.name,
        "carrying": given.carrying,
        **provenance("torch", "ompl", "numba", seed=given.seed),
        **comparison,
    }
    write_json(given.out, result)
    if given.into:
        into_policy(given.into, policy, comparison)
    print(json.dumps(comparison, indent=2))


if __name__ == "__main__":
    main()
