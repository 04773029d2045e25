"""Joins the answers of least squares and of the network, by how sure both are and how far they are apart.

The network has seen what least squares have, so that no average of the two is better than its own answer by more than a
trifle. What helps is where they disagree: that tells which way the network errs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from robolab.core.transforms import Array
from robolab.estimation.network import draw_weights
from robolab.learning.descent import descend
from robolab.learning.sitting import Sitting
from robolab.learning.state import Training

FEATURES = 21
_WIDTH = 32
_MASS, _COM = 5.0, 0.1
"""Mass [kg] and centre of mass [m] that are one for the network."""
_LEAST_STD = 1e-3
_FARTHEST = 3.0
"""How many of its deviations the network's answer may be moved."""
_BATCH = 2048
_STAGE = "fusion"


class Said(NamedTuple):
    """What one estimator says: mass, mass_std (...) [kg]; com, com_std (..., 3) [m], in tcp."""

    mass: Array
    mass_std: Array
    com: Array
    com_std: Array


class FusionNetwork(nn.Module):
    """Features (..., FEATURES) to how far the second answer is moved (..., 4), in its deviations, and both log deviations.

    Once started, the second answer stands as it is.
    """

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Linear(FEATURES, _WIDTH)
        self.think = nn.Linear(_WIDTH, _WIDTH)
        self.leave = nn.Linear(_WIDTH, 6)

    def start(self, generator: torch.Generator) -> FusionNetwork:
        """Draw fresh weights; return itself."""
        draw_weights(self, generator)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)
        return self

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        x = torch.tanh(self.think(torch.tanh(self.enter(features))))
        moved, log = self.leave(x).split((4, 2), dim=-1)
        return moved.clamp(-_FARTHEST, _FARTHEST), log.clamp(-3.0, 3.0)

    def scaled(self, mean: Tensor, spread: Tensor) -> FusionNetwork:
        """Take features as they are from now on, where it has learned from (features - mean) / spread; return itself."""
        with torch.no_grad():
            self.enter.weight.div_(spread)
            self.enter.bias.sub_(self.enter.weight @ mean)
        return self


def features_of(first: Said, second: Said, elapsed: Array) -> np.ndarray:
    """What is gone by, shape (..., FEATURES).

    Args:
        elapsed: Time since the motion began, shape (...) [s].
    """
    apart, both = first.com - second.com, (first, second)
    stds = [np.maximum(said.mass_std, _LEAST_STD) for said in both]
    spreads = [np.maximum(said.com_std, _LEAST_STD) for said in both]
    single = np.broadcast_arrays(
        *(np.log(std) for std in stds),
        *(said.mass / _MASS - 1.0 for said in both),
        np.log1p(np.abs(first.mass - second.mass)),
        np.log1p(np.linalg.norm(apart, axis=-1) / _COM),
        np.log(np.maximum(elapsed, 0.01)),
        np.exp(-elapsed),
        np.arcsinh((first.mass - second.mass) / stds[1]),
    )
    axes = [np.arcsinh(apart / spreads[1]), second.com / _COM, *(np.log(x) + 2.0 for x in spreads)]
    return np.concatenate([np.stack(single, axis=-1), *axes], axis=-1)


def fused(network: FusionNetwork, first: Said, second: Said, elapsed: Array) -> Said:
    """Join two answers; the second is the one that is moved."""
    with torch.no_grad():
        told = torch.from_numpy(features_of(first, second, elapsed))
        out = network(told.to(network.leave.bias.dtype))
    moved, log = (x.numpy().astype(float) for x in out)
    return Said(
        np.maximum(second.mass + moved[..., 0] * second.mass_std, 0.0),
        np.exp(log[..., 0]) * second.mass_std,
        second.com + moved[..., 1:] * second.com_std,
        np.exp(log[..., 1:]) * second.com_std,
    )


def train_fusion(
    first: Said,
    second: Said,
    elapsed: Array,
    mass: Array,
    com: Array,
    steps: int,
    seed: int,
    tell: Callable[[int, float], None] = lambda _step, _loss: None,
    sitting: Sitting | None = None,
) -> FusionNetwork:
    """Fit the way that the second answer is moved, and deviations, to the truth.

    Args:
        first, second: Answers to N recordings of K spans that neither has learned from, shapes (N, K, ...).
        mass, com: Truth, shapes (N,) and (N, 3).
        sitting: Where the training is kept, and gone on with.
    """
    generator = torch.Generator().manual_seed(seed)
    network = FusionNetwork().start(generator)
    optimiser = torch.optim.AdamW(network.parameters(), 3e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    told = _tensor(features_of(first, second, elapsed))
    mean, spread = told.mean((0, 1)), told.std((0, 1)).clamp(min=_LEAST_STD)
    told = ((told - mean) / spread).flatten(0, 1)
    said = [x.flatten(0, 1) for x in _tensors(second)]
    truth, spans = (_tensor(mass)[:, None], _tensor(com)), elapsed.shape[1]
    training = Training(network, optimiser, schedule, generator)
    begun = 0 if sitting is None else sitting.restore(_STAGE, training)
    for step in range(begun, steps):
        rows = torch.randint(len(told), (_BATCH,), generator=generator)
        moved, log = network(told[rows])
        loss = torch.zeros(())
        for k, (unit, part) in enumerate(((1.0, slice(0, 1)), (_COM, slice(1, 4)))):
            answer, std = (said[2 * k + i][rows].reshape(len(rows), -1) for i in (0, 1))
            error = (answer + moved[:, part] * std - truth[k][rows // spans]).abs()
            std = std * log[:, k, None].exp()
            # The way by the error itself, so that single lifts that show nothing do not rule; deviations by likelihood.
            loss = loss + error.mean() / unit
            loss = loss + (0.5 * (error.detach() / std) ** 2 + std.log()).mean()
        descend(loss, optimiser, schedule)
        tell(step, float(loss.detach()))
        if sitting is not None:
            sitting.keep(_STAGE, training, step + 1, last=step + 1 == steps)
    return network.scaled(mean, spread)


def _tensor(x: Array) -> Tensor:
    return torch.from_numpy(np.asarray(x, dtype=np.float32))


def _tensors(said: Said) -> tuple[Tensor, ...]:
    return tuple(_tensor(np.maximum(x, _LEAST_STD) if k % 2 else x) for k, x in enumerate(said))
