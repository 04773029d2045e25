"""Time thousands of random paths of many robots, and have the verifier look for a limit that is exceeded.

    python scripts/bench/bench_limits.py --paths 10000 --out limits.json --hard tests/data/hard_random_paths.json \
        --also 4686

A path is a Bézier curve or a B-spline with random control points, a short or a long one, a straight line, or a way
there and back; the load is up to five kilograms. The verifier bounds velocity, acceleration and jerk over the
continuum, and torque at samples a millisecond apart and between them. The hard ones that are kept took
longest to time, or longest to run by what their distance alone would allow.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from bench_timing import TOLERANCE
from provenance import provenance, show

from robolab.core.errors import PlanningError
from robolab.core.files import write_json
from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.jobs.problem_set import least_time, robot_spec
from robolab.planning.spline import path_of
from robolab.robots import load_robot
from robolab.robots.model import Payload, RobotModel
from robolab.scene.spec import RequirementsSpec, SceneSpec
from robolab.trajectory.timing import time_path
from robolab.trajectory.trajectory import Leg, LegRequirements, Program
from robolab.verify.arm import Arm
from robolab.verify.checks import CHECKS, Case, Settings
from robolab.verify.story import follow

ROBOTS = ("ur10e", "panda", "iiwa", "ur5", "palletiser")
CHECKED = ("velocity", "acceleration", "jerk", "torque", "continuity")
MOST_MASS = 5.0
_KEPT = 4
_FREE = LegRequirements(clearance=0.0, carried_clearance=0.0)

Points = Array


def _bezier(robot: RobotModel, ends: Array, rng: np.random.Generator) -> Points:
    points = np.linspace(ends[0], ends[1], 8)
    points[1:-1] += rng.uniform(0.05, 0.6) * rng.normal(size=(6, robot.dof))
    return points


def _spline(robot: RobotModel, ends: Array, rng: np.random.Generator) -> Points:
    points = np.linspace(ends[0], ends[1], int(rng.integers(10, 24)))
    points[1:-1] += rng.uniform(0.02, 0.3) * rng.normal(size=(len(points) - 2, robot.dof))
    return points


def _short(robot: RobotModel, ends: Array, rng: np.random.Generator) -> Points:
    return ends[0] + 10.0 ** rng.uniform(-4.0, -1.0) * (_bezier(robot, ends, rng) - ends[0])


def _line(robot: RobotModel, ends: Array, rng: np.random.Generator) -> Points:
    return np.linspace(ends[0], ends[1], 8)


def _there_and_back(robot: RobotModel, ends: Array, rng: np.random.Generator) -> Points:
    half = np.linspace(ends[0], ends[1], 8)
    points = np.vstack([half, half[-2::-1]])
    points[1:-1] += 0.02 * rng.normal(size=(len(points) - 2, robot.dof))
    return points


KINDS: dict[str, Callable[[RobotModel, Array, np.random.Generator], Points]] = {
    "bezier": _bezier,
    "spline": _spline,
    "short": _short,
    "line": _line,
    "there and back": _there_and_back,
}


@lru_cache
def arm_of(name: str) -> tuple[RobotModel, SceneSpec, Arm]:
    """A robot alone, and the verifier's model of it."""
    spec = robot_spec(name, None)
    robot = load_robot(spec, Path())
    requirements = RequirementsSpec(clearance=0.0, carried_clearance=0.0)
    scene = SceneSpec(name="alone", floor=False, robots=(spec,), requirements=requirements)
    return robot, scene, Arm(robot, scene.physics.gravity)


def drawn(index: int, seed: int) -> dict[str, Any]:
    """Path number `index`: robot, kind, control points [rad or m] and load [kg]."""
    name, rng = ROBOTS[index % len(ROBOTS)], stream(seed, "limits", index)
    robot = arm_of(name)[0]
    low, high = np.maximum(robot.limits.lower, -2.8), np.minimum(robot.limits.upper, 2.8)
    kind = str(rng.choice(list(KINDS)))
    points = KINDS[kind](robot, rng.uniform(low, high, size=(2, robot.dof)), rng)
    inside = np.clip(points, robot.limits.lower, robot.limits.upper)
    mass = float(rng.choice([0.0, rng.uniform(0.1, MOST_MASS)]))
    return {"robot": name, "kind": kind, "points": inside, "payload_kg": mass}


def shares(name: str, leg: Leg) -> dict[str, float]:
    """Greatest share of each limit by the verifier's own code."""
    robot, scene, arm = arm_of(name)
    program = Program("motion", scene.name, robot.name, robot.joints, (leg,))
    case = Case(program, scene, robot, arm, follow(program, scene, arm), Settings(job=False))
    return {check: max(f.share for f in CHECKS.get(check)(case)) for check in CHECKED}


def measured(given: dict[str, Any]) -> dict[str, Any]:
    """Time one path and verify it; one that cannot be timed says why."""
    robot, points = arm_of(given["robot"])[0], np.array(given["points"])
    mass = given["payload_kg"]
    payload = Payload(mass, np.array([0.0, 0.0, 0.1])) if mass else None
    began = time.perf_counter()
    try:
        trajectory = time_path(robot, path_of(points), payload=payload, requirements=_FREE)
    except PlanningError as error:
        return given | {"refused": str(error)}
    seconds = time.perf_counter() - began
    leg = Leg("motion", trajectory, _FREE, "", payload=payload)
    far = np.ptp(points, axis=0)
    return given | {
        "seconds": seconds,
        "duration_s": trajectory.duration,
        "over_bound": trajectory.duration / least_time(far, robot),
        "shares": shares(given["robot"], leg),
    }


def _one(task: tuple[int, int]) -> dict[str, Any]:
    return measured(drawn(*task))


def summary(name: str, results: list[dict[str, Any]]) -> dict[str, Any]:
    mine = [r for r in results if r["robot"] == name]
    timed = [r for r in mine if "shares" in r]
    greatest = {c: max(r["shares"][c] for r in timed) for c in CHECKED}
    used = [max(r["shares"][c] for c in CHECKED[:-1]) for r in timed]
    return {
        "robot": name,
        "paths": len(mine),
        "timed": len(timed),
        "cannot_be_held_still": sum("cannot hold" in r.get("refused", "") for r in mine),
        "otherwise_refused": sum(
            "cannot hold" not in r.get("refused", "cannot hold") for r in mine
        ),
        "violations": {c: sum(r["shares"][c] > 1.0 + TOLERANCE for r in timed) for c in CHECKED},
        "greatest_share": greatest,
        "least_share_of_the_most_used": min(used),
        "ms_median": 1e3 * float(np.median([r["seconds"] for r in timed])),
        "ms_95": 1e3 * float(np.quantile([r["seconds"] for r in timed], 0.95)),
    }


def hardest(results: list[dict[str, Any]], also: list[int]) -> list[dict[str, Any]]:
    """Of every robot, the paths that took longest to time and longest to run for their distance; and some by number."""
    kept = {id(results[k]): results[k] for k in also}
    for name in ROBOTS:
        for key in ("seconds", "over_bound"):
            mine = [r for r in results if r["robot"] == name and key in r and r["kind"] != "short"]
            for r in sorted(mine, key=lambda r: -r[key])[:_KEPT]:
                kept[id(r)] = r
    fields = ("robot", "kind", "payload_kg", "duration_s")
    return [
        {f: r[f] for f in fields} | {"points": np.round(r["points"], 9).tolist()}
        for r in kept.values()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--paths", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, help="JSON file")
    parser.add_argument("--hard", type=Path, help="JSON file for the hardest paths")
    parser.add_argument(
        "--also", type=int, action="append", default=[], help="number of a path to keep besides"
    )
    asked = parser.parse_args()
    for name in ROBOTS:
        arm_of(name)  # what is fitted once is fitted before the processes start
    results: list[dict[str, Any]] = []
    began = time.monotonic()
    with ProcessPoolExecutor(asked.workers) as pool:
        tasks = [(k, asked.seed) for k in range(asked.paths)]
        for result in pool.map(_one, tasks, chunksize=20):
            results.append(result)
            if len(results) % 500 == 0:
                print(
                    f"{len(results)} of {asked.paths}, {time.monotonic() - began:.0f} s", flush=True
                )
    table = [summary(name, results) for name in ROBOTS]
    refused = sorted(
        {r["refused"] for r in results if "cannot hold" not in r.get("refused", "cannot hold")}
    )
    about = provenance("scipy", "pin", seed=asked.seed)
    show({**about, "results": table, "refused": refused[:20]}, asked.out)
    if asked.hard:
        what = "Random paths that are hard to time: control points [rad or m], load [kg], duration [s]."
        write_json(asked.hard, {"what": what, "paths": hardest(results, asked.also)})


if __name__ == "__main__":
    main()
