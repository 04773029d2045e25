"""Cycle times of jobs whose loads are felt on the way, against controllers that do not know what they carry.

    python scripts/bench/bench_load_motion.py --programs 67 --out load_motion.json --drawing load_motion.svg

Every program is a job of three loads drawn at random, felt with an estimator's errors, and verified under
the true loads by the verifier's own code. The baselines run through the same paths:

    constant  Constant joint accelerations: one common factor on the robot file's limits, the largest with
              which the heaviest load that the scene speaks of stays within torque on every move.
    grip      The same, where the factor also has to keep the load in the gripper; otherwise each move
              keeps to the tool acceleration that the gripper allows, by itself.
    fixed     Torque-limited timing for the heaviest load.
    told      Torque-limited timing for the true load, as if it were known exactly: what could be gained.

Parts of a run made by `--first` are put together by `--join FILE...`.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from bench_timing import provenance
from load_baselines import constant_time, fixed_time, told_time
from load_drawing import drawing

from robolab.core.errors import PlanningError
from robolab.core.files import write_json, write_text
from robolab.jobs.adapt_report import SHARES
from robolab.jobs.adapt_run import OpenJob, open_job
from robolab.jobs.adapted import Adapted
from robolab.jobs.planner import planner_for
from robolab.robots import load_robot
from robolab.scene.load import load_scene
from robolab.scene.realise import realise
from robolab.verify import VerificationReport, verify_program

SCENES = ("ur10e_loads", "palletiser_loads")
BASELINES = ("constant", "grip", "fixed", "told")


def program(name: str, seed: int) -> dict[str, Any]:
    """Plan, adapt and verify one job, and time it as each baseline would."""
    scene = load_scene(name)
    real = realise(scene, seed)
    robot = load_robot(real.robot, real.folder)
    try:
        job = open_job(scene, real, robot, planner_for(real, robot, None), seed)
    except PlanningError as error:
        return {"scene": name, "seed": seed, "not_planned": str(error)}
    began = time.thread_time()
    adapted = job.adapted()
    seconds = time.thread_time() - began
    report = verify_program(adapted.program, real)
    return {
        "scene": name,
        "seed": seed,
        "loads": [loads(handled) for handled in adapted.handled],
        "adapted_s": adapted.program.duration,
        **baselines(job),
        "timing_seconds": list(adapted.seconds),
        "adapting_seconds": seconds,
        **checked(report, adapted),
    }


def loads(handled: Any) -> dict[str, Any]:
    """What one load is, was felt to be, and how much of its way was timed for that."""
    safe = handled.safe
    return {
        "true_kg": handled.true.mass,
        "felt_kg": None if handled.felt is None else handled.felt.load.mass,
        "safe_kg": None if safe is None else [safe.light.mass, safe.heavy.mass],
        "in_range": safe is not None and safe.holds(handled.true),
        "taken_over": [leg.taken_over is not None for leg in handled.legs],
    }


def baselines(job: OpenJob) -> dict[str, Any]:
    """Cycle times [s] of all baselines, and factors of those that seek one."""
    constant, grip = constant_time(job), constant_time(job, grip=True)
    return {
        "constant_s": constant.duration,
        "constant_factor": constant.factor,
        "grip_s": grip.duration,
        "grip_factor": grip.factor,
        "fixed_s": fixed_time(job),
        "told_s": told_time(job),
    }


def checked(report: VerificationReport, adapted: Adapted) -> dict[str, Any]:
    """What the verifier says, and the largest shares of limits."""
    return {
        "verified": report.verified,
        "violations": [finding.to_json() for finding in report.failures],
        "largest_share": {check: report.largest_share(check) for check in SHARES},
    }


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Means, and how they spread, over all programs of one scene."""
    done = [row for row in rows if "adapted_s" in row]
    felt = [load for row in done for load in row["loads"]]
    took = np.array([row["adapted_s"] for row in done])
    seconds = 1e3 * np.concatenate([row["timing_seconds"] for row in done])
    shorter = {
        name: spread(1.0 - took / np.array([row[f"{name}_s"] for row in done]))
        for name in BASELINES
    }
    factors = ("constant_factor", "grip_factor")
    return {
        "programs": len(done),
        "not_planned": len(rows) - len(done),
        "loads": len(felt),
        "outside_the_safe_range": sum(not load["in_range"] for load in felt),
        "verified": sum(row["verified"] for row in done),
        "violations": sum(len(row["violations"]) for row in done),
        "largest_share": {
            check: max(row["largest_share"][check] for row in done) for check in SHARES
        },
        "cycle_time_s": spread(took),
        "shorter_than": shorter,
        "factors": {name: spread(np.array([row[name] for row in done])) for name in factors},
        "timing_cpu_ms": {
            "median": float(np.median(seconds)),
            "95 %": float(np.quantile(seconds, 0.95)),
            "worst": float(np.max(seconds)),
        },
    }


def spread(values: np.ndarray) -> dict[str, float]:
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
    return {
        "mean": float(np.mean(values)),
        "5 %": float(low),
        "median": float(middle),
        "95 %": float(high),
    }


def say(name: str, found: dict[str, Any]) -> None:
    """Print what matters of one scene."""
    print(f"\n{name}: {found['programs']} programs, {found['loads']} loads")
    print(f"  violations {found['violations']}, verified {found['verified']}, ", end="")
    print(f"outside the safe range {found['outside_the_safe_range']}, ", end="")
    print(f"not planned {found['not_planned']}")
    print(f"  cycle time {found['cycle_time_s']['mean']:.2f} s on average; shorter than")
    for baseline, values in found["shorter_than"].items():
        low, high = values["5 %"], values["95 %"]
        print(
            f"    {baseline:15} {values['mean']:6.1%}   (90 % of programs {low:.1%} to {high:.1%})"
        )
    for factor, values in found["factors"].items():
        print(f"  {factor:22} {values['mean']:.3f}")
    times = found["timing_cpu_ms"]
    print(
        f"  timing anew: median {times['median']:.0f} ms, 95 % {times['95 %']:.0f} ms on a processor"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", nargs="+", default=list(SCENES))
    parser.add_argument("--programs", type=int, default=67, help="of each scene")
    parser.add_argument("--first", type=int, default=0, help="seed of the first program")
    parser.add_argument("--join", type=Path, nargs="*", help="JSON files of parts of a run")
    parser.add_argument("--out", type=Path, help="JSON file")
    parser.add_argument("--drawing", type=Path, help="SVG file of the distributions")
    asked = parser.parse_args()
    if asked.join:
        rows = [row for path in asked.join for row in json.loads(path.read_text())["rows"]]
        rows.sort(key=lambda row: (row["scene"], row["seed"]))
    else:
        seeds = range(asked.first, asked.first + asked.programs)
        rows = [program(name, seed) for name in asked.scenes for seed in seeds]
    names = list(dict.fromkeys(row["scene"] for row in rows))
    by_scene = {name: [row for row in rows if row["scene"] == name] for name in names}
    results = {name: summary(found) for name, found in by_scene.items()}
    for name, found in results.items():
        say(name, found)
    if asked.out:
        write_json(asked.out, {**provenance(asked.first), "results": results, "rows": rows})
    if asked.drawing:
        write_text(asked.drawing, drawing(by_scene))


if __name__ == "__main__":
    main()
