"""How rough a surface is, from how unevenly a pressed gel shines.

A roughness of half a micrometre is far below what a pixel resolves, but a slope of three thousandths changes the light by
most of a grey level, and ten thousand pixels say so. What is learned from is therefore energy: the light's variance over the touched
patch in octaves of size, for each lamp, with the camera's own noise beside it. A small network turns it into R_a.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import torch
from scipy.ndimage import binary_erosion, gaussian_filter
from torch import Tensor, nn

from robolab.core.transforms import Array
from robolab.sensors.fingertip_touch import Touch, touch
from robolab.sensors.gel import Gel
from robolab.touch.tip_draw import Split, draw_load, draw_object, draw_texture
from robolab.touch.tip_frames import CELL, TIPS_EVERY, Tip

BURST = 8
"""Frames of one still press that are taken together."""
SCALES = (0.7, 1.4, 2.8, 5.6, 11.2)
"""Widths of the filters between which energy is told [pixels]."""
FEATURES = 3 * (len(SCALES) - 1) + 3 + 5
_DOT_CLEAR = 8.0
"""Around each dot, nothing is read [pixels]."""
_DEEP = 0.65
"""Share of the deepest at which the gel is taken to lie on something rather than to hang beside it."""
_ASIDE = 2
"""Cells at the rim of that which are left out: the slope of an edge shines a thousand times as unevenly."""
_LEAST, _DRAWN = 500, 3500
"""Pixels below which nothing is said, and of contact below which a press is not drawn to learn from."""

Height = Callable[[Tip, Touch, np.ndarray, np.ndarray], np.ndarray]
"""How the height map of a press is known: from the truth, or from a picture and how far the dots have moved."""


class RoughnessNetwork(nn.Module):
    """From features, shape (N, FEATURES), to the mean and the logarithm of the deviation of ln(R_a / 5 um)."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()
        self.first = nn.Linear(FEATURES, width)
        self.second = nn.Linear(width, width)
        self.last = nn.Linear(width, 2)
        self.register_buffer("middle", torch.zeros(FEATURES))
        self.register_buffer("scale", torch.ones(FEATURES))

    def fit_scale(self, features: Tensor) -> None:
        """Take the mean and the spread of what is to come from an example."""
        self.middle, self.scale = features.mean(0), features.std(0) + 1e-3

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        x = torch.tanh(self.first((features - self.middle) / self.scale))
        out = self.last(torch.tanh(self.second(x)))
        return out[:, 0], out[:, 1].clamp(-4.0, 2.0)


def roughness_loss(network: nn.Module, batch: dict[str, Tensor]) -> Tensor:
    """Likelihood of ln R_a, and the plain error beside it."""
    mean, log = network(batch["features"])
    error = mean - batch["target"]
    return (0.5 * error**2 * torch.exp(-2.0 * log) + log + error.abs()).mean()


def features_of(
    gel: Gel, frames: np.ndarray, reference: np.ndarray, marks: Array, height: np.ndarray
) -> np.ndarray | None:
    """Return what is learned from, shape (FEATURES,); None where too little of the gel is touched.

    Args:
        frames: Of one still press, shape (n, rows, columns, 3).
        reference: The untouched gel, shape (rows, columns, 3).
        marks: Where the dots are, shape (n, 2) [pixels].
        height: How far the gel has given way, as another network reads it, in cells, shape (rows / 8, columns / 8).
    """
    mean = frames.mean(axis=0, dtype=np.float32)
    noise = frames.std(axis=0, dtype=np.float32) if len(frames) > 1 else np.full_like(mean, 1.2)
    # Shares of the light that was there: a worn or dim spot shines less and changes less.
    light = mean / np.maximum(reference, 20.0)
    clear = _clear_of_dots(gel, marks) & _clear_of_dots(gel, gel.marks_at_rest())
    clear &= mean.max(axis=2) < 250.0
    patch = _touched(height, clear)
    if patch.sum() < _LEAST:
        return None
    energy: list[float] = []
    slope: list[float] = []
    rows, columns = (slice(at.min(), at.max() + 1) for at in np.nonzero(patch))
    close = patch[rows, columns]
    weights = [gaussian_filter(close.astype(np.float32), scale, truncate=2.5) for scale in SCALES]
    for c in range(3):
        level = _levelled(light[rows, columns, c], close)
        levels = [
            gaussian_filter(level, scale, truncate=2.5) / np.maximum(weight, 1e-3)
            for scale, weight in zip(SCALES, weights, strict=True)
        ]
        energy += [float(np.mean((fine - coarse)[close] ** 2)) for fine, coarse in pairwise(levels)]
        slope.append(float(np.std(levels[-1][close])))
    floor = (noise / np.maximum(reference, 20.0))[patch]
    told = [*energy, *((floor**2).mean(axis=0) / len(frames)).tolist()]
    more = [*slope, patch.mean(), float(np.mean(reference[patch]) / 255.0)]
    return np.concatenate([np.log(np.array(told) + 1e-9), np.array(more)]).astype(np.float32)


def true_height(_tip: Tip, told: Touch, _image: np.ndarray, _moved: np.ndarray) -> np.ndarray:
    """Return the height map as it is, in cells, to learn from."""
    return told.pressed.height.reshape(30, CELL, 40, CELL).mean(axis=(1, 3))


def draw_rough(
    count: int,
    split: Split,
    rng: np.random.Generator,
    burst: int = BURST,
    height: Height = true_height,
    tell: Callable[[int], None] = lambda _: None,
) -> dict[str, Tensor]:
    """Draw presses of rough things: features (N, FEATURES) and ln(R_a / 5 um), of those that touch enough of the gel."""
    rows, truth = list[np.ndarray](), list[float]()
    tip = Tip(rng)
    while len(rows) < count:
        if len(rows) % TIPS_EVERY == 0:
            tip = Tip(rng)
            tell(len(rows))
        told, roughness = draw_rough_press(tip, split, rng)
        found = looked(tip, told, burst, rng, height)
        if found is not None:
            rows.append(found)
            truth.append(float(np.log(roughness / 5e-6)))
    return {"features": torch.from_numpy(np.stack(rows)), "target": torch.tensor(truth)}


def draw_rough_press(tip: Tip, split: Split, rng: np.random.Generator) -> tuple[Touch, float]:
    """Press something rough on a fingertip; return what that does, and R_a [m]."""
    while True:
        drawn, load = draw_object(rng, split, rough=False), draw_load(rng)
        placed = drawn.X_gel_body
        if touch(tip.gel, [(drawn.body, placed)], load).pressed.contact.sum() < _DRAWN:
            continue
        texture = draw_texture(rng, split)
        told = touch(tip.gel, [(replace(drawn.body, texture=texture), placed)], load)
        return told, texture.roughness


def looked(
    tip: Tip, told: Touch, burst: int, rng: np.random.Generator, height: Height = true_height
) -> np.ndarray | None:
    """Look at a still press several times; return the features."""
    frames = np.stack([tip.picture(told, rng) for _ in range(burst)])
    moved = tip.marks(told, rng)
    marks = moved.reshape(2, -1).T + tip.gel.marks_at_rest()
    return features_of(tip.gel, frames, tip.reference, marks, height(tip, told, frames[0], moved))


def _clear_of_dots(gel: Gel, marks: Array) -> np.ndarray:
    clear = np.ones((gel.rows, gel.columns), bool)
    reach = int(_DOT_CLEAR)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = x**2 + y**2 <= _DOT_CLEAR**2
    for at in np.rint(marks).astype(int):
        rows, columns = at[1] + y[disc], at[0] + x[disc]
        inside = (rows >= 0) & (rows < gel.rows) & (columns >= 0) & (columns < gel.columns)
        clear[rows[inside], columns[inside]] = False
    return clear


def _touched(height: np.ndarray, clear: np.ndarray) -> np.ndarray:
    """Where the gel lies on something rather than hangs beside it: where it has given way by most of the most."""
    deep = height > _DEEP * float(height.max())
    high = binary_erosion(deep, iterations=_ASIDE, border_value=1)
    scale = clear.shape[0] // high.shape[0]
    return clear & np.repeat(np.repeat(high, scale, axis=0), scale, axis=1)


def _levelled(values: np.ndarray, patch: np.ndarray) -> np.ndarray:
    """Take off what the object's own shape does to the light: a surface of second order over the patch."""
    rows, columns = np.nonzero(patch)
    y, x = (rows - rows.mean()) / 100.0, (columns - columns.mean()) / 100.0
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
    found = np.linalg.lstsq(terms[::7], values[rows, columns][::7], rcond=None)[0]
    level = np.zeros_like(values)
    level[rows, columns] = values[rows, columns] - terms @ found
    return level
