"""Lifts of objects that none has learned from, with the grip that is just enough and with two plain ones.

    python scripts/bench/bench_grip.py --lifts 500 --out bench_grip.json

For each case the least constant force that holds it is found by bisection; what the gripper's greatest force cannot hold is
drawn again, and counted. A constant force holds a case where it is no less than that; so does the friction cone's rule, which is
told the true mass, friction and greatest acceleration; the same rule that follows the planned motion as the grip does is lifted with, 1.3 times. The rules' factors are the least ones that hold as many as the grip does
of the first half of the cases; their figures are of the second half. Of every other fragile object the grip is told the limit;
each row says so, and overloads are counted apart. The grip's overloads are of what fingers pressed with, over 10 ms; `spiked`
counts single steps of the physics, too. The rules' are of what they ask for, as if fingers never pressed harder. Cases are kept one by one, so that a run that was
broken off goes on where it was.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from provenance import provenance, show

from robolab.sim.pinch import Pinch
from robolab.tasks.lift import least_force
from robolab.tasks.lift_case import TEST, draw_case
from robolab.touch.grip import load_grip
from robolab.touch.grip_score import Judged, by_cone, by_predictor, told_limit

SEED = 7
CONE = 1.3
"""Factor of the friction cone's rule that follows the planned motion."""
Row = dict[str, Any]


def row_of(pinch: Pinch, number: int, policy: Path | None) -> Row:
    """One case, drawn by its number."""
    case = draw_case(SEED, number, TEST, pinch.dt)
    least = least_force(pinch, case)
    row: Row = {
        "number": number,
        "object": case.item,
        "mass": case.body.mass,
        "friction": case.body.friction,
        "cone": case.cone,
        "limit": case.limit,
        "least": least,
    }
    if least is not None:
        one = Judged(number, case, least)
        row |= {"told": told_limit(one, SEED) is not None}
        row |= vars(by_predictor(load_grip(policy), SEED)(pinch, one))
        row["followed"] = vars(by_cone(CONE)(pinch, one))
    return row


def gathered(path: Path, lifts: int, policy: Path | None) -> list[Row]:
    """All cases, those of an earlier run included."""
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []
    with Pinch() as pinch, path.open("a", encoding="utf-8") as file:
        while sum(row["least"] is not None for row in rows) < lifts:
            rows.append(row_of(pinch, len(rows), policy))
            file.write(json.dumps(rows[-1], default=float) + "\n")
            file.flush()
    return rows


def grip_figures(rows: list[Row]) -> Row:
    """Of the trained grip."""
    held = [row for row in rows if row["held"]]
    ratios = [row["force"] / row["least"] for row in held]
    fragile = [row for row in rows if row["limit"] is not None]
    told = [row["overloaded"] for row in fragile if row["told"]]
    untold = [row["overloaded"] for row in fragile if not row["told"]]
    return {
        "lifts": len(rows),
        "held": len(held) / len(rows),
        "ratio": float(np.mean(ratios)),
        "ratio_90": float(np.quantile(ratios, 0.9)),
        "fragile": len(fragile),
        "overloaded": sum(row["overloaded"] for row in fragile) / max(len(fragile), 1),
        "spiked": sum(row["spike"] > row["limit"] for row in fragile) / max(len(fragile), 1),
        "told": {"fragile": len(told), "overloaded": sum(told)},
        "untold": {"fragile": len(untold), "overloaded": sum(untold)},
        "alarm": alarm_figures(rows),
        "refused": sum(bool(row["fault"]) for row in rows) / len(rows),
    }


def alarm_figures(rows: list[Row]) -> Row:
    """Of the word that an object will not hold: how often it is said of what is held, and of what is lost, and how early."""
    warned = {held: [r["warned"] for r in rows if r["held"] == held] for held in (True, False)}
    early = [seconds for seconds in warned[False] if seconds is not None]
    false = sum(seconds is not None for seconds in warned[True])
    return {
        "false": false / max(len(warned[True]), 1),
        "lost": len(warned[False]),
        "lost_and_said": len(early),
        "median_s_before": float(np.median(early)) if early else None,
    }


def followed_figures(rows: list[Row]) -> Row:
    """Of the friction cone's rule that follows the planned motion."""
    pairs = [(row["followed"], row) for row in rows]
    ratios = [found["force"] / row["least"] for found, row in pairs if found["held"]]
    fragile = [found["overloaded"] for found, row in pairs if row["limit"] is not None]
    return {
        "factor": CONE,
        "held": sum(found["held"] for found, _ in pairs) / len(pairs),
        "ratio": float(np.mean(ratios)),
        "overloaded": sum(fragile) / max(len(fragile), 1),
    }


def rule_figures(rows: list[Row], rule: str, share: float) -> Row:
    """Of a rule whose factor is fitted to the first half and judged on the second."""
    base = np.array([row["cone"] if rule == "cone" else 1.0 for row in rows])
    least = np.array([row["least"] for row in rows])
    half = len(rows) // 2
    factor = float(np.quantile(least[:half] / base[:half], share, method="higher"))
    force, least, rows = factor * base[half:], least[half:], rows[half:]
    held = force >= least
    limits = np.array([np.inf if row["limit"] is None else row["limit"] for row in rows])
    return {
        "factor": factor,
        "lifts": len(rows),
        "held": float(held.mean()),
        "ratio": float((force / least)[held].mean()),
        "overloaded": float((force > limits)[np.isfinite(limits)].mean()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lifts", type=int, default=500)
    parser.add_argument("--policy", type=Path, help="Folder; without it, what is shipped.")
    parser.add_argument("--out", type=Path, required=True)
    wanted = parser.parse_args()
    torch.set_num_threads(1)
    rows = gathered(wanted.out.with_suffix(".jsonl"), wanted.lifts, wanted.policy)
    lifted = [row for row in rows if row["least"] is not None]
    grip = grip_figures(lifted)
    result = {
        "drawn": len(rows),
        "grip": grip,
        "cone_over_least": float(np.median([row["cone"] / row["least"] for row in lifted])),
        "constant": rule_figures(lifted, "constant", grip["held"]),
        "cone": rule_figures(lifted, "cone", grip["held"]),
        "cone_that_follows": followed_figures(lifted),
        "cone_as_it_is": {
            "held": float(np.mean([row["cone"] >= row["least"] for row in lifted])),
        },
        **provenance("torch", "pybullet", seed=SEED),
    }
    show(result, wanted.out)


if __name__ == "__main__":
    main()
