"""A small network that says of ways to take a case what the larger ones that vote say together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.learning.descent import descend
from robolab.learning.pick_policy import LearnedPick
from robolab.tasks.pallet_choice import FEATURES

WIDTH = 16
MOST_DOUBT = 0.6
"""Standard deviation of five chances is below it."""
_STEPS, _BATCH, _RATE = 3000, 512, 4e-3
_SECOND = 0.05
"""What a second's error counts for against a chance's."""


class SmallPick(nn.Module):
    """Features (batch, FEATURES) to chance, doubt and seconds, shape (batch, 3)."""

    def __init__(self) -> None:
        super().__init__()
        n = len(FEATURES)
        self.mean = nn.Parameter(torch.zeros(n), requires_grad=False)
        self.scale = nn.Parameter(torch.ones(n), requires_grad=False)
        self.first = nn.Parameter(torch.zeros(n, WIDTH))
        self.first_bias = nn.Parameter(torch.zeros(WIDTH))
        self.second = nn.Parameter(torch.zeros(WIDTH, WIDTH))
        self.second_bias = nn.Parameter(torch.zeros(WIDTH))
        self.last = nn.Parameter(torch.zeros(WIDTH, 3))
        self.last_bias = nn.Parameter(torch.zeros(3))

    def forward(self, features: Tensor) -> Tensor:
        """See the class."""
        x = (features - self.mean) / self.scale
        x = torch.tanh(x @ self.first + self.first_bias)
        x = torch.tanh(x @ self.second + self.second_bias)
        said = x @ self.last + self.last_bias
        chance, doubt = torch.sigmoid(said[:, 0]), MOST_DOUBT * torch.sigmoid(said[:, 1])
        return torch.stack([chance, doubt, said[:, 2]], dim=1)

    def tables(self) -> dict[str, Array]:
        """Return the weights by name."""
        return {name: value.double().numpy() for name, value in self.state_dict().items()}


def distilled(
    teacher: LearnedPick, looks: Sequence[np.ndarray], seed: int, steps: int = _STEPS
) -> SmallPick:
    """Teach a small network what the larger ones say of ways, and of what lies between them.

    Args:
        looks: Features of the ways of each look, shape (k, FEATURES).
        steps: Of gradient.
    """
    rng, generator = stream(seed, "pick", "distil"), torch.Generator().manual_seed(seed)
    rows = np.concatenate(list(looks)).astype(float)
    network = SmallPick()
    with torch.no_grad():
        network.mean.copy_(torch.from_numpy(rows.mean(axis=0)))
        network.scale.copy_(torch.from_numpy(rows.std(axis=0) + 1e-3))
        for value in (network.first, network.second, network.last):
            bound = 1.0 / float(np.sqrt(value.shape[0]))
            value.uniform_(-bound, bound, generator=generator)
    weighing = torch.tensor([1.0, 1.0, _SECOND])
    optimiser = torch.optim.AdamW([p for p in network.parameters() if p.requires_grad], _RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps)
    for _ in range(steps):
        a, b = (rows[rng.integers(len(rows), size=_BATCH)] for _ in range(2))
        share = rng.uniform(0.0, 0.3, (_BATCH, 1))
        batch = a + share * (b - a)
        wanted = torch.from_numpy(np.stack(teacher.chances(batch), axis=1)).float()
        said = network(torch.from_numpy(batch).float())
        loss = (((said - wanted) * weighing) ** 2).mean()
        descend(loss, optimiser, schedule)
    return network
