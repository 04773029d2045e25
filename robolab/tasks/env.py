"""A task as a Gymnasium environment."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from robolab.core.rng import stream
from robolab.scene.load import load_scene
from robolab.scene.realise import realise
from robolab.scene.spec import PhysicsSpec, SceneSpec
from robolab.sim.world import World
from robolab.tasks.contract import TASKS, Task

PHYSICS = PhysicsSpec(rate_hz=250.0, control_rate_hz=25.0)
"""Rates for learning: ten physics steps for one action."""

Observation = NDArray[np.float32]


class TaskEnv(gymnasium.Env[Observation, NDArray[np.float32]]):
    """See `Task`. The same seed at `reset` and the same actions give the same episodes from then on.

    `info` holds the reward's terms by name, and `is_success`.
    """

    metadata = {"render_modes": []}

    def __init__(self, task: Task, scene: SceneSpec) -> None:
        self.task = task
        self.world = World(scene)
        self._home = self.world.robot.home
        seen = np.full(task.observation_size, np.inf, dtype=np.float32)
        able = np.ones(task.action_size, dtype=np.float32)
        self.observation_space = gymnasium.spaces.Box(-seen, seen, dtype=np.float32)
        self.action_space = gymnasium.spaces.Box(-able, able, dtype=np.float32)
        self._last = round(task.seconds / self.world.control_period)
        self._steps = self._episodes = 0
        self._seed = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        super().reset(seed=seed)
        if seed is not None:
            self._seed, self._episodes = seed, 0
            self.world.reset(seed)
        else:
            self.world.restart()
        self.task.begin(self.world, stream(self._seed, "episode", self._episodes))
        self._episodes += 1
        self._steps = 0
        seen = self._observation()
        return seen, {"is_success": self.task.success(self.world)}

    def step(
        self, action: NDArray[np.float32]
    ) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        wanted = np.minimum(np.maximum(np.asarray(action, dtype=float), -1.0), 1.0)
        self.task.act(self.world, wanted)
        self.world.step()
        self._steps += 1
        seen = self._observation()
        terms = self.task.rewards(self.world, wanted)
        done = self.task.success(self.world)
        info = {"is_success": done, "rewards": terms}
        late = self._steps >= self._last
        return seen, float(sum(terms.values())), done, late, info

    def close(self) -> None:
        self.world.close()

    def _observation(self) -> Observation:
        return self.task.observe(self.world).astype(np.float32)


def make_env(name: str, seed: int = 0, physics: PhysicsSpec = PHYSICS) -> TaskEnv:
    """Make a registered task's environment in its scene.

    Raises:
        UnknownName: no such task; the message lists the valid names.
    """
    kind = TASKS.get(name)
    scene = realise(load_scene(kind.scene), seed).model_copy(update={"physics": physics})
    return TaskEnv(kind(), scene)
