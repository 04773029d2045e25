"""Make a trained network smaller: without the units that matter least, or taught anew by the whole one.

Whole units go rather than single weights: what is left is a narrower network of the same kind, with no indices to hold
and no gaps to jump over, so that it takes less memory and less time by the same share.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from robolab.estimation.network import UNIT, Facts, LoadNetwork
from robolab.learning.descent import descend

_BATCH = 128
_OF_TEACHER = 0.5
"""Weight of the teacher's answer in the loss; the truth has the rest."""


@dataclass(frozen=True)
class Slimming:
    """How much smaller, and how long what is left is trained.

    Attributes:
        pruned, distilled: Units that are left, and of the network that is taught anew.
        prune_steps, distil_steps: Steps of gradient.
        recordings, fusion_recordings: Lifts.
    """

    pruned: int = 24
    distilled: int = 16
    prune_steps: int = 500
    distil_steps: int = 1_500
    recordings: int = 3_000
    fusion_recordings: int = 8_000
    fusion_steps: int = 6_000
    seed: int = 0


def count_of(network: LoadNetwork) -> int:
    """How many weights a network has, biases included."""
    return sum(value.numel() for value in network.parameters())


def pruned(network: LoadNetwork, width: int) -> LoadNetwork:
    """Return a network without the units whose weights, in and out, are smallest."""
    whole, cell = network.memory.hidden_size, network.memory
    gates = np.arange(3)[:, None] * whole
    ih, hh = (value.detach().numpy() for value in (cell.weight_ih, cell.weight_hh))
    enter, leave = (layer.weight.detach().numpy() for layer in (network.enter, network.leave))
    into = np.hypot(np.linalg.norm(enter, axis=1), np.linalg.norm(ih, axis=0))
    own = np.hypot(
        np.linalg.norm(hh.reshape(3, whole, whole), axis=(0, 2)), np.linalg.norm(hh, axis=0)
    )
    own = np.hypot(own, np.linalg.norm(ih.reshape(3, whole, whole), axis=(0, 2)))
    own = np.hypot(own, np.linalg.norm(leave, axis=0) * whole / len(leave))
    first, kept = (np.sort(np.argsort(-size)[:width]) for size in (into, own))
    rows = (gates + kept).ravel()
    left = LoadNetwork(network.features, network.joints, width)
    values = {
        "enter.weight": enter[first],
        "enter.bias": network.enter.bias.detach().numpy()[first],
        "memory.weight_ih": ih[rows][:, first],
        "memory.weight_hh": hh[rows][:, kept],
        "memory.bias_ih": cell.bias_ih.detach().numpy()[rows],
        "memory.bias_hh": cell.bias_hh.detach().numpy()[rows],
        "leave.weight": leave[:, kept],
        "leave.bias": network.leave.bias.detach().numpy(),
    }
    left.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in values.items()})
    return left


def fresh(like: LoadNetwork, width: int, seed: int) -> LoadNetwork:
    """Return a network that looks at the same things and has learned nothing yet."""
    network = LoadNetwork(like.features, like.joints, width)
    return network.start(torch.Generator().manual_seed(seed))


def taught(
    pupil: LoadNetwork,
    teacher: LoadNetwork,
    facts: Facts,
    truth: np.ndarray,
    steps: int,
    seed: int,
    rate: float = 3e-3,
    tell: Callable[[int, float], None] = lambda _step, _loss: None,
) -> LoadNetwork:
    """Fit a network to the truth and to what another one says, which knows how much can be known.

    Args:
        facts: Of N recordings of K spans, shapes (N, K, ...).
        truth: Mass and mass times centre of mass, shape (N, 4) [kg, kg m].
    """
    network = deepcopy(pupil).requires_grad_(True)
    optimiser = torch.optim.Adam(network.parameters(), rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    known, wanted = facts.tensors(), torch.from_numpy((truth / UNIT).astype(np.float32))
    with torch.no_grad():
        said, spread = teacher(known)
    doubt = torch.diagonal(spread, dim1=-2, dim2=-1)
    generator = torch.Generator().manual_seed(seed)
    for step in range(steps):
        rows = torch.randint(len(wanted), (_BATCH,), generator=generator)
        mean, cov = network(tuple(x[rows] for x in known))
        var = torch.diagonal(cov, dim1=-2, dim2=-1)
        by_truth = _unlikely(mean, var, wanted[rows, None], torch.zeros(()))
        by_teacher = _unlikely(mean, var, said[rows], doubt[rows])
        loss = by_truth + _OF_TEACHER * (by_teacher - by_truth)
        descend(loss, optimiser, schedule, longest=1.0)
        tell(step, float(loss.detach()))
    return network.requires_grad_(False)


def _unlikely(mean: Tensor, var: Tensor, wanted: Tensor, spread: Tensor) -> Tensor:
    """Mean negative log likelihood of what is known up to a variance."""
    return (0.5 * ((mean - wanted) ** 2 + spread) / var + 0.5 * var.log()).mean()
