"""Frames a second of an optical fingertip at 320 x 240 on one core, beside ray casting on the same presses.

    python scripts/bench/bench_fingertip.py --out fingertip.json

Objects are PyBullet's random objects 800 to 899, each pressed and dragged with a force drawn anew. A frame of ours is
everything: the object's surface, the gel under the force, partial sliding, dots, lamps, noise, the image. The peer
does what the well-known simulators do, with Open3D: one ray for each pixel against the mesh, a smoothed height map at
a depth that is given to it, and the same lamps in numpy; no forces, no dots. Both take turns, so that a busy machine
slows both. Times are of the processor (what counts where others share the machine) and of the wall.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import open3d as o3d
from provenance import provenance, show
from scipy.ndimage import gaussian_filter

from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.sensors.fingertip_touch import Load, Touch, touch
from robolab.touch.tip_draw import Drawn, draw_load, draw_object
from robolab.touch.tip_frames import Tip

AIM = 100.0


class RayCast:
    """The peer."""

    def __init__(self, tip: Tip) -> None:
        gel = tip.gel
        self.tip = tip
        left, top = gel.corner
        x, y = np.meshgrid(
            left + gel.pitch * np.arange(gel.columns), top + gel.pitch * np.arange(gel.rows)
        )
        zero = np.zeros_like(x)
        rays = np.stack([x, y, zero - 1.0, zero, zero, zero + 1.0], axis=-1)
        tensor: Any = o3d.core.Tensor
        self.rays = tensor(rays.astype(np.float32))
        self.light = tip.look.light.transpose(2, 3, 0, 1).copy()

    def frame(self, drawn: Drawn, depth: float, rng: np.random.Generator) -> np.ndarray:
        triangles = self._placed(drawn)
        scene: Any = o3d.t.geometry.RaycastingScene()
        faces = np.arange(triangles.size // 3, dtype=np.uint32).reshape(-1, 3)
        scene.add_triangles(triangles.reshape(-1, 3), faces)
        gap = scene.cast_rays(self.rays)["t_hit"].numpy()
        height = np.maximum(depth - (gap - gap.min()), 0.0)
        height = np.maximum(height, gaussian_filter(height, 8.0))
        down, along = np.gradient(height, self.tip.gel.pitch)
        normal = np.stack([-along, -down, np.ones_like(height)], axis=-1)
        normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
        lit = np.maximum((self.light @ normal[..., None])[..., 0], 0.0)
        seen = 255.0 * lit + self.tip.look.noise * rng.standard_normal(lit.shape)
        return np.clip(seen, 0.0, 255.0).astype(np.uint8)

    @staticmethod
    def _placed(drawn: Drawn) -> np.ndarray:
        X = drawn.X_gel_body
        return (drawn.body.triangles @ X[:3, :3].T + X[:3, 3]).astype(np.float32)


def timed(run: Callable[[], Any]) -> tuple[Any, float, float]:
    """What a call returns, and its seconds of processor and of wall."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = run()
    return result, time.process_time() - cpu, time.perf_counter() - wall


def carried(tip: Tip, told: Touch) -> float:
    """Force that the gel bears [N]."""
    return tip.gel.stiffness * tip.gel.pitch**2 * float(told.pressed.height.sum(dtype=float))


def measure(frames: int, seed: int) -> dict[str, Any]:
    rng = stream(seed, "bench", "fingertip")
    tip = Tip(rng)
    peer = RayCast(tip)
    ours, theirs, errors = list[Array](), list[Array](), list[float]()

    def one(drawn: Drawn, load: Load) -> Touch:
        told = touch(tip.gel, [(drawn.body, drawn.X_gel_body)], load)
        tip.picture(told, rng)
        return told

    for number in range(frames + 3):
        drawn, load = draw_object(rng, "test", rough=number % 2 == 0, plain=0.0), draw_load(rng)
        told, cpu, wall = timed(lambda d=drawn, by=load: one(d, by))
        depth = told.pressed.depth
        _, peer_cpu, peer_wall = timed(lambda d=drawn, z=depth: peer.frame(d, z, rng))
        if number >= 3:  # the first compile
            ours.append(np.array([cpu, wall]))
            theirs.append(np.array([peer_cpu, peer_wall]))
            if not told.pressed.bottomed:
                errors.append(abs(carried(tip, told) / load.normal - 1.0))
    return {
        "fingertip": summary(ours),
        "ray_cast": summary(theirs),
        "ratio_cpu": float(np.median([b[0] / a[0] for a, b in zip(ours, theirs, strict=True)])),
        "force_error_largest": max(errors),
        "bottomed": frames - len(errors),
        "aim_frames_per_second": AIM,
    }


def summary(rows: list[Array]) -> dict[str, float]:
    times = np.array(rows)
    return {
        "cpu_ms_median": 1e3 * float(np.median(times[:, 0])),
        "cpu_ms_95": 1e3 * float(np.quantile(times[:, 0], 0.95)),
        "frames_per_second_cpu": float(1.0 / times[:, 0].mean()),
        "frames_per_second_wall": float(1.0 / times[:, 1].mean()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    about = provenance("numba", "open3d", seed=arguments.seed)
    measured = measure(arguments.frames, arguments.seed)
    show({**about, "frames": arguments.frames, **measured}, arguments.out)


if __name__ == "__main__":
    main()
