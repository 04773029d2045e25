"""Steps a second of a Panda at a table, against panda-gym on the same machine in the same run.

    python scripts/bench/bench_world.py --out world.json

Both reach for random goals by the same rule (go straight at it), at 25 actions a second: panda-gym with 20
physics steps of 1/500 s, robolab with 10 of 1/250 s. With pictures, each step adds a 128 x 128 image of
colour, depth in metres and segmentation; panda-gym's with and without the shadows that its own `render` draws.
panda-gym runs in a virtual environment of its own, `.venv-peer`, made here when it is not there. Repeats of
both take turns, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from provenance import ROOT, provenance, show

from robolab.core.transforms import look_at
from robolab.scene.load import load_scene
from robolab.sim.camera import Intrinsics, QuickCamera
from robolab.tasks.env import PHYSICS, TaskEnv
from robolab.tasks.reach import Reach

PEER = "panda-gym==3.0.7"
SIZE = 128
REACH = 0.05
AIMS = {"state": 2.0, "rgbd": 8.0}
Runner = Callable[[str, int, int], dict[str, Any]]


class Ours:
    def __init__(self) -> None:
        scene = load_scene("panda_table")
        table = tuple(item for item in scene.objects if item.name == "table")
        scene = scene.model_copy(update={"objects": table, "sensors": (), "physics": PHYSICS})
        self.env = TaskEnv(Reach(), scene)
        self.view = look_at((1.25, -0.7, 1.25), (0.3, 0.0, 0.62))

    def run(self, mode: str, steps: int, seed: int) -> dict[str, Any]:
        world = self.env.world
        seen, _ = self.env.reset(seed=seed)
        lens = Intrinsics.of_fov(SIZE, SIZE, 60.0)
        camera = QuickCamera(world.client.id, world.bodies, lens, 0.1, 10.0)
        camera.take(self.view)
        goals = reached = 0
        began = time.perf_counter()
        for _ in range(steps):
            action = np.clip(seen[6:9] / REACH, -1.0, 1.0)
            seen, _, done, late, info = self.env.step(action)
            if mode != "state":
                camera.take(self.view)
            if done or late:
                goals, reached = goals + 1, reached + bool(info["is_success"])
                seen, _ = self.env.reset()
        seconds = time.perf_counter() - began
        return {"steps_per_second": steps / seconds, "goals": goals, "reached": reached}


class Peer:
    """panda-gym in a process of its own Python."""

    def __init__(self) -> None:
        python = peer_python()
        self._process = subprocess.Popen(
            [python, "-W", "ignore", Path(__file__).with_name("peer_panda_gym.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.about = self._answer()

    def run(self, mode: str, steps: int, seed: int) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{mode} {steps} {seed}\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=20)

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("> "):
                return json.loads(line[2:])
        raise SystemExit("panda-gym's process ended")


def peer_python() -> Path:
    """The Python of the peer's own environment, which is made when it is not there."""
    home = ROOT / ".venv-peer"
    python = home / "bin" / "python"
    has_peer = [str(python), "-c", "import panda_gym"]
    if (
        python.exists()
        and subprocess.run(has_peer, capture_output=True, check=False).returncode == 0
    ):
        return python
    print(f"installing {PEER} into {home}", file=sys.stderr)
    venv.create(home, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", PEER], check=True)
    return python


def compare(
    ours: Runner, peer: Runner, mode: str, repeats: int, steps: int, seed: int
) -> dict[str, Any]:
    mine, others, shadowed = [], [], []
    for repeat in range(repeats):
        mine.append(ours(mode, steps, seed + repeat))
        others.append(peer(mode, steps // 2 if mode == "state" else steps // 8, seed + repeat))
        if mode == "rgbd":
            shadowed.append(peer("rgbd_shadow", steps // 8, seed + repeat))
    result = {
        "robolab": summary(mine),
        "panda_gym": summary(others),
        "ratio": ratio(mine, others),
        "aim": AIMS[mode],
    }
    if shadowed:
        result["panda_gym_with_shadows"] = summary(shadowed)
        result["ratio_with_shadows"] = ratio(mine, shadowed)
    return result


def ratio(mine: list[dict[str, Any]], others: list[dict[str, Any]]) -> float:
    """Median of the ratios of neighbours in time: a machine's other work slows both alike."""
    key = "steps_per_second"
    return median(a[key] / b[key] for a, b in zip(mine, others, strict=True))


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    rates = [run["steps_per_second"] for run in runs]
    goals, reached = (sum(run[key] for run in runs) for key in ("goals", "reached"))
    return {
        "median": median(rates),
        "least": min(rates),
        "greatest": max(rates),
        "goals": goals,
        "success": reached / goals if goals else None,
    }


def about(peer: Peer, arguments: argparse.Namespace) -> dict[str, Any]:
    return {
        **provenance("pybullet", "numba", "gymnasium", seed=arguments.seed),
        "physics": {"timestep_hz": PHYSICS.rate_hz, "substeps": 10},
        "peer": peer.about,
        "repeats": arguments.repeats,
        "steps": arguments.steps,
        "picture": [SIZE, SIZE],
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    ours, peer = Ours(), Peer()
    try:
        result = about(peer, arguments)
        for mode in AIMS:
            result[mode] = compare(
                ours.run, peer.run, mode, arguments.repeats, arguments.steps, arguments.seed
            )
    finally:
        peer.close()
        ours.env.close()
    show(result, arguments.out)


if __name__ == "__main__":
    main()
