"""Cycle times of jobs whose loads are felt on the way, against controllers that do not know what they carry.

    python scripts/bench/bench_load_motion.py --parts runs/load_motion --out load_motion.json --report load_motion.html

Every program is a job of three loads drawn at random, felt with an estimator's errors, and verified under
the true loads by the verifier's own code. Several of them share a plan. The baselines run through the same
paths, and are told that they carry the robot's rated payload; see `load_baselines.Told` for where it cannot be held.

    constant  Constant joint accelerations: one common factor on the robot file's limits, the largest with
              which the rated payload stays within torque on every move. Each move keeps to the tool acceleration
              that the gripper allows the heaviest load of the scene.
    by_move   The same, but what keeps the load in the gripper is a factor on the move's accelerations.
    grip      The same, where the one common factor has to keep the load in the gripper too.
    fixed     Torque-limited timing for the rated payload.
    exact     Torque-limited timing for the true load, as if it were known from the first: what could be gained.

`--parts` keeps what each plan gave in a file of its own. A run that was broken off goes on from there, and
several may work at once, each at every Nth plan (`--share 1/2`); without one of its own to do, a run puts all together.
`--load-model` feels loads by motor currents, as an arm would show them that was identified from its logs.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from load_baselines import baselines, exact_time
from load_drawing import drawing, page
from provenance import provenance

from robolab.core.errors import OutputError, PlanningError
from robolab.core.files import content_hash, write_json, write_text
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
BASELINES = ("constant", "by_move", "grip", "fixed", "exact")


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
    shared = baselines_row(job)
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
        "exact_s": exact_time(job),
        "late": adapted.late,
        "timing_seconds": [found.seconds for found in adapted.retimings],
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


def baselines_row(job: OpenJob) -> dict[str, Any]:
    """Cycle times [s] of all baselines, and factors of those that seek one."""
    found = baselines(job)
    return {
        "constant_s": found.constant.duration,
        "constant_factor": found.constant.factor,
        "by_move_s": found.by_move.duration,
        "grip_s": found.grip.duration,
        "grip_factor": found.grip.factor,
        "fixed_s": found.fixed,
        "rated_not_held": found.short,
    }


def kept(
    folder: Path | None, name: str, seed: int, asked: argparse.Namespace
) -> list[dict[str, Any]]:
    """Return what a plan gave, from its file where there is one; otherwise find it, and write it there.

    Raises:
        OutputError: the file is of another scene or robot, or of other settings.
    """
    scene = load_scene(name)
    of = {
        "scene": content_hash(scene.model_dump_json(exclude={"folder"})),
        "robot": load_robot(scene.robot, scene.folder).digest,
        "draws": asked.draws,
        "load_model": None if asked.load_model is None else str(asked.load_model),
    }
    path = None if folder is None else folder / f"{name}-{seed:03d}.json"
    if path is None or not path.is_file():
        rows = programs(name, seed, asked.draws, asked.load_model)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json(path, {"of": of, **provenance("scipy", "pin", seed=seed), "rows": rows})
        return rows
    content = json.loads(path.read_text())
    if content["of"] != of:
        raise OutputError(
            "is a part of another run", file=path, value=content["of"], expected=str(of)
        )
    return content["rows"]


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
        "too_late": sum(row["late"] for row in done),
        "rated_not_held": sum(len(row["rated_not_held"]) for row in done if row["draw"] == 0),
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
    print(f"not planned {found['not_planned']}, too late {found['too_late']}, ", end="")
    print(
        f"moves on which the rated payload is more than the arm can move {found['rated_not_held']}"
    )
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
    parser.add_argument("--plans", type=int, default=17, help="of each scene")
    parser.add_argument("--draws", type=int, default=4, help="of the loads on each plan")
    parser.add_argument("--first", type=int, default=0, help="seed of the first plan")
    parser.add_argument("--parts", type=Path, help="folder that keeps what each plan gave")
    parser.add_argument("--share", default="1/1", help="I/N: do plans I, I + N, …, and no more")
    parser.add_argument(
        "--load-model", type=Path, help="feel by currents, with this model of the arm"
    )
    parser.add_argument("--out", type=Path, help="JSON file")
    parser.add_argument("--drawing", type=Path, help="SVG file of the distributions")
    parser.add_argument("--report", type=Path, help="HTML file: distributions and tables")
    asked = parser.parse_args()
    mine, of = (int(part) for part in asked.share.split("/"))
    units = [(name, asked.first + k) for k in range(asked.plans) for name in asked.scenes]
    units = units[mine - 1 :: of]
    rows = [row for name, seed in units for row in kept(asked.parts, name, seed, asked)]
    if of > 1:
        return
    by_scene = {name: [row for row in rows if row["scene"] == name] for name in asked.scenes}
    results = {name: summary(found) for name, found in by_scene.items()}
    for name, found in results.items():
        say(name, found)
    if asked.out:
        about = provenance("scipy", "pin", seed=asked.first)
        write_json(asked.out, {**about, "results": results, "rows": rows})
    if asked.drawing:
        write_text(asked.drawing, drawing(by_scene))
    if asked.report:
        write_text(asked.report, page(by_scene, results))


if __name__ == "__main__":
    main()
