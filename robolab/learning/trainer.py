"""One training run's changing state: network, averaged weights, optimiser, failed problems."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch

from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.learning.cell import Cell
from robolab.learning.descent import descend
from robolab.learning.feed import Feed, Source
from robolab.learning.network import ProposalNetwork
from robolab.learning.objective import Objective, Verdict
from robolab.learning.problems import Pairs
from robolab.learning.processor import LOOKS, Layout, Processor
from robolab.learning.propose import MIDDLES, new_network, propose
from robolab.learning.recipe import Recipe
from robolab.learning.workers import Local, Workers

_DRAWN_AT_ONCE = 1024
_KEPT_FAILURES = 8192
_CLIP = 1.0
_FINAL_RATE = 0.01


class StepResult(NamedTuple):
    """Mean cost of the best proposals [s], and the share of problems with a free proposal."""

    loss: float
    solved: float


class Trainer:
    """Trains a network, one batch of fresh problems at a time.

    Args:
        source: Where the problems come from.
        workers: Who draws them.

    Attributes:
        step_count: Steps taken; those since `warm_from` count for warming up.
        failed: Problems that no proposal solved, the latest first; they come again.
    """

    def __init__(
        self,
        cell: Cell,
        recipe: Recipe,
        layout: Layout,
        source: Source,
        seed: int,
        workers: Workers | None = None,
    ) -> None:
        self.cell, self.recipe = cell, recipe
        clearance = cell.cost(recipe.slack)
        self.processor = Processor(layout, cell, clearance)
        self.objective = Objective(
            clearance, cell.robot.limits, recipe, cell.scene.requirements.tool_speed
        )
        self.network = new_network(recipe, layout, seed)
        self.average = new_network(recipe, layout, seed).eval()
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=recipe.rate, weight_decay=1e-4
        )
        self.step_count = self.warm_from = 0
        self.rng = stream(seed, "training")
        unit = max(_DRAWN_AT_ONCE, recipe.batch)
        self.feed = Feed(source, seed, unit, workers or Local())
        self.failed: Pairs | None = None

    def step(self, progress: float) -> StepResult:
        """Take one step; `progress` in [0, 1] is the share of the time that is used up."""
        r = self.recipe
        for group in self.optimiser.param_groups:
            group["lr"] = r.rate * _schedule(self.step_count - self.warm_from, r.warm_up, progress)
        pairs = self._batch()
        verdict = self.judge(self.network, pairs, self._places())
        weight = torch.softmax(-r.sharpness * verdict.cost.detach(), dim=1)
        weight = (1.0 - r.spread_share) * weight + r.spread_share / r.proposals
        loss = (weight * verdict.cost).sum(1).mean()
        descend(loss, self.optimiser, longest=_CLIP)
        self.step_count += 1
        self._follow()
        solved = verdict.free.any(1)
        self._remember(pairs.take(np.flatnonzero(~solved.numpy())))
        return StepResult(verdict.cost.amin(1).mean().item(), solved.float().mean().item())

    def judge(self, network: ProposalNetwork, pairs: Pairs, s: Array) -> Verdict:
        """Judge a network's proposals for problems at curve parameters s, shape (T,)."""
        looks = (np.arange(LOOKS) + self.rng.random(LOOKS)) / LOOKS if network.training else MIDDLES
        points = propose(network, self.processor, pairs, self.recipe.corrections, looks)
        return self.objective(points, pairs.situations, s)

    def _places(self) -> Array:
        count = self.recipe.points
        return (np.arange(count) + self.rng.random(count)) / count

    @property
    def rate(self) -> float:
        """Learning rate of the last step."""
        return float(self.optimiser.param_groups[0]["lr"])

    def _batch(self) -> Pairs:
        kept = 0 if self.failed is None else len(self.failed)
        again = min(int(self.recipe.replay * self.recipe.batch), kept)
        batch = self.feed.take(self.recipe.batch - again)
        if again and self.failed is not None:
            order = self.rng.permutation(kept)
            batch = batch.join(self.failed.take(order[:again]))
            self.failed = self.failed.take(order[again:])
        return batch

    def _remember(self, failed: Pairs) -> None:
        self.failed = failed if self.failed is None else failed.join(self.failed)
        if len(self.failed) > _KEPT_FAILURES:
            self.failed = self.failed.take(np.arange(_KEPT_FAILURES))

    def _follow(self) -> None:
        """Move the averaged weights after the network's; quickly while there are few steps."""
        steps = self.step_count - self.warm_from
        decay = min(self.recipe.average, steps / (steps + 10.0))
        with torch.no_grad():
            pairs = zip(self.average.parameters(), self.network.parameters(), strict=True)
            for mean, value in pairs:
                mean.lerp_(value, 1.0 - decay)


def _schedule(step: int, warm_up: int, progress: float) -> float:
    cosine = 0.5 * (1.0 + math.cos(math.pi * min(progress, 1.0)))
    return min(1.0, (step + 1) / warm_up) * (_FINAL_RATE + (1.0 - _FINAL_RATE) * cosine)
