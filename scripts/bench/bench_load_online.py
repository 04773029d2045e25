"""How soon a load is known that has been picked up, and noticed that has been lost, in the simulation of a real arm.

    python scripts/bench/bench_load_online.py --trials 6 --out online.json

Identifies the UR10e from the logs where ROBOLAB_DATA points, gives its friction, weights and noise to a simulated one
with a suction cup, and lets that lift boxes of 0.5 to 8 kg, taken up to 0.05 m off their middle, and lose them while
carrying them. The watch sees encoders and motor currents at 500 Hz, is told by the vacuum switch that something has
been taken, and by nobody what that weighs or that it has gone. Every trial is a day of its own: friction, noise,
grasp and moment are drawn.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from bench_timing import provenance

from robolab.core.assets import data_dir
from robolab.core.files import write_json
from robolab.core.rng import stream
from robolab.estimation.identify import Loaded, identify
from robolab.estimation.log import read_joint_log
from robolab.jobs.load import robot_of
from robolab.jobs.load_trial import pick_and_lose

LOADED, MASS = "Load", 2.805
LEAST, MOST = 0.5, 8.0
HORIZONS = (0.2, 0.3, 0.6)
SOON = 0.1


def trial(model: Any, bare: Any, seed: int) -> dict[str, Any]:
    mass = float(stream(seed, "mass").uniform(LEAST, MOST))
    done = pick_and_lose(model, bare, mass, seed)
    row: dict[str, Any] = {"seed": seed, "mass": mass, "noticed": done.noticed()}
    for horizon in HORIZONS:
        said = done.known_after(horizon)
        row[f"error_{horizon:g}"] = said.mass - mass
        row[f"std_{horizon:g}"] = said.mass_std
        row[f"known_{horizon:g}"] = said.known
    row["false_alarms"] = done.false_alarms()
    row["told"] = [event.kind for _, event in done.events]
    noticed = "never" if row["noticed"] is None else f"{1e3 * row['noticed']:.0f} ms"
    told = ", ".join(row["told"])
    print(
        f"{seed:3d} {mass:6.3f} kg: at 0.3 s {row['error_0.3']:+.3f} ± {1.645 * row['std_0.3']:.3f} kg, "
        f"loss noticed after {noticed}, {row['false_alarms']} before it ({told})",
        flush=True,
    )
    return row


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    noticed = np.array([np.inf if r["noticed"] is None else r["noticed"] for r in rows])
    result: dict[str, Any] = {
        "trials": len(rows),
        "noticed_within_0.1": float((noticed <= SOON).mean()),
        "noticed_ever": float(np.isfinite(noticed).mean()),
        "noticed_median": float(np.median(noticed)),
        "false_alarms": sum(r["false_alarms"] for r in rows),
    }
    for horizon in HORIZONS:
        error = np.array([r[f"error_{horizon:g}"] for r in rows])
        std = np.array([r[f"std_{horizon:g}"] for r in rows])
        result[f"mean_abs_error_{horizon:g}"] = float(np.abs(error).mean())
        result[f"held_{horizon:g}"] = float((np.abs(error) <= 1.645 * std).mean())
        result[f"known_{horizon:g}"] = float(np.mean([r[f"known_{horizon:g}"] for r in rows]))
    for name, value in result.items():
        print(f"{name:24} {value:.3f}")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description="Pick up and lose loads in the simulation.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--trials", type=int, default=6)
    parser.add_argument("--out", type=Path, help="JSON file")
    asked = parser.parse_args()
    folder = data_dir()
    if folder is None:
        raise SystemExit("no recorded data: set ROBOLAB_DATA")
    bare = robot_of("ur10e")
    logs = [read_joint_log(path, bare) for path in sorted((folder / "ur10e").glob("*.csv"))]
    free = [log for log in logs if LOADED not in log.file.name]
    heavy = [Loaded(log, MASS) for log in logs if LOADED in log.file.name]
    model = identify(bare, free, heavy)
    rows = [trial(model, bare, asked.seed + k) for k in range(asked.trials)]
    report = {**provenance(asked.seed), "summary": summary(rows), "rows": rows}
    if asked.out:
        write_json(asked.out, report)


if __name__ == "__main__":
    main()
