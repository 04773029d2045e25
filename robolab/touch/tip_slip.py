"""Whether what is held slides, from how the dots of a fingertip have moved over the last five frames.

Under a growing pull the rim of the contact slides first and the middle last; when all of it does, the dots stop
following. A small recurrent network looks at the dots frame by frame and says how likely it is that the whole slides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from robolab.core.transforms import Array
from robolab.sensors.fingertip_touch import softness_of
from robolab.sensors.gel import Gel, drag, moved_marks, press
from robolab.sensors.relief import gap_of
from robolab.touch.tip_draw import NORMAL, Split, draw_object
from robolab.touch.tip_frames import MARK_NOISE

RATE = 62.5
"""Frames a second: what a fingertip of this kind does, to a whole number of milliseconds."""
FRAMES = 24
"""Of one pull."""
WITHIN = 0.03
"""Time after the whole has begun to slide in which it is to be noticed [s]."""
_FRICTION = (0.2, 1.2)
_MOST_SHEAR = 5.0


class SlipNetwork(nn.Module):
    """Takes dots (N, T, 2, 7, 9) [pixels] from the first touch on; gives logits (N, T) that the whole slides now."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        self.enter = nn.Linear(126 * 2 + 6, width)
        self.memory = nn.GRU(width, width, batch_first=True)
        self.leave = nn.Linear(width, 1)

    def forward(self, marks: Tensor) -> Tensor:
        seen = slip_features(marks)
        hidden, _ = self.memory(torch.tanh(self.enter(seen)))
        return self.leave(hidden)[..., 0]


def slip_features(marks: Tensor) -> Tensor:
    """Return where dots are, how far they went since the frame before, and sizes of both, shape (N, T, 258)."""
    flat = marks.flatten(2) / 8.0
    step = functional.pad(flat[:, 1:] - flat[:, :-1], (0, 0, 1, 0)) * 4.0
    pairs = flat.unflatten(-1, (2, -1))
    steps = step.unflatten(-1, (2, -1))
    sizes = [pairs.abs().amax(-1), steps.mean(-1), steps.abs().amax(-1)]
    return torch.cat([flat, step, *sizes], -1)


def slip_loss(network: nn.Module, batch: dict[str, Tensor]) -> Tensor:
    """Cross entropy over every frame."""
    return functional.binary_cross_entropy_with_logits(network(batch["marks"]), batch["slides"])


@dataclass(frozen=True)
class Pulls:
    """N pulls of T frames.

    Attributes:
        marks: How far the dots have moved, shape (N, T, 2, 7, 9) float32 [pixels].
        slides: Whether the whole slides, shape (N, T) float32.
        since: Time since it began to, below zero before, infinite where it never does, shape (N, T) [s].
        share: Of the contact that slides, shape (N, T).
    """

    marks: np.ndarray
    slides: np.ndarray
    since: np.ndarray
    share: np.ndarray


def draw_pulls(
    count: int, split: Split, rng: np.random.Generator, tell: Callable[[int], None] = lambda _: None
) -> Pulls:
    """Draw presses that are pulled on until they slide, or nearly."""
    rows: list[tuple[np.ndarray, ...]] = []
    for number in range(count):
        if number % 100 == 0:
            tell(number)
        rows.append(_pull(split, rng))
    return Pulls(*(np.stack(column) for column in zip(*rows, strict=True)))


def _pull(split: Split, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    gel = Gel().drawn(rng, 0.03)
    drawn = draw_object(rng, split, rough=False)
    bodies = [(drawn.body, drawn.X_gel_body)]
    normal = float(np.exp(rng.uniform(np.log(1.0), np.log(NORMAL[1]))))
    friction = min(float(rng.uniform(*_FRICTION)), _MOST_SHEAR / normal)
    pressed = press(gel, gap_of(gel, bodies), normal, softness_of(gel, bodies))
    time = np.arange(FRAMES) / RATE
    load = _loads(time, rng)
    angle, spin = rng.uniform(-np.pi, np.pi), rng.uniform(-0.5, 0.5) * 1e-3
    marks, share = np.empty((FRAMES, 2, *gel.marks), np.float32), np.empty(FRAMES)
    rest = gel.marks_at_rest()
    began = np.inf
    for k, of in enumerate(load):
        # The grip breathes a little while the arm moves.
        pull = min(of, 1.02) * friction * normal
        shear = float(pull * np.cos(angle)), float(pull * np.sin(angle))
        dragged = drag(gel, pressed, shear, spin * min(of, 0.9) * friction * normal, friction)
        share[k] = dragged.sliding
        moved = moved_marks(gel, pressed, dragged) - rest
        moved += MARK_NOISE * rng.standard_normal(moved.shape)
        marks[k] = moved.T.reshape(2, *gel.marks)
        if of >= 1.0:
            began = min(began, _crossing(time, load, k))
    since = time - began
    return marks, (since >= 0.0).astype(np.float32), since, share


def _loads(time: Array, rng: np.random.Generator) -> Array:
    """Pull over what friction bears: rest, a slope of any steepness to any height, sometimes a fall again."""
    start, steep = rng.uniform(0.03, 0.2), float(np.exp(rng.uniform(np.log(1.0), np.log(20.0))))
    top = rng.uniform(0.3, 0.95) if rng.uniform() < 0.5 else rng.uniform(1.05, 1.5)
    offset = rng.uniform(0.0, 0.3)
    load = np.clip(offset + steep * (time - start), offset, top)
    if rng.uniform() < 0.3 and top < 1.0:
        load -= np.clip(2.0 * (time - 0.25), 0.0, 0.5 * top)
    wave = 0.02 * np.sin(2.0 * np.pi * rng.uniform(2.0, 12.0) * time + rng.uniform(0.0, 6.0))
    return np.maximum(load + np.where(load < 0.97, wave, 0.0), 0.0)


def _crossing(time: Array, load: Array, k: int) -> float:
    """When the pull reached what friction bears, between two frames."""
    if k == 0 or load[k - 1] >= 1.0:
        return float(time[k])
    share = (1.0 - load[k - 1]) / (load[k] - load[k - 1])
    return float(time[k - 1] + share * (time[k] - time[k - 1]))
