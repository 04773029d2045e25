"""Cycle times of jobs whose loads are felt on the way, against controllers that do not know what they carry.

    python scripts/bench/bench_load_motion.py --programs 14 --out load_motion.json --drawing load_motion.svg

Every program is a job of three loads drawn at random, felt with an estimator's errors, and verified under
the true loads by the verifier's own code. Several of them share a plan. The baselines run through the same paths:

    constant  Constant joint accelerations: one common factor on the robot file's limits, the largest with
              which the heaviest load that the scene speaks of stays within torque on every move.
    grip      The same, where the factor also has to keep the load in the gripper; otherwise each move
              keeps to the tool acceleration that the gripper allows, by itself.
    fixed     Torque-limited timing for the heaviest load.
    told      Torque-limited timing for the true load, as if it were known exactly: what could be gained.
              For the first draw of each plan.

`--load-model` feels loads by motor currents, as an arm would show them that was identified from its logs.
Parts of a run made by `--first` are put together by `--join FILE...`.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from bench_timing import provenance
from load_baselines import constant_time, fixed_time, told_time
from load_drawing import drawing

from robolab.core.errors import PlanningError
from robolab.core.files import write_json, write_text
from robolab.core.rng import stream
from robolab.jobs.adapt_current import CurrentFeeler, model_with_tool
from robolab.jobs.adapt_feel import Feeler, SimulatedFeeler
from robolab.jobs.adapt_report import SHARES
from robolab.jobs.adapt_run import OpenJob, open_job, open_loads, with_masses
from robolab.jobs.planner import planner_for
from robolab.robots import load_robot
from robolab.robots.model import RobotModel
from robolab.scene.load import load_scene
from robolab.scene.realise import realise
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import Program
from robolab.verify import Finding, verify_program
from robolab.verify.arm import Arm
from robolab.verify.checks import CHECKS, Case, Settings
from robolab.verify.story import follow

LIMITS = ("position", *SHARES, "continuity", "payload", "sequence", "straightness", "upright")
SCENES = ("ur10e_loads", "palletiser_loads")
BASELINES = ("constant", "grip", "fixed", "told")


def programs(name: str, seed: int, draws: int, model: Path | None) -> list[dict[str, Any]]:
    """Plan a job once; adapt and verify it for several draws of its loads, and time it as each baseline would.

    The paths, and with them what the baselines do, do not hang on the loads. The first draw, that of the
    scene, is verified whole; on the others, whose ways are the same, all but what has to do with distances.
    """
    scene = load_scene(name)
    real = realise(scene, seed)
    robot = load_robot(real.robot, real.folder)
    try:
        job = open_job(scene, real, robot, planner_for(real, robot, None), seed)
    except PlanningError as error:
        return [{"scene": name, "seed": seed, "draw": 0, "not_planned": str(error)}]
    known = None if model is None else model_with_tool(model, robot)
    shared = baselines(job)
    rows: list[dict[str, Any]] = []
    for draw in range(draws):
        drawn = replace(job, real=with_loads(scene, real, robot, seed, draw))
        noise = seed + 100_000 * draw
        feeler = SimulatedFeeler(noise) if known is None else CurrentFeeler(known, noise)
        row = {
            "scene": name,
            "seed": seed,
            "draw": draw,
            **shared,
            **adapted_row(drawn, feeler, draw == 0),
        }
        rows.append(row)
    return rows


def with_loads(
    scene: SceneSpec, real: SceneSpec, robot: RobotModel, seed: int, draw: int
) -> SceneSpec:
    """The realised scene for draw 0, otherwise the same with its loads drawn anew."""
    if draw == 0:
        return real
    rng = stream(seed, "loads", draw)
    ranges = open_loads(scene, robot)
    return with_masses(real, {item: float(rng.uniform(*ranges[item])) for item in sorted(ranges)})


def adapted_row(job: OpenJob, feeler: Feeler, whole: bool) -> dict[str, Any]:
    """Adapt a job to its loads, and verify it."""
    adapted = job.adapted(feeler)
    program, scene, robot = adapted.program, job.real, job.cell.robot
    findings = verify_program(program, scene).findings if whole else limits(program, scene, robot)
    return {
        "loads": [loads(handled) for handled in adapted.handled],
        "adapted_s": program.duration,
        **({"told_s": told_time(job)} if whole else {}),
        "timing_seconds": list(adapted.seconds),
        "whole": whole,
        "checked": len(findings),
        "violations": [finding.to_json() for finding in findings if not finding.ok],
        "largest_share": {
            check: max((f.share for f in findings if f.check == check), default=0.0)
            for check in SHARES
        },
    }


def limits(program: Program, scene: SceneSpec, robot: RobotModel) -> tuple[Finding, ...]:
    """What the verifier finds of a program, distances left out."""
    arm = Arm(robot, scene.physics.gravity)
    case = Case(program, scene, robot, arm, follow(program, scene, arm), Settings())
    return tuple(finding for name in LIMITS for finding in CHECKS.get(name)(case))


def loads(handled: Any) -> dict[str, Any]:
    """What one load is, was felt to be, and how much of its way was timed for that."""
    safe = handled.safe
    return {
        "true_kg": handled.true.mass,
        "felt_kg": None if handled.felt is None else handled.felt.load.mass,
        "std_kg": None if handled.felt is None else handled.felt.doubt.mass,
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
    }


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Means, and how they spread, over all programs of one scene."""
    done = [row for row in rows if "adapted_s" in row]
    felt = [load for row in done for load in row["loads"]]
    took = np.array([row["adapted_s"] for row in done])
    seconds = 1e3 * np.concatenate([row["timing_seconds"] for row in done])
    shorter = {name: spread(saved(done, f"{name}_s")) for name in BASELINES}
    factors = ("constant_factor", "grip_factor")
    return {
        "programs": len(done),
        "paths": len({row["seed"] for row in done}),
        "not_planned": len(rows) - len(done),
        "loads": len(felt),
        "outside_the_safe_range": sum(not load["in_range"] for load in felt),
        "verified_whole": sum(row["whole"] for row in done),
        "checks": sum(row["checked"] for row in done),
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


def saved(rows: list[dict[str, Any]], name: str) -> np.ndarray:
    """Share of a baseline's time that is saved, over the programs for which it is known."""
    return np.array([1.0 - row["adapted_s"] / row[name] for row in rows if name in row])


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
    print(
        f"\n{name}: {found['programs']} programs on {found['paths']} plans, {found['loads']} loads"
    )
    print(f"  violations {found['violations']} in {found['checks']} findings, ", end="")
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
    parser = argparse.ArgumentParser(
        description="Cycle times of jobs whose loads are felt on the way."
    )
    parser.add_argument("--scenes", nargs="+", default=list(SCENES))
    parser.add_argument("--programs", type=int, default=14, help="plans for each scene")
    parser.add_argument("--draws", type=int, default=5, help="of the loads of each program")
    parser.add_argument("--first", type=int, default=0, help="seed of the first program")
    parser.add_argument(
        "--load-model", type=Path, help="feel by currents, with this model of the arm"
    )
    parser.add_argument("--join", type=Path, nargs="*", help="JSON files of parts of a run")
    parser.add_argument("--out", type=Path, help="JSON file")
    parser.add_argument("--drawing", type=Path, help="SVG file of the distributions")
    asked = parser.parse_args()
    if asked.join:
        rows = [row for path in asked.join for row in json.loads(path.read_text())["rows"]]
        rows.sort(key=lambda row: (row["scene"], row["seed"], row["draw"]))
    else:
        seeds = range(asked.first, asked.first + asked.programs)
        rows = [
            row
            for name in asked.scenes
            for seed in seeds
            for row in programs(name, seed, asked.draws, asked.load_model)
        ]
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
