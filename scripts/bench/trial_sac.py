"""Soft actor-critic with hindsight replay (stable-baselines3) in `trial_env`, as good as an hour makes it."""

# Only this file needs stable-baselines3, which the extra `dev` leaves out.
# pyright: reportMissingImports=false, reportUntypedBaseClass=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from stable_baselines3 import SAC, HerReplayBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.common.vec_env import DummyVecEnv
from torch import Tensor
from trial_env import STEP, Ground, TrialEnv

from robolab.learning.feed import Source
from robolab.learning.problems import Pairs

ENVS = 16
SETTINGS: dict[str, Any] = {
    "learning_rate": 1e-3,
    "buffer_size": 1_000_000,
    "learning_starts": 4000,
    "batch_size": 256,
    "tau": 0.02,
    "gamma": 0.95,
    "train_freq": 1,
    "gradient_steps": 1,
    "ent_coef": "auto_0.1",
}
NETWORK = (256, 256, 256)
HINDSIGHT = {"n_sampled_goal": 4, "goal_selection_strategy": "future"}
_ENDLESS = 10**9

Due = Callable[[], bool]
"""Asked after every step; true ends the training."""


class Features(BaseFeaturesExtractor):
    """What is seen, the goal as our network is told it, and the way there: whole, and cut to one step."""

    def __init__(self, space: Any, middle: Tensor, half: Tensor) -> None:
        n = len(middle)
        super().__init__(space, space["observation"].shape[0] + 5 * n)
        self._middle, self._half = middle, half

    def forward(self, observations: dict[str, Tensor]) -> Tensor:
        goal = observations["desired_goal"][:, :-1]
        way = goal - observations["achieved_goal"][:, :-1]
        scaled = (goal - self._middle) / self._half
        straight = (way / STEP).clamp(-1.0, 1.0)
        parts = [scaled, torch.sin(goal), torch.cos(goal), way, straight]
        return torch.cat([observations["observation"], *parts], dim=1)


class _Watch(BaseCallback):
    def __init__(self, due: Due) -> None:
        super().__init__()
        self._due = due

    def _on_step(self) -> bool:
        return not self._due()


def agent(ground: Ground, source: Source, seed: int) -> SAC:
    """A fresh agent among its environments."""
    envs = DummyVecEnv([lambda k=k: TrialEnv(ground, source, k) for k in range(ENVS)])  # pyright: ignore[reportArgumentType]
    middle, half = (torch.tensor(v, dtype=torch.float32) for v in (ground.middle, ground.half))
    return SAC(
        "MultiInputPolicy",
        envs,
        replay_buffer_class=HerReplayBuffer,
        replay_buffer_kwargs=HINDSIGHT,
        policy_kwargs={
            "net_arch": list(NETWORK),
            "features_extractor_class": Features,
            "features_extractor_kwargs": {"middle": middle, "half": half},
        },
        device="cpu",
        seed=seed,
        **SETTINGS,
    )


def train(model: SAC, due: Due) -> None:
    """Train until `due` says that it is enough."""
    model.learn(_ENDLESS, callback=_Watch(due))


def success(model: SAC, ground: Ground, pairs: Pairs) -> dict[str, float]:
    """Shares of problems whose whole motion arrives, and that end by touching; without exploration."""
    envs = [TrialEnv(ground) for _ in range(len(pairs))]
    seen = [
        env.reset(options={"start": pairs.start[k], "goal": pairs.goal[k]})[0]
        for k, env in enumerate(envs)
    ]
    arrived, touched = np.zeros(len(pairs), bool), np.zeros(len(pairs), bool)
    going = list(range(len(pairs)))
    while going:
        batch = {key: np.stack([seen[k][key] for k in going]) for key in seen[0]}
        actions, _ = model.predict(batch, deterministic=True)
        for k, action in zip(list(going), actions, strict=True):
            seen[k], _, done, late, told = envs[k].step(action)
            arrived[k], touched[k] = told["is_success"], told["contact"]
            if done or late:
                going.remove(k)
    return {"success": float(arrived.mean()), "contact": float(touched.mean())}
