"""Teach the network where faces end, on photos of drawn pallets; then a small one by the large.

Everything follows from the seed; what a killed run goes on from is kept by `robolab.learning.sitting`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from robolab.core.rng import stream
from robolab.learning.descent import descend
from robolab.learning.schedule import rate_share
from robolab.learning.sitting import Sitting
from robolab.learning.state import Training
from robolab.sight.network import FINER, SMALL_WIDTHS, WIDTHS, EdgeNet
from robolab.sight.pictures import lesson
from robolab.tasks.pallet_case import Split

_CROP = (112, 144)
"""Part of a picture that a step looks at, rows and columns; divisible by 8."""
_BATCH = 3
_RATE = 3e-3
_COUNTS = (1.0, 2.0, 4.0)
"""Weight of a pixel on no border, on one, and on one between two cases: a gap in that joins two cases."""
_CASES_COUNT = 0.3
_TRUTH = 0.5
"""Share of the truth in what the small network is taught; the rest is what the large one says."""
_MIRRORED_U = [6 * dy + 3 * (1 - dx) + c for dy in (0, 1) for dx in (0, 1) for c in range(3)]
_MIRRORED_V = [6 * (1 - dy) + 3 * dx + c for dy in (0, 1) for dx in (0, 1) for c in range(3)]
"""Colours of the four pixels of a square when the picture is mirrored."""

_BOLDER = 0.54
"""How far logits of the small one's borders are raised, by faces found on cases set aside: 0.2 then counts as 0.3."""

Tell = Callable[[str], None]
Album = tuple[np.ndarray, np.ndarray]
"""Pictures and targets."""


@dataclass(frozen=True)
class Lesson:
    """What is taught: so many pallets, photos of each, steps for the large network and for the small one."""

    pallets: int = 100
    views: int = 3
    steps: int = 5500
    small_steps: int = 3300
    seed: int = 0


@dataclass(frozen=True)
class Course:
    """One network's way down: its name, steps, the seed of its crops, and the largest rate."""

    stage: str
    steps: int
    seed: int
    rate: float = _RATE


def teach(lesson_of: Lesson, sitting: Sitting, tell: Tell) -> tuple[EdgeNet, EdgeNet]:
    """Return the network, and the small one that it has taught.

    Raises:
        WeightsError: what was kept is damaged.
        OutputError: the state cannot be written.
    """
    numbers = range(lesson_of.pallets)
    album = cache(lambda: album_of(lesson_of.seed, "train", numbers, lesson_of.views, tell))
    nets = EdgeNet(WIDTHS), EdgeNet(SMALL_WIDTHS)
    for network in nets:
        start(network, lesson_of.seed)
    course = Course("large", lesson_of.steps, lesson_of.seed)
    teacher = descended(nets[0], course, album, sitting, tell).eval().requires_grad_(False)
    course = Course("small", lesson_of.small_steps, lesson_of.seed)
    small = descended(nets[1], course, album, sitting, tell, teacher)
    return teacher, bolder(small.eval().requires_grad_(False))


def bolder(small: EdgeNet) -> EdgeNet:
    """Let borders count from fainter signs on: a small network doubts more, and a gap costs more than a border too many."""
    with torch.no_grad():
        assert small.tell.bias is not None
        small.tell.bias[: FINER**2] += _BOLDER
    return small


def album_of(seed: int, split: Split, numbers: Sequence[int], views: int, tell: Tell) -> Album:
    """Draw pallets and take photos of them."""
    made: list[Album] = []
    for done, number in enumerate(numbers):
        if done % 10 == 0:
            tell(f"pallet {done} of {len(numbers)}")
        made.append(lesson(seed, split, number, views))
    return np.concatenate([m[0] for m in made]), np.concatenate([m[1] for m in made])


def descended(
    network: EdgeNet,
    course: Course,
    album: Callable[[], Album],
    sitting: Sitting,
    tell: Tell,
    teacher: EdgeNet | None = None,
) -> EdgeNet:
    """Train a network on crops, by the truth or by what a teacher says."""
    steps, stage = course.steps, course.stage
    network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    optimiser = torch.optim.AdamW(network.parameters(), course.rate, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: rate_share(step / steps))
    training = Training(network, optimiser, schedule, torch.Generator())
    begun, mean = sitting.restore(stage, training), 0.0
    for step in range(begun, steps):
        picture, target, weight = _crops(album(), stream(course.seed, "crops", stage, str(step)))
        if teacher is not None:
            # The truth keeps borders closed where the teacher doubts, the teacher says what can be known at all.
            with torch.inference_mode():
                said = torch.sigmoid(teacher(picture))
            target = _TRUTH * target + (1.0 - _TRUTH) * said.clone()
        loss = loss_of(network(picture), target, weight)
        descend(loss, optimiser, schedule, longest=5.0)
        mean += (float(loss.detach()) - mean) / min(step - begun + 1, 100)
        if step % 50 == 0:
            tell(f"{stage} network, step {step} of {steps}, loss {mean:.4f}")
        sitting.keep(stage, training, step + 1, step + 1 == steps)
    return network


def loss_of(said: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Cross-entropy of borders, by weight, and of cases.

    Args:
        said, target: Shape (n, 2, h, w).
        weight: Of each pixel's border, shape (n, h, w).
    """
    borders = functional.binary_cross_entropy_with_logits(said[:, 0], target[:, 0], weight)
    cases = functional.binary_cross_entropy_with_logits(said[:, 1], target[:, 1])
    return borders + _CASES_COUNT * cases


def start(network: nn.Module, seed: int) -> None:
    """Draw the convolutions' weights anew (He et al., 2015); their biases are nought."""
    generator = torch.Generator().manual_seed(seed)
    for part in network.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_uniform_(part.weight, nonlinearity="relu", generator=generator)
            assert part.bias is not None
            nn.init.zeros_(part.bias)


def _crops(album: Album, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Draw parts of pictures, mirrored and with colours exchanged at random; with targets and the borders' weights."""
    pairs = list(_drawn(album, rng))
    pictures = torch.from_numpy(np.stack([picture for picture, _ in pairs]))
    targets = np.stack([target for _, target in pairs])
    weights = np.array(_COUNTS, dtype=np.float32)[targets[:, 0]]
    wanted = torch.from_numpy(np.minimum(targets, 1).astype(np.float32))
    return (
        pictures.contiguous(memory_format=torch.channels_last),
        wanted,
        torch.from_numpy(weights),
    )


def _drawn(album: Album, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    pictures, targets = album
    h, w = _CROP
    for _ in range(_BATCH):
        which = int(rng.integers(len(pictures)))
        i, j = _corner(targets[which, 0], rng)
        picture = pictures[which, :, i : i + h, j : j + w].astype(np.float32)
        target = targets[which, :, i : i + h, j : j + w]
        if rng.random() < 0.5:
            picture[:12] = picture[_MIRRORED_U]
            picture, target = picture[..., ::-1], target[..., ::-1]
        if rng.random() < 0.5:
            picture = picture.copy()
            picture[:12] = picture[_MIRRORED_V]
            picture, target = picture[:, ::-1], target[:, ::-1]
        order = rng.permutation(3)
        exchanged = picture.copy()
        for square in range(4):
            exchanged[3 * square : 3 * square + 3] = picture[3 * square + order]
        exchanged[:12] *= np.float32(rng.uniform(0.7, 1.3))
        yield exchanged, np.ascontiguousarray(target)


def _corner(border: np.ndarray, rng: np.random.Generator) -> tuple[int, int]:
    """Where a part begins: round some pixel on a border, as far as the picture reaches."""
    places = np.flatnonzero(border)
    at = int(places[rng.integers(len(places))]) if len(places) else int(rng.integers(border.size))
    corner = np.array(np.unravel_index(at, border.shape)) - rng.integers(_CROP)
    row, column = np.clip(corner, 0, np.array(border.shape) - _CROP)
    return int(row), int(column)
