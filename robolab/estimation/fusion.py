"""Joins the answers of least squares and of the network, by how sure both are and how far they are apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from robolab.core.transforms import Array
from robolab.estimation.network import draw_weights

FEATURES = 10
_WIDTH = 24
_MASS, _COM = 5.0, 0.1
"""Mass [kg] and centre of mass [m] that are one for the network."""
_LEAST_STD = 1e-3


class Said(NamedTuple):
    """What one estimator says: mass, mass_std (...) [kg]; com, com_std (..., 3) [m], in tcp."""

    mass: Array
    mass_std: Array
    com: Array
    com_std: Array


class FusionNetwork(nn.Module):
    """Features (..., FEATURES) to the share of the first estimator in mass and in centre of mass, and to both log deviations.

    Once started, shares are equal, and deviations the shares' mean.
    """

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Linear(FEATURES, _WIDTH)
        self.think = nn.Linear(_WIDTH, _WIDTH)
        self.leave = nn.Linear(_WIDTH, 4)

    def start(self, generator: torch.Generator) -> FusionNetwork:
        """Draw fresh weights; return itself."""
        draw_weights(self, generator)
        nn.init.zeros_(self.leave.weight)
        return self

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        x = torch.tanh(self.think(torch.tanh(self.enter(features))))
        share, log = self.leave(x).split(2, dim=-1)
        return torch.sigmoid(share), log.clamp(-3.0, 3.0)


def features_of(first: Said, second: Said, elapsed: Array) -> np.ndarray:
    """What the shares go by, shape (..., FEATURES).

    Args:
        elapsed: Time since the load was last forgotten, shape (...) [s].
    """
    apart = np.linalg.norm(first.com - second.com, axis=-1)
    parts = [
        *(np.log(np.maximum(said.mass_std, _LEAST_STD)) for said in (first, second)),
        *(np.log(np.maximum(said.com_std.max(-1), _LEAST_STD)) + 2.0 for said in (first, second)),
        *(said.mass / _MASS - 1.0 for said in (first, second)),
        np.log1p(np.abs(first.mass - second.mass)),
        np.log1p(apart / _COM),
        np.log(np.maximum(elapsed, 0.01)),
        np.exp(-elapsed),
    ]
    return np.stack(np.broadcast_arrays(*parts), axis=-1)


def fused(network: FusionNetwork, first: Said, second: Said, elapsed: Array) -> Said:
    """Join two answers."""
    with torch.no_grad():
        told = torch.from_numpy(features_of(first, second, elapsed))
        share, log = network(told.to(network.leave.bias.dtype))
    w, scale = share.numpy().astype(float), np.exp(log.numpy().astype(float))
    mass_share, com_share = w[..., 0], w[..., 1:]
    mass = mass_share * first.mass + (1.0 - mass_share) * second.mass
    mass_std = mass_share * first.mass_std + (1.0 - mass_share) * second.mass_std
    com = com_share * first.com + (1.0 - com_share) * second.com
    com_std = com_share * first.com_std + (1.0 - com_share) * second.com_std
    return Said(mass, scale[..., 0] * mass_std, com, scale[..., 1:] * com_std)


def train_fusion(
    first: Said,
    second: Said,
    elapsed: Array,
    mass: Array,
    com: Array,
    steps: int,
    seed: int,
    tell: Callable[[int, float], None] = lambda _step, _loss: None,
) -> FusionNetwork:
    """Fit shares and deviations to the truth.

    Args:
        first, second: Answers to N recordings that neither estimator has learned from, shapes (N, ...).
        mass, com: Truth, shapes (N,) and (N, 3).
    """
    network = FusionNetwork().start(torch.Generator().manual_seed(seed))
    optimiser = torch.optim.Adam(network.parameters(), 5e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 5e-3, total_steps=steps)
    told = _tensor(features_of(first, second, elapsed))
    a, b = _tensors(first), _tensors(second)
    truth = (_tensor(mass)[:, None], _tensor(com)[:, None])
    for step in range(steps):
        share, log = network(told)
        loss = torch.zeros(())
        for k, unit in enumerate((1.0, _COM)):
            w = share[..., k, None] if k else share[..., k]
            mean = w * a[2 * k] + (1.0 - w) * b[2 * k]
            std = w * a[2 * k + 1] + (1.0 - w) * b[2 * k + 1]
            std = std.detach() * (log[..., k, None] if k else log[..., k]).exp()
            error = (mean - truth[k]).abs()
            # Shares by the error itself, so that single lifts that show nothing do not rule; deviations by likelihood.
            loss = loss + error.mean() / unit
            loss = loss + (0.5 * (error.detach() / std) ** 2 + std.log()).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        tell(step, float(loss.detach()))
    return network


def _tensor(x: Array) -> Tensor:
    return torch.from_numpy(np.asarray(x, dtype=np.float32))


def _tensors(said: Said) -> tuple[Tensor, ...]:
    return tuple(_tensor(np.maximum(x, _LEAST_STD) if k % 2 else x) for k, x in enumerate(said))
