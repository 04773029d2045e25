"""A recurrent network that knows how far to believe each motor current, trained on lifts that never were.

What a load does to the currents is known exactly, so that no network has to learn it. Unknown is what else is in them
at every moment: friction that has changed, ripple, an acceleration that jumps. The network looks at all joints, span by
span, and says for each what to take off its current and how far to believe the rest; the load then follows by
linear least squares over all spans so far, weighted so. Both are trained as one, by the likelihood of the true load.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from robolab.core.transforms import Array
from robolab.estimation.drive import LOAD as BY_LOAD
from robolab.estimation.drive import TURN, friction_columns
from robolab.estimation.payload_step import LOAD, Arm, Seen
from robolab.learning.descent import descend
from robolab.learning.sitting import Sitting
from robolab.learning.state import Training

UNIT = (1.0, 0.1, 0.1, 0.1)
"""Mass [kg] and mass times centre of mass [kg m] that are one inside."""
_PRIOR = (5.0, 5.0, 5.0, 5.0)
"""Standard deviations before the first span, in those units."""
_MIDDLE = 5.0
"""Mass before the first span [kg]."""
_SIGMAS = 10.0
_WIDTH = 48
_PLAIN = 0.5
"""Weight of the plain error beside the likelihood, which pays for honest deviations as much as for good means."""


class Facts(NamedTuple):
    """What is known of each span, float32, in units of each joint's noise.

    Attributes:
        tokens: What the network looks at, shape (..., features).
        rest: Current less the friction that no load changes, shape (..., n).
        pull: What the arm's own torque takes, shape (..., n).
        load: What a unit of load takes, shape (..., n, 4).
        bend: How friction grows with the square of what is pulled, shape (..., n).
    """

    tokens: np.ndarray
    rest: np.ndarray
    pull: np.ndarray
    load: np.ndarray
    bend: np.ndarray

    def tensors(self) -> tuple[Tensor, ...]:
        """Return them for the network."""
        return tuple(torch.from_numpy(x) for x in self)


class Memory(NamedTuple):
    """What is kept from span to span: the recurrent state (B, width), information (B, 4, 4) and (B, 4)."""

    hidden: Tensor
    weight: Tensor
    sum: Tensor


class Answer(NamedTuple):
    """Mean of mass [kg] and mass times centre of mass [kg m], shape (..., 4), and covariance (..., 4, 4)."""

    mean: Array
    cov: Array


def draw_weights(module: nn.Module, generator: torch.Generator) -> None:
    """Draw matrices evenly within one over the root of what they sum; biases begin at zero."""
    for value in module.parameters():
        if value.ndim < 2:
            nn.init.zeros_(value)
        else:
            bound = value.shape[1] ** -0.5
            nn.init.uniform_(value, -bound, bound, generator=generator)


class LoadNetwork(nn.Module):
    """See the module."""

    def __init__(self, features: int, joints: int, width: int = _WIDTH) -> None:
        super().__init__()
        self.features, self.joints = features, joints
        self.enter = nn.Linear(features + LOAD, width)
        self.memory = nn.GRUCell(width, width)
        self.leave = nn.Linear(width, 2 * joints)

    def start(self, generator: torch.Generator) -> LoadNetwork:
        """Draw fresh weights, such that every current is believed about as its noise deserves; return itself."""
        draw_weights(self, generator)
        with torch.no_grad():
            self.leave.weight *= 0.1
        return self

    def begin(self, count: int) -> Memory:
        """Return the memory before the first span."""
        like = self.leave.bias
        prior = like.new_tensor(_PRIOR) ** -2.0
        weight = torch.diag(prior).expand(count, LOAD, LOAD)
        total = like.new_zeros(count, LOAD)
        total[:, 0] = prior[0] * _MIDDLE
        return Memory(like.new_zeros(count, self.memory.hidden_size), weight, total)

    def step(self, kept: Memory, facts: tuple[Tensor, ...]) -> Memory:
        """Take one span of each of B lifts."""
        tokens, rest, pull, load, bend = facts
        about: Tensor = torch.linalg.solve(kept.weight, kept.sum).detach()
        hidden = torch.tanh(self.enter(torch.cat([tokens, 0.2 * about], dim=-1)))
        hidden = self.memory(hidden, kept.hidden)
        off, log = self.leave(hidden).split(self.joints, dim=-1)
        belief = torch.exp(2.0 * log.clamp(-6.0, 2.0))
        # Friction bends with the torque; the line through the load believed so far stands for it.
        pulled = pull + (load @ about[..., None])[..., 0]
        slope = 1.0 + 2.0 * bend * pulled
        rows = slope[..., None] * load
        beyond = (
            rest - pulled - bend * pulled**2 - _SIGMAS * off + (rows @ about[..., None])[..., 0]
        )
        weight = kept.weight + rows.transpose(-1, -2) @ (belief[..., None] * rows)
        total = kept.sum + (rows * (belief * beyond)[..., None]).sum(-2)
        return Memory(hidden, weight, total)

    def forward(self, facts: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        """Take whole recordings (B, K, ...); return means (B, K, 4) and covariances (B, K, 4, 4)."""
        kept, means, covs = self.begin(len(facts[0])), list[Tensor](), list[Tensor]()
        for k in range(facts[0].shape[1]):
            kept = self.step(kept, tuple(x[:, k] for x in facts))
            cov: Tensor = torch.linalg.inv(kept.weight)
            means.append((cov @ kept.sum[..., None])[..., 0])
            covs.append(cov)
        return torch.stack(means, 1), torch.stack(covs, 1)


def facts_of(arm: Arm, seen: Seen, kind: type = np.float32) -> Facts:
    """Return what the network is told of spans."""
    scale = np.hypot(arm.white, arm.slow)
    drives = arm.drives
    pull = seen.torque / drives.gain
    columns = friction_columns(seen.qd, seen.qdd, pull, drives.range)
    steady = (columns * drives.friction).sum(-1) - columns[..., BY_LOAD] * drives.friction[
        :, BY_LOAD
    ]
    known = np.isfinite(seen.current)
    rest = (np.where(known, seen.current, pull) - steady) / scale
    load = seen.load / drives.gain[:, None] / scale[:, None] * np.array(UNIT)
    bend = np.tanh(seen.qd / TURN) * drives.friction[:, BY_LOAD] / drives.range * scale
    pull = pull / scale
    beyond = rest - pull - bend * pull**2
    parts = [beyond / _SIGMAS, load.reshape(*pull.shape[:-1], -1) / _SIGMAS, seen.qd]
    parts += [np.tanh(seen.qd / TURN), seen.moving.astype(float), np.log1p(seen.jolt / scale)]
    parts += [seen.qdd / 10.0]
    tokens = np.concatenate(parts, axis=-1)
    return Facts(*(x.astype(kind) for x in (tokens, rest, pull, load, bend)))


def answer(network: LoadNetwork, facts: Facts) -> Answer:
    """Ask the network about whole recordings, in SI units."""
    with torch.no_grad():
        mean, cov = (x.numpy().astype(float) for x in network(facts.tensors()))
    unit = np.array(UNIT)
    return Answer(mean * unit, cov * np.outer(unit, unit))


def train(
    facts: Facts,
    truth: np.ndarray,
    steps: int,
    seed: int,
    batch: int = 128,
    tell: Callable[[int, float], None] = lambda _step, _loss: None,
    sitting: Sitting | None = None,
) -> LoadNetwork:
    """Fit a network by the likelihood of the truth, at every span at once.

    Args:
        facts: Of N recordings of K spans, shapes (N, K, ...).
        truth: Mass and mass times centre of mass, shape (N, 4) [kg, kg m].
        sitting: Where the training is kept, and gone on with.
    """
    generator = torch.Generator().manual_seed(seed)
    network = LoadNetwork(facts.tokens.shape[-1], facts.rest.shape[-1]).start(generator)
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    known, wanted = facts.tensors(), torch.from_numpy((truth / UNIT).astype(np.float32))
    training = Training(network, optimiser, schedule, generator)
    begun = 0 if sitting is None else sitting.restore("network", training)
    for step in range(begun, steps):
        rows = torch.randint(len(wanted), (batch,), generator=generator)
        mean, cov = network(tuple(x[rows] for x in known))
        var = torch.diagonal(cov, dim1=-2, dim2=-1)
        error = mean - wanted[rows, None]
        loss = (0.5 * error**2 / var + 0.5 * var.log() + _PLAIN * error.abs()).mean()
        descend(loss, optimiser, schedule, longest=1.0)
        tell(step, float(loss.detach()))
        if sitting is not None:
            sitting.keep("network", training, step + 1, last=step + 1 == steps)
    return network
