"""Time of finding faces in a frame of 640 x 480, by step: of the wall, and of the processor.

    python scripts/bench/bench_sight.py --out sight.json

Photos are of unseen pallets. On a machine that others share, the best times and those of the processor say what the method
needs; medians of the wall say how busy the machine was.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from provenance import provenance

from robolab.core.assets import shipped
from robolab.core.files import write_json
from robolab.perception.faces import EdgeNetwork, look
from robolab.sight.network import load_edges
from robolab.sight.pictures import photos
from robolab.tasks.pallet_view import Photo

AIM_MS = 150.0


def frames_of(pallets: int, seed: int) -> list[tuple[Photo, float]]:
    """Photos, and the height of the deck that is no case."""
    return [
        (photo, pallet.deck.top + 0.05)
        for number in range(pallets)
        for pallet, photo in photos(seed, "unseen", number, 2)
    ]


def timed(network: EdgeNetwork, frames: list[tuple[Photo, float]], rounds: int) -> dict[str, Any]:
    """Times by step over all frames; of each frame and step the median and the best of so many rounds count [ms]."""
    kept: dict[str, list[tuple[float, float, float]]] = {}
    for photo, lowest in frames:
        rows: dict[str, list[tuple[float, float]]] = {}
        for _ in range(rounds + 1):
            wall, cpu = time.perf_counter(), time.process_time()
            eyes = (photo.intrinsics, photo.X_world_cam, network, lowest)
            seen = look(photo.colour, photo.depth, *eyes)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            steps = {name: (ms, seen.cpu_ms[name]) for name, ms in seen.ms.items()}
            for name, pair in {**steps, "all": (1e3 * wall, 1e3 * cpu)}.items():
                rows.setdefault(name, []).append(pair)
        for name, pairs in rows.items():
            walls, cpus = np.array(pairs[1:]).T
            kept.setdefault(name, []).append((np.median(walls), np.min(walls), np.median(cpus)))
    columns = ("wall_median", "wall_best", "cpu_median")
    return {
        name: dict(zip(columns, np.median(values, axis=0).round(2).tolist(), strict=True))
        for name, values in kept.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--policy", type=Path, default=shipped("policies") / "sight")
    parser.add_argument("--pallets", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=5, help="looks at each photo")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    frames = frames_of(arguments.pallets, arguments.seed)
    results = {
        variant: timed(load_edges(arguments.policy, variant), frames, arguments.rounds)
        for variant in ("full", "distilled")
    }
    for variant, steps in results.items():
        for name, of in steps.items():
            print(f"{variant:<10}{name:<10}" + ", ".join(f"{k} {v:.1f}" for k, v in of.items()))
    report = {
        "aim_ms": AIM_MS,
        "frames": len(frames),
        "rounds": arguments.rounds,
        "threads": arguments.threads,
        "results_ms": results,
        **provenance("numba", "torch", "open3d", seed=arguments.seed),
    }
    write_json(arguments.out, report)


if __name__ == "__main__":
    main()
