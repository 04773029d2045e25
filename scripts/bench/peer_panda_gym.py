"""The peer's half of `bench_world.py`, run by the peer's own Python: panda-gym's Reach.

Reads orders from standard input, one line each ("state STEPS SEED"), and answers each with a line of JSON.
"""

# pyright: reportMissingImports=false, reportUnknownVariableType=false
from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from typing import Any

import gymnasium
import numpy as np

SIZE = 128
REACH = 0.05


class Peer:
    def __init__(self) -> None:
        self.env: Any = gymnasium.make("panda_gym:PandaReach-v3")
        self.sim: Any = self.env.unwrapped.sim

    def run(self, mode: str, steps: int, seed: int) -> dict[str, Any]:
        seen, _ = self.env.reset(seed=seed)
        goals = reached = 0
        began = time.perf_counter()
        for _ in range(steps):
            way = seen["desired_goal"] - seen["achieved_goal"]
            seen, _, done, late, info = self.env.step(np.clip(way / REACH, -1.0, 1.0))
            if mode != "state":
                self.picture(shadow=mode == "rgbd_shadow")
            if done or late:
                goals, reached = goals + 1, reached + bool(info["is_success"])
                seen, _ = self.env.reset()
        seconds = time.perf_counter() - began
        return {"steps_per_second": steps / seconds, "goals": goals, "reached": reached}

    def picture(self, shadow: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Colour, depth in metres and segmentation, from where panda-gym's own render looks."""
        client, near, far = self.sim.physics_client, 0.1, 100.0
        view = client.computeViewMatrixFromYawPitchRoll((0.0, 0.0, 0.0), 1.4, 45.0, -30.0, 0.0, 2)
        projection = client.computeProjectionMatrixFOV(60.0, 1.0, near, far)
        _, _, colour, buffer, mask = client.getCameraImage(
            SIZE, SIZE, view, projection, shadow=shadow, renderer=1 << 16
        )
        depth = far * near / (far - (far - near) * np.reshape(buffer, (SIZE, SIZE)))
        rgb = np.reshape(np.asarray(colour, dtype=np.uint8), (SIZE, SIZE, 4))[..., :3]
        return rgb, depth, np.reshape(mask, (SIZE, SIZE))


def main() -> None:
    peer = Peer()
    names = ("panda-gym", "pybullet", "numpy", "gymnasium")
    physics = {"timestep_hz": 1.0 / peer.sim.timestep, "substeps": peer.sim.n_substeps}
    answer({"versions": {name: version(name) for name in names}, "physics": physics})
    for line in sys.stdin:
        mode, steps, seed = line.split()
        answer(peer.run(mode, int(steps), int(seed)))


def answer(value: dict[str, Any]) -> None:
    print("> " + json.dumps(value), flush=True)


if __name__ == "__main__":
    main()
