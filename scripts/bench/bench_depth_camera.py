"""Frames a second of the depth camera with a full pallet in view, beside PyBullet's own renderer on the same boxes.

    python scripts/bench/bench_depth_camera.py --out depth_camera.json

Pallets of 40 cases are drawn anew. PyBullet's TinyRenderer draws them as plain boxes without shadows; ours draws the same
plain boxes from the same physics server (`plain`), with prints on all faces (`printed`), and as a sensor's frame with
prints, faults of the depth, exposure and noise (`frame`). All take turns, so that a busy machine slows all. Times are of
the processor (what counts where others share the machine) and of the wall.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pybullet as p
from provenance import provenance

from robolab.core.files import write_json
from robolab.core.transforms import Array, inverse, quat_of
from robolab.kernels.raster import Lens, draw
from robolab.sensors.depth_faults import DepthFaults
from robolab.sim.camera import Camera, Intrinsics, QuickCamera
from robolab.tasks.pallet_case import Pallet, draw_pallet
from robolab.tasks.pallet_view import overhead, photograph, triangles_of

SIZES = ((128, 128), (320, 240), (640, 480))
FULL = 40
FOV_DEG = 48.0
AIM = 3.0


def full_pallets(count: int, seed: int) -> list[Pallet]:
    """Pallets of as many cases as a full one has."""
    found: list[Pallet] = []
    while len(found) < count:
        pallet = draw_pallet("mixed", seed, "unseen", "palletiser")
        found += [pallet] * (len(pallet.cases) == FULL)
        seed += 1
    return found


def in_pybullet(pallet: Pallet) -> tuple[int, dict[int, str]]:
    """A physics server with a pallet's boxes and a floor; its number, and names by body."""
    client = p.connect(p.DIRECT)
    bodies: dict[int, str] = {}

    def add(name: str, size: Array, X: Array, colour: tuple[float, ...]) -> None:
        shape = p.createVisualShape(
            p.GEOM_BOX,
            halfExtents=(size / 2.0).tolist(),
            rgbaColor=[*colour, 1.0],
            physicsClientId=client,
        )
        place = {"basePosition": X[:3, 3].tolist(), "baseOrientation": quat_of(X).tolist()}
        body = p.createMultiBody(0.0, -1, shape, **place, physicsClientId=client)
        bodies[body] = name

    for case in pallet.cases:
        add(case.name, case.size, case.X_world_case, case.look.colour)
    add("deck", pallet.deck.size, pallet.deck.X_world_deck, (0.66, 0.52, 0.36))
    floor = np.eye(4)
    floor[2, 3] = -0.05
    add("floor", np.array([8.0, 8.0, 0.1]), floor, (0.45, 0.46, 0.47))
    return client, bodies


def ways(pallet: Pallet, size: tuple[int, int]) -> dict[str, Callable[[], Any]]:
    """What takes a frame of a pallet, by name."""
    client, bodies = in_pybullet(pallet)
    lens = Intrinsics.of_fov(*size, FOV_DEG)
    X = overhead(pallet.deck)
    peer, plain = Camera(lens, 0.2, 6.0), QuickCamera(client, bodies, lens, 0.2, 6.0)
    triangles = triangles_of(pallet.cases, pallet.deck)
    light = np.array([0.0, 0.0, -1.0], dtype=np.float32)
    X_cam_world = inverse(X)[None].astype(np.float32)
    rng = np.random.default_rng(0)
    return {
        "pybullet": lambda: peer.take(client, X),
        "plain": lambda: plain.take(X),
        "printed": lambda: draw(
            triangles, X_cam_world, Lens(**vars(lens), near=0.2, far=6.0), light
        ),
        "frame": lambda: photograph(pallet.cases, pallet.deck, X, DepthFaults(), rng, lens),
    }


def measured(pallets: list[Pallet], size: tuple[int, int], frames: int) -> dict[str, Any]:
    """Frames a second by way, and how many times PyBullet's."""
    spent = {name: np.zeros(2) for name in ("pybullet", "plain", "printed", "frame")}
    for pallet in pallets:
        todo = ways(pallet, size)
        for run in todo.values():
            run()
        for _ in range(frames):
            for name, run in todo.items():
                wall, cpu = time.perf_counter(), time.process_time()
                run()
                spent[name] += (time.process_time() - cpu, time.perf_counter() - wall)
    count = len(pallets) * frames
    rates = {
        name: {"cpu_fps": float(count / s[0]), "wall_fps": float(count / s[1])}
        for name, s in spent.items()
    }
    times = {name: float(spent["pybullet"][0] / s[0]) for name, s in spent.items()}
    return {"frames": count, "rates": rates, "times_pybullet_cpu": times}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pallets", type=int, default=3)
    parser.add_argument("--frames", type=int, default=10, help="of each pallet and way")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    pallets = full_pallets(arguments.pallets, arguments.seed)
    results = {f"{w}x{h}": measured(pallets, (w, h), arguments.frames) for w, h in SIZES}
    for name, result in results.items():
        rates = ", ".join(f"{k} {v['cpu_fps']:.0f}" for k, v in result["rates"].items())
        print(f"{name}: frames a second of processor time: {rates}")
    report = {
        "aim_times_at_640x480": AIM,
        "results": results,
        **provenance("numba", "pybullet", seed=arguments.seed),
    }
    write_json(arguments.out, report)


if __name__ == "__main__":
    main()
