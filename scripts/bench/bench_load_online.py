"""How soon a load is known that has been picked up, and told that it is lost, in the simulation of a real arm.

    python scripts/bench/bench_load_online.py --losses 40 --collisions 15 --unloaded 600 --out online.json

Identifies the UR10e from the logs where ROBOLAB_DATA points, gives its friction, weights and noise to a simulated one
with a suction cup, and lets that lift boxes of 0.5 to 8 kg, taken up to 0.05 m off their middle, and carry them to
and fro. The box comes off, or something pushes the tool for 0.12 s by up to 25 to 80 N, or neither; what happens may happen
while the arm stands or turns round. Every trial is a day, a place, a speed and a moment of its own. The watch sees
encoders and motor currents at 500 Hz, is told by the vacuum switch that something has been taken, and by nobody what
that weighs, that it has gone, or that something was hit; with `--switch` the losses come again, with the cup's vacuum at 100 Hz in view. Without a load the arm then moves from place to place for a
time, in stretches of a day each, and whatever is told is a false alarm. A day's friction differs from what was
identified as that of real runs did.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from bench_alarms import rates
from provenance import provenance

from robolab.core.assets import data_dir
from robolab.core.files import write_json
from robolab.core.rng import stream
from robolab.estimation.identify import Loaded, identify
from robolab.estimation.log import read_joint_log
from robolab.estimation.model import LoadModel
from robolab.jobs.load import robot_of
from robolab.jobs.load_trial import What, move_empty, pick_and_lose
from robolab.robots.model import RobotModel

LOADED, MASS = "Load", 2.805
LEAST, MOST = 0.5, 8.0
HORIZONS = (0.2, 0.3, 0.6)
SOON = 0.1
STANDS = 0.1
"""A loss counts as one at a standstill where shoulder and elbow, which carry the load, are slower [rad/s]."""
PROCESS = 0.6
"""Speed that the shipped scenes lift with [m/s]."""
STRETCH = 300.0


def identified(bare: RobotModel) -> LoadModel:
    folder = data_dir()
    if folder is None:
        raise SystemExit("no recorded data: set ROBOLAB_DATA")
    logs = [read_joint_log(path, bare) for path in sorted((folder / "ur10e").glob("*.csv"))]
    free = [log for log in logs if LOADED not in log.file.name]
    return identify(bare, free, [Loaded(log, MASS) for log in logs if LOADED in log.file.name])


def trial(
    model: LoadModel, bare: RobotModel, seed: int, what: What, switch: bool = False
) -> dict[str, Any]:
    mass = float(stream(seed, "mass").uniform(LEAST, MOST))
    done = pick_and_lose(model, bare, mass, seed, what, switch)
    row: dict[str, Any] = {"seed": seed, "what": what, "mass": mass, "speed": done.speed}
    row |= {"lift_speed": done.lift_speed, "lift_s": done.lift_seconds}
    undisturbed = done.happened >= done.lifted + done.lift_seconds
    row["known_end"] = done.known_after(done.lift_seconds).known if undisturbed else None
    row |= {"noticed": done.noticed(), "told": done.told(), "before": done.false_alarms()}
    for horizon in HORIZONS:
        said = done.known_after(horizon)
        row[f"error_{horizon:g}"] = said.mass - mass
        row[f"std_{horizon:g}"] = said.mass_std
        row[f"known_{horizon:g}"] = said.known
    row["events"] = [(event.kind, t - done.happened) for t, event in done.events]
    last = done.estimates[-1]
    row |= {"last": last.mass, "last_std": last.mass_std, "last_known": last.known}
    noticed = "never" if row["noticed"] is None else f"{1e3 * row['noticed']:.0f} ms"
    print(
        f"{seed:3d} {what:9} {mass:5.2f} kg at {done.speed:4.2f} rad/s: at 0.3 s {row['error_0.3']:+.3f} ± "
        f"{1.645 * row['std_0.3']:.3f} kg; lost told after {noticed}, in the end {row['told']}, {row['before']} before it",
        flush=True,
    )
    return row


def lifts(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """How well masses are told after their lifts began."""
    result: dict[str, Any] = {"lifts": len(rows)}
    for horizon in HORIZONS:
        error = np.array([r[f"error_{horizon:g}"] for r in rows])
        std = np.array([r[f"std_{horizon:g}"] for r in rows])
        result[f"mean_error_{horizon:g}"] = float(error.mean())
        result[f"mean_abs_error_{horizon:g}"] = float(np.abs(error).mean())
        result[f"held_{horizon:g}"] = float((np.abs(error) <= 1.645 * std).mean())
        result[f"known_{horizon:g}"] = float(np.mean([r[f"known_{horizon:g}"] for r in rows]))
    ends = [r["known_end"] for r in rows if r["known_end"] is not None]
    result |= {"lifts_that_end": len(ends), "known_at_their_end": sum(ends)}
    return result


def losses(rows: list[dict[str, Any]]) -> dict[str, Any]:
    if not rows:
        return {"losses": 0}
    noticed = np.array([np.inf if r["noticed"] is None else r["noticed"] for r in rows])
    ever, median = noticed[np.isfinite(noticed)], float(np.median(noticed))
    return {
        "losses": len(rows),
        "noticed_within_0.1": int((noticed <= SOON).sum()),
        "noticed_ever": len(ever),
        # None where half of them or more were never noticed.
        "noticed_median": median if np.isfinite(median) else None,
        "noticed_last": float(ever.max()) if len(ever) else None,
        "told_as_lost_in_the_end": sum(r["told"] == "lost" for r in rows),
    }


def summary(rows: list[dict[str, Any]], unloaded: list[str], seconds: float) -> dict[str, Any]:
    gone = [r for r in rows if r["what"] == "lost"]
    calm = [r for r in rows if r["lift_speed"] <= PROCESS]
    result: dict[str, Any] = {
        **lifts(rows),
        f"lifts_up_to_{PROCESS:g}_m/s": lifts(calm) if calm else {"lifts": 0},
        "moving": losses([r for r in gone if r["speed"] >= STANDS]),
        "standing": losses([r for r in gone if r["speed"] < STANDS]),
        "told": {
            what: dict(Counter(r["told"] for r in rows if r["what"] == what))
            for what in sorted({r["what"] for r in rows})
        },
        "told_before_anything_happened": sum(r["before"] for r in rows),
        "unloaded_s": seconds,
        "false_alarms_unloaded": rates(unloaded, seconds),
    }
    for name, value in result.items():
        print(f"{name:32} {value:.3f}" if isinstance(value, float) else f"{name:32} {value}")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description="Pick up and lose loads in the simulation.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--losses", type=int, default=40)
    parser.add_argument("--collisions", type=int, default=15)
    parser.add_argument("--nothing", type=int, default=5)
    parser.add_argument(
        "--switch", action="store_true", help="the same losses with the cup's vacuum in view, too"
    )
    parser.add_argument("--unloaded", type=float, default=600.0, help="seconds without a load")
    parser.add_argument("--out", type=Path, help="JSON file")
    asked = parser.parse_args()
    bare = robot_of("ur10e")
    model = identified(bare)
    counts: dict[What, int] = {
        "lost": asked.losses,
        "collision": asked.collisions,
        "nothing": asked.nothing,
    }
    rows = [
        trial(model, bare, asked.seed + k, what)
        for what, count in counts.items()
        for k in range(count)
    ]
    unloaded = list[str]()
    stretches = round(asked.unloaded / STRETCH)
    for k in range(stretches):
        unloaded += [e.kind for _, e in move_empty(model, bare, STRETCH, asked.seed + k)]
        print(f"{STRETCH * (k + 1):.0f} s without a load: {len(unloaded)} false alarms", flush=True)
    report = {
        **provenance("scipy", "pin", seed=asked.seed),
        "summary": summary(rows, unloaded, STRETCH * stretches),
    }
    if asked.switch:
        seen = [trial(model, bare, asked.seed + k, "lost", True) for k in range(asked.losses)]
        of = {**losses(seen), "told_before_anything_happened": sum(r["before"] for r in seen)}
        report |= {"with_the_vacuum": of, "rows_with_the_vacuum": seen}
        print("with the vacuum in view", of)
    if asked.out:
        write_json(asked.out, {**report, "rows": rows})


if __name__ == "__main__":
    main()
