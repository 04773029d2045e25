"""How the grip is taught: lifts of objects with forces around what would just hold, and what the fingers felt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from robolab.core.files import write_bytes
from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.learning import weights
from robolab.learning.descent import descend
from robolab.learning.state import Training
from robolab.sim.pinch import Pinch
from robolab.tasks.lift import GripCommand, GripSample, Stroke, Trial, least_force
from robolab.tasks.lift_case import LEARN, LiftCase, draw_case
from robolab.touch.grip import STRONGEST, followed
from robolab.touch.grip_feel import FEATURES, OF_PAD, Feel
from robolab.touch.grip_network import GripNetwork

_TRIED = (-0.15, 0.8)
"""Logarithm of a lesson's force over what the friction cone makes of what is felt: were it drawn about the least force that
holds, the force itself would tell what is to be learned."""
_LOOKS = 290
"""Looks of a lesson; what is longer is cut, what is shorter repeats its last one, which does not count."""
_SLIDES = 0.003
"""Speed that counts as sliding [m/s]."""
_LOAD_KNOWN, _LOAD_STD = 0.3, 0.08
"""Share of lessons that are told the mass, and how wrongly."""
_EARLY, _WHOLE = 110, 0.15
"""Looks of a shorter lesson, and share of those gone through whole."""
_BATCH = 48
_RATE = 4e-3
_SLIP_WEIGHT = 0.3
_SHARD = 20
_BRACKET = 0.2
"""Of the least force: finer would cost more lifts than it teaches."""


Single = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Lessons:
    """Attributes:
    lines: Features, shape (n, looks, FEATURES).
    wanted: Logarithm of the least force over the hardest specific force, shape (n,).
    counts: Where a look counts, shape (n, looks).
    slides: Whether the object slides, shape (n, looks).
    """

    lines: Single
    wanted: Single
    counts: Single
    slides: Single


@dataclass
class _Teacher:
    """A grip that feels as the predictor does, and holds with a factor of what the friction cone makes of that."""

    feel: Feel
    factor: float
    pinch: Pinch
    lines: list[Array] = field(default_factory=list[Array])
    ready: list[bool] = field(default_factory=list[bool])
    places: list[Array] = field(default_factory=list[Array])

    def update(self, sample: GripSample) -> GripCommand:
        feel = self.feel
        line = feel.add(sample)
        if line is not None:
            self.lines.append(line)
            self.ready.append(feel.stroke == Stroke.READY)
            centre, R = self.pinch.object_pose()
            self.places.append(R.T @ (self.pinch.hand() - centre))
        if feel.stroke == Stroke.READY:
            wanted = sample.soon * float(np.exp(self.factor)) * feel.mass / (2.0 * feel.friction)
            feel.force = followed(feel.force, wanted, STRONGEST)
        return GripCommand(feel.force, stroke=feel.stroke)


def lesson(pinch: Pinch, case: LiftCase, rng: np.random.Generator) -> Lessons | None:
    """Lift one case as the grip would and with a force somewhere around the least; None where nothing can hold it."""
    least = least_force(pinch, case, _BRACKET)
    if least is None:
        return None
    per_load = least / case.motion.hardest
    factor = float(rng.uniform(*_TRIED))
    told = case.body.mass * float(np.exp(_LOAD_STD * rng.standard_normal()))
    load = told if rng.uniform() < _LOAD_KNOWN else None
    teacher = _Teacher(Feel(STRONGEST, load), factor, pinch)
    Trial(pinch, case, rng).run(teacher)
    count = min(len(teacher.lines), _LOOKS)
    if not count:
        return None
    lines = np.zeros((1, _LOOKS, FEATURES), np.float32)
    lines[0, :count] = teacher.lines[:count]
    slides = np.zeros((1, _LOOKS), np.float32)
    counts = np.zeros((1, _LOOKS), np.float32)
    moved = np.linalg.norm(np.gradient(np.array(teacher.places), axis=0), axis=1) / 0.005
    counts[0, :count] = 1.0
    slides[0, :count] = ((moved > _SLIDES) & np.array(teacher.ready))[:count]
    return Lessons(lines, np.array([np.log(per_load)], np.float32), counts, slides)


def gather(
    folder: Path, count: int, seed: int, progress: Callable[[str], None] = lambda _: None
) -> Lessons:
    """Collect lessons; each few are kept in a file, so that a run goes on where it was broken off.

    Raises:
        WeightsError: a file is damaged.
        OutputError: the folder cannot be written.
    """
    shards = [folder / f"lessons_{seed}_{k:04d}.safetensors" for k in range(-(-count // _SHARD))]
    with Pinch() as pinch:
        for k, path in enumerate(shards):
            if not path.is_file():
                progress(f"lift {k * _SHARD} of {count}")
                _write(path, list(_some(pinch, k, seed)))
    parts = [weights.read(path) for path in shards]
    whole = {name: torch.cat([part[name] for part in parts]).numpy() for name in parts[0]}
    return Lessons(**whole)


def _some(pinch: Pinch, shard: int, seed: int) -> Iterator[Lessons]:
    for number in range(shard * _SHARD, (shard + 1) * _SHARD):
        case = draw_case(seed, number, LEARN, pinch.dt)
        one = lesson(pinch, case, stream(seed, "lesson", number))
        if one is not None:
            yield one


def _write(path: Path, lessons: list[Lessons]) -> None:
    tensors = {
        name: torch.from_numpy(np.concatenate([getattr(one, name) for one in lessons]))
        for name in Lessons.__dataclass_fields__
    }
    write_bytes(path, weights.to_bytes(tensors))


def train(
    lessons: Lessons,
    steps: int,
    seed: int,
    kept: Path,
    progress: Callable[[str], None] = lambda _: None,
) -> GripNetwork:
    """Fit a network by the likelihood of the least force at every look; goes on from what is kept.

    Args:
        kept: File for the state of the training.
    """
    network = GripNetwork().start(torch.Generator().manual_seed(seed))
    optimiser = torch.optim.Adam(network.parameters(), _RATE)
    training = Training(network, optimiser)
    begun = training.restore(kept)
    tensors = [
        torch.from_numpy(getattr(lessons, n)) for n in ("lines", "wanted", "counts", "slides")
    ]
    for step in range(begun, steps):
        rng = stream(seed, "batch", step)
        rows = torch.from_numpy(rng.integers(len(lessons.wanted), size=_BATCH))
        for group in optimiser.param_groups:
            group["lr"] = (
                _RATE * min(1.0, (step + 1) / 100) * 0.5 * (1 + np.cos(np.pi * step / steps))
            )
        # Most of what there is to learn shows early; only now and then a whole lift is gone through.
        looks = _LOOKS if rng.uniform() < _WHOLE else _EARLY
        lines, wanted, counts, slides = (tensor[rows] for tensor in tensors)
        lines, counts, slides = lines[:, :looks], counts[:, :looks], slides[:, :looks]
        loss = _loss(network, _mirrored(lines, rng), wanted, counts, slides)
        descend(loss, optimiser, longest=1.0)
        if (step + 1) % 200 == 0 or step + 1 == steps:
            training.keep(kept, step + 1)
            progress(f"step {step + 1} of {steps}, loss {float(loss.detach()):.3f}")
    return network


def _loss(
    network: GripNetwork, lines: Tensor, wanted: Tensor, counts: Tensor, slides: Tensor
) -> Tensor:
    mean, spread, odds = network(lines)
    off = (mean - wanted[:, None]) / spread.exp()
    # The tails are heavier than a bell's: an object may turn in the grip in ways that nothing foretells.
    fit = 2.5 * torch.log1p(off**2 / 4.0) + spread
    slip = nn.functional.binary_cross_entropy_with_logits(odds, slides, reduction="none")
    return ((fit + _SLIP_WEIGHT * slip) * counts).sum() / counts.sum()


def _mirrored(lines: Tensor, rng: np.random.Generator) -> Tensor:
    """Swap the fingers, or left and right: the force that is needed stays the same."""
    lines = lines.clone()
    if rng.uniform() < 0.5:
        first, second = lines[..., :OF_PAD], lines[..., OF_PAD : 2 * OF_PAD]
        lines[..., : 2 * OF_PAD] = torch.cat([second, first], dim=-1)
    if rng.uniform() < 0.5:
        lines[..., _TURNED] = -lines[..., _TURNED]
    return lines


_TURNED = [first + k for first in (0, OF_PAD) for k in (1, 5, 7)]
"""Features that change sign with left and right: shear across, torsion, and where across the pad."""
