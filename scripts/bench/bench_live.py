"""Run a scene live over many seeds: contact, share of runs that reach the goal, and replanning time.

    python scripts/bench/bench_live.py --seeds 100 --out live.json

Every run is verified as `robolab run SCENE --live` does it, without the run in the physics: limits and torque along the
whole executed motion, standing obstacles, and the exact distance to what moves. Beside it the same runs with
replanning switched off, which says how many of them would have ended in contact.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from provenance import provenance

from robolab.core.files import write_json
from robolab.core.transforms import Array
from robolab.jobs.live import ALLOWANCE
from robolab.jobs.live_run import WATCHERS, LiveResult, live_result
from robolab.jobs.live_setup import live_cell
from robolab.robots import load_robot
from robolab.robots.model import RobotModel
from robolab.scene.load import load_scene
from robolab.scene.realise import realise
from robolab.scene.spec import SceneSpec
from robolab.verify.moving import nearest_approach


def measure(scene: SceneSpec, robot: RobotModel, seed: int, watch: str) -> dict[str, Any]:
    """One run, and the same with replanning switched off."""
    drawn = realise(scene, seed)
    live = live_result(drawn, robot, seed, watch=watch)
    blind = live_cell(drawn, robot, seed, replans=False).executive.run()
    return row_of(live) | {
        "seed": seed,
        "blind_contact": nearest_approach(blind.motion, drawn, robot).contact,
    }


def row_of(live: LiveResult) -> dict[str, Any]:
    report = live.result.report
    return {
        "reached": live.executed.done,
        "contact": live.nearest.contact,
        "least_distance_m": live.nearest.distance,
        "verified": report.verified,
        "failures": report.explain(),
        "largest_share": report.to_json()["largest_share"],
        "duration_s": live.executed.motion.end,
        "replans": live.replans,
        "plans": len(live.executed.decisions),
        "seconds": [decision.seconds for decision in live.executed.decisions],
        "cpu_seconds": [decision.cpu_seconds for decision in live.executed.decisions],
    }


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    seconds, cpu = (
        np.array([s for row in rows for s in row[key]]) for key in ("seconds", "cpu_seconds")
    )
    shares = [row["largest_share"] for row in rows]
    return {
        "runs": len(rows),
        "reached": sum(row["reached"] for row in rows) / len(rows),
        "contacts": sum(row["contact"] for row in rows),
        "contacts_without_replanning": sum(row["blind_contact"] for row in rows),
        "not_verified": sum(not row["verified"] for row in rows),
        "least_distance_m": min(row["least_distance_m"] for row in rows),
        "largest_share": {
            name: max(share[name] for share in shares)
            for name in ("position", "velocity", "acceleration", "jerk", "torque", "continuity")
        },
        "plans": len(seconds),
        "replans": sum(row["replans"] for row in rows),
        "planning_ms": spread(seconds),
        "planning_cpu_ms": spread(cpu),
        "later_than_allowed": int(np.sum(seconds > ALLOWANCE)),
        "duration_median_s": float(np.median([row["duration_s"] for row in rows])),
    }


def spread(seconds: Array) -> dict[str, float]:
    return {
        "median": float(np.median(seconds) * 1e3),
        "p95": float(np.percentile(seconds, 95) * 1e3),
        "p99": float(np.percentile(seconds, 99) * 1e3),
        "worst": float(seconds.max() * 1e3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scene", default="ur10e_live")
    parser.add_argument("--seeds", type=int, default=100, help="seeds 0 up to this, less one")
    parser.add_argument("--watch", default="tracks", choices=sorted(WATCHERS))
    parser.add_argument("--out", type=Path, default=Path("live.json"))
    given = parser.parse_args()
    scene = load_scene(given.scene)
    robot = load_robot(scene.robot, scene.folder)
    began = time.perf_counter()
    measure(scene, robot, 0, given.watch)  # compile before anything is timed
    rows: list[dict[str, Any]] = []
    for seed in range(given.seeds):
        rows.append(measure(scene, robot, seed, given.watch))
        print(f"\r{seed + 1} of {given.seeds}", end="", flush=True)
    print()
    told = summary(rows)
    write_json(
        given.out,
        {
            "scene": scene.name,
            "watch": given.watch,
            **provenance("numba", "ruckig", "coal"),
            "wall_s": time.perf_counter() - began,
            **told,
            "rows": rows,
        },
    )
    print(json.dumps(told, indent=2))
    ms = told["planning_ms"]
    print(
        f"--live over {told['runs']} seeds of {scene.name}: {told['contacts']} contacts "
        f"({told['contacts_without_replanning']} without replanning), replanning median {ms['median']:.1f} ms, "
        f"95 % {ms['p95']:.1f} ms, worst {ms['worst']:.1f} ms, {told['reached']:.0%} reach the goal"
    )


if __name__ == "__main__":
    main()
