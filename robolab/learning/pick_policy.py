"""Which case to take next, and how: a small network that has learned from its own attempts how likely a way goes well."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import yaml
from torch import Tensor, nn

from robolab.core.errors import WeightsError
from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.learning import weights
from robolab.learning.descent import descend
from robolab.tasks.pallet_choice import FEATURES
from robolab.tasks.pallet_policy import HighestFirst

WEIGHTS, RECIPE = "weights.safetensors", "recipe.yaml"
HURRY = 0.05
"""What a second is worth against the chance to go well, where a policy does not say."""
WIDTH = 48
MEMBERS = 5
"""Networks that vote; how far they differ says how sure they are."""
_LEAN = 0.3
"""What the rule's score counts for: a layer of 0.2 m as much as so much of a chance."""
_STEPS, _BATCH, _RATE = 800, 256, 3e-3


class PickNetwork(nn.Module):
    """Features (batch, FEATURES) to log odds of going well and seconds until the case is on the belt, by each member.

    Returns shape (members, batch, 2).
    """

    def __init__(self) -> None:
        super().__init__()
        n = len(FEATURES)
        self.mean = nn.Parameter(torch.zeros(n), requires_grad=False)
        self.scale = nn.Parameter(torch.ones(n), requires_grad=False)
        self.first = nn.Parameter(torch.zeros(MEMBERS, n, WIDTH))
        self.first_bias = nn.Parameter(torch.zeros(MEMBERS, 1, WIDTH))
        self.second = nn.Parameter(torch.zeros(MEMBERS, WIDTH, WIDTH))
        self.second_bias = nn.Parameter(torch.zeros(MEMBERS, 1, WIDTH))
        self.last = nn.Parameter(torch.zeros(MEMBERS, WIDTH, 2))
        self.last_bias = nn.Parameter(torch.zeros(MEMBERS, 1, 2))

    def start(self, generator: torch.Generator) -> PickNetwork:
        """Draw the weights anew from a generator."""
        with torch.no_grad():
            for value in (self.first, self.second, self.last):
                bound = 1.0 / float(np.sqrt(value.shape[1]))
                value.uniform_(-bound, bound, generator=generator)
        return self

    def forward(self, features: Tensor) -> Tensor:
        """See the class."""
        x = ((features - self.mean) / self.scale).expand(MEMBERS, -1, -1)
        x = torch.tanh(torch.baddbmm(self.first_bias, x, self.first))
        x = torch.tanh(torch.baddbmm(self.second_bias, x, self.second))
        return torch.baddbmm(self.last_bias, x, self.last)


class LearnedPick:
    """Ranks ways by how likely they go well, doubt taken off, and by the time they take. Implements PickPolicy.

    Leans on the rule that the highest goes first, so that it is no worse where it has learned little.
    """

    def __init__(self, network: PickNetwork, hurry: float = HURRY) -> None:
        self._network, self._hurry, self._rule = network, hurry, HighestFirst()

    @staticmethod
    def load(folder: Path) -> LearnedPick:
        """Read a policy's folder.

        Raises:
            WeightsError: the weights are not there, damaged, or of another network.
        """
        network = PickNetwork()
        weights.into_module(weights.read(folder / WEIGHTS), network, folder / WEIGHTS)
        return LearnedPick(network, _hurry(folder / RECIPE))

    def tables(self) -> dict[str, Array]:
        """Return the network's weights by name, as they are kept."""
        return {name: value.double().numpy() for name, value in self._network.state_dict().items()}

    def worth(self) -> dict[str, Array]:
        """Return what a second is worth, `hurry` (1,), and what each feature adds to the score besides, `rule` (n,)."""
        leans = _LEAN * self._rule.scores(np.eye(len(FEATURES)))
        return {"hurry": np.array([self._hurry]), "rule": leans}

    def chances(self, features: Array) -> tuple[Array, Array, Array]:
        """Return the chance that each way goes well, how far the members differ, and the seconds, each (k,)."""
        with torch.no_grad():
            said = self._network(torch.from_numpy(features).float())
        odds = torch.sigmoid(said[..., 0])
        return (
            odds.mean(dim=0).double().numpy(),
            odds.std(dim=0).double().numpy(),
            said[..., 1].mean(dim=0).double().numpy(),
        )

    def scores(self, features: Array) -> Array:
        """See `PickPolicy`."""
        chance, doubt, seconds = self.chances(features)
        return chance - doubt - self._hurry * seconds + _LEAN * self._rule.scores(features)


def _hurry(file: Path) -> float:
    """Read from a recipe what a second is worth.

    Raises:
        WeightsError: it is not there, or no recipe for picks.
    """
    try:
        recipe = yaml.safe_load(file.read_text(encoding="utf-8"))
        return float(recipe["hurry"])
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise WeightsError(
            "is no recipe of a policy for picks", file=file, field="hurry", expected="a number"
        ) from error


def train(
    features: Array, well: Array, seconds: Array, seed: int, steps: int = _STEPS
) -> PickNetwork:
    """Teach a network from attempts.

    Args:
        features: Shape (n, FEATURES). well: 1 where an attempt went well, else 0, shape (n,).
        seconds: From the arm's start until the case lay on the belt, shape (n,); not a number where it did not.
    """
    rng = stream(seed, "pick", "batches")
    network = PickNetwork().start(torch.Generator().manual_seed(seed))
    x = torch.from_numpy(features).float()
    with torch.no_grad():
        network.mean.copy_(x.mean(dim=0))
        network.scale.copy_(x.std(dim=0) + 1e-3)
    # Ways that failed count as taking the usual time, so that the network promises nothing where it has seen none.
    usual = np.nanmean(seconds) if np.isfinite(seconds).any() else 0.0
    y = torch.from_numpy(well).float()
    t = torch.from_numpy(np.where(np.isfinite(seconds), seconds, usual)).float()
    optimiser = torch.optim.AdamW(
        [p for p in network.parameters() if p.requires_grad], _RATE, weight_decay=1e-3
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps)
    for _ in range(steps):
        rows = torch.from_numpy(rng.integers(len(x), size=min(_BATCH, len(x))))
        said = network(x[rows])
        loss = nn.functional.binary_cross_entropy_with_logits(
            said[..., 0], y[rows].expand(MEMBERS, -1)
        )
        loss = loss + 0.1 * nn.functional.huber_loss(said[..., 1], t[rows].expand(MEMBERS, -1))
        descend(loss, optimiser, schedule)
    return network
