"""Training of the fingertip's networks: one file holds all that a run goes on from, and is replaced whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from robolab.core.rng import stream
from robolab.learning.descent import descend
from robolab.learning.schedule import rate_share
from robolab.learning.state import Training

_EVERY = 200
"""Steps between two states kept on disk."""

Loss = Callable[[nn.Module, dict[str, Tensor]], Tensor]


def fit(
    network: nn.Module,
    loss: Loss,
    data: Mapping[str, Tensor],
    steps: int,
    rate: float = 3e-3,
    batch: int = 64,
    seed: int = 0,
    state: Path | None = None,
    tell: Callable[[int, float], None] = lambda _step, _loss: None,
) -> None:
    """Train a network in place.

    Args:
        loss: Of the network on a batch.
        data: Tensors with one row for each example.
        state: File of a run's state; where it exists, the run goes on from it.
    Raises:
        WeightsError: the state is damaged, or of another network.
        OutputError: the state cannot be written.
    """
    optimiser = torch.optim.AdamW(network.parameters(), rate, weight_decay=1e-3)
    training = Training(network, optimiser)
    begun = 0 if state is None else training.restore(state)
    count = len(next(iter(data.values())))
    network.train()
    for step in range(begun, steps):
        for group in optimiser.param_groups:
            group["lr"] = rate * rate_share(step / steps)
        rows = torch.from_numpy(stream(seed, "batch", step).integers(count, size=min(batch, count)))
        value = loss(network, {key: tensor[rows] for key, tensor in data.items()})
        descend(value, optimiser, longest=5.0)
        tell(step, float(value.detach()))
        if state is not None and ((step + 1) % _EVERY == 0 or step + 1 == steps):
            training.keep(state, step + 1)
    network.eval()


def start(network: nn.Module, seed: int) -> None:
    """Draw fresh weights: even, within the root of three over how many numbers each sums."""
    generator = torch.Generator().manual_seed(seed)
    for value in network.parameters():
        if value.ndim < 2:
            nn.init.zeros_(value)
        else:
            bound = (3.0 / value[0].numel()) ** 0.5
            nn.init.uniform_(value, -bound, bound, generator=generator)
