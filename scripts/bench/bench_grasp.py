"""Piles of objects that none has learned from, cleared by the trained network and by geometry alone.

    python scripts/bench/bench_grasp.py --piles 60 --parts 30 --out bench_grasp.json

Piles are of five of PyBullet's random objects 800 to 899, and of ten parts of 3 to 5 mm from a tray, simulated ten times as
large. Both judges get the same candidates, drop and camera for a pile; a pile ends after three failures in succession.
Each pile is kept as it ends, so that a run that was broken off goes on where it was.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from provenance import provenance, show

from robolab.grasp.planner import ByNetwork, GraspPlanner, by_geometry
from robolab.grasp.policy import load_grasp
from robolab.grasp.score import cleared_piles, score
from robolab.sensors.rgbd import RgbdParameters
from robolab.sim.clutter_bodies import Item
from robolab.tasks.clear_case import CLOSE_NOISE, NOISE, TEST, random_items, small_parts
from robolab.tasks.clear_pile import Cleared

SEED = 11
TRAY = 10
"""Parts of a tray."""
DRAWN = 10_000
"""Of the resampled means that an interval is read from."""
Drawer = Callable[[np.random.Generator], Sequence[Item]]


def cases() -> dict[str, tuple[Drawer, RgbdParameters]]:
    """What piles are of, and the noise of the camera that looks at them."""
    return {
        "objects": (lambda rng: random_items(rng, TEST), NOISE),
        "parts": (lambda rng: small_parts(rng, TRAY), CLOSE_NOISE),
    }


def interval(found: Sequence[Cleared]) -> list[float]:
    """90 % of the cleared share over piles drawn again from these, by bootstrap."""
    rng = np.random.default_rng(SEED)
    taken = np.array([one.taken for one in found])
    rows = rng.integers(len(found), size=(DRAWN, len(found)))
    shares = taken[rows].sum(axis=1) / (len(found) * found[0].objects)
    return np.quantile(shares, [0.05, 0.95]).tolist()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--piles", type=int, default=60)
    parser.add_argument("--parts", type=int, default=30)
    parser.add_argument("--policy", type=Path, help="Folder; without it, what is shipped.")
    parser.add_argument("--out", type=Path, required=True)
    wanted = parser.parse_args()
    torch.set_num_threads(1)
    planners = {
        "learned": GraspPlanner(ByNetwork(load_grasp(wanted.policy))),
        "geometry": GraspPlanner(by_geometry),
    }
    counts = {"objects": wanted.piles, "parts": wanted.parts}
    kept = wanted.out.with_suffix(".jsonl")
    lines = kept.read_text().splitlines() if kept.is_file() else []
    done: dict[tuple[str, str, int], Cleared] = {
        (row["of"], row["by"], row["pile"]): Cleared(*row["cleared"])
        for row in map(json.loads, lines)
    }
    result: dict[str, Any] = provenance("torch", "pybullet", seed=SEED)
    for of, (draw, noise) in cases().items():
        for number in range(counts[of]):
            for by, planner in planners.items():
                if (of, by, number) not in done:
                    found = cleared_piles(planner, draw, [number], SEED, noise)[0]
                    done[of, by, number] = found
                    row = {"of": of, "by": by, "pile": number, "cleared": list(found)}
                    with kept.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(row) + "\n")
        result[of] = {}
        for by in planners:
            piles = [done[of, by, number] for number in range(counts[of])]
            if piles:
                result[of][by] = score(piles)._asdict() | {"interval": interval(piles)}
    show(result, wanted.out)


if __name__ == "__main__":
    main()
