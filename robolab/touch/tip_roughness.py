"""How rough a surface is, from how unevenly a pressed gel leans.

A roughness of half a micrometre is far below what a pixel resolves, but a slope of three thousandths changes the light by
most of a grey level, and ten thousand pixels say so. What is learned from is therefore energy: the variance of slope over the touched
patch in octaves of size, what the camera's noise adds taken off. How far the gel follows a rough surface depends on how hard it is pressed there,
so that energies are told apart by how far the gel has given way. A small network turns those of one touch into R_a and how sure it is; several touches of one
surface are weighed by that, since a facet or an edge under one of them shows as roughness there and nowhere else.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.ndimage import binary_erosion, gaussian_filter
from torch import Tensor, nn

from robolab.core.transforms import Array
from robolab.sensors.fingertip_touch import Touch, touch
from robolab.sensors.gel import Gel
from robolab.touch.slopes import Slopes
from robolab.touch.tip_draw import Drawn, Split, draw_load, draw_object, draw_texture
from robolab.touch.tip_frames import TIPS_EVERY, Tip

BURST = 8
"""Frames of one still press that are taken together."""
PLACES = 6
"""Presses, here and there, with forces of their own, that a surface is drawn with."""
SCALES = (0.7, 1.4, 2.8, 5.6, 11.2)
"""Widths of the filters between which energy is told [pixels]."""
DEPTHS_MM = (0.0, 0.15, 0.3, 0.6, np.inf)
"""Between which energies are told apart by how far the gel has given way."""
BANDS, BINS = len(SCALES) - 1, len(DEPTHS_MM) - 1
FEATURES = BINS * (BANDS + 2)
_DOT_CLEAR = 8.0
"""Around each dot, nothing is read [pixels]."""
_DEEP = 0.65
"""Share of the deepest at which the gel is taken to lie on something rather than to hang beside it."""
_ASIDE = 2
"""Cells at the rim of that which are left out: the slope of an edge is a thousand times as steep."""
_LEAST, _DRAWN = 500, 3500
"""Pixels below which nothing is said, and of contact below which a press is not drawn to learn from."""
_USUAL_NOISE = 1.5
_TRIES = 4 * PLACES
_STROKE = 2e-3
"""How far a place lies from the first, along each axis [m]."""
_ENERGY_UNIT = 1e-6

LOG_LIMITS = (-4.0, 2.0)
"""Of the logarithm of the deviation that is told."""
DISTILLED = 32
"""Width of the narrow network that stands in on a small controller."""

Height = Callable[[Tip, np.ndarray, np.ndarray], np.ndarray]
"""How the height map of a press [m, in cells] is read from a picture and how far the dots have moved."""


@dataclass(frozen=True)
class Surface:
    """What one touch of a surface has told: sums over pixels.

    Attributes:
        energy: Of slope, by how far the gel has given way and by octave, shape (BINS, BANDS).
        depth: How far it has given way, shape (BINS,) [mm].
        count: Pixels, shape (BINS,).
    """

    energy: Array
    depth: Array
    count: Array

    def features(self) -> np.ndarray:
        """Return what is learned from, shape (FEATURES,): nothing but zeros where no pixel is."""
        count = np.maximum(self.count, 1.0)[:, None]
        mean = np.log(np.maximum(self.energy / count, 0.0) / _ENERGY_UNIT + 0.1)
        share = self.count / self.count.sum()
        told = np.column_stack([mean, np.log(self.depth / count[:, 0] + 1e-3), np.sqrt(share)])
        return np.where(self.count[:, None] > 0, told, 0.0).ravel().astype(np.float32)


class RoughnessNetwork(nn.Module):
    """From features, shape (N, FEATURES), to the mean and the logarithm of the deviation of ln(R_a / 5 um)."""

    middle: Tensor
    scale: Tensor

    def __init__(self, width: int = 128) -> None:
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
        return out[:, 0], out[:, 1].clamp(*LOG_LIMITS)


def roughness_loss(network: nn.Module, batch: dict[str, Tensor]) -> Tensor:
    """Likelihood of ln R_a, and the plain error beside it."""
    mean, log = network(batch["features"])
    error = mean - batch["target"]
    return (0.5 * error**2 * torch.exp(-2.0 * log) + log + error.abs()).mean()


def roughness_gap(network: nn.Module, batch: dict[str, Tensor]) -> Tensor:
    """How far a network's answers are from those of another, `said`."""
    return (torch.stack(network(batch["features"]), 1) - batch["said"]).square().mean()


def surface_of(
    slopes: Slopes, gel: Gel, frames: np.ndarray, marks: Array, height: np.ndarray
) -> Surface | None:
    """Return what one still press tells of a surface; None where too little of the gel is touched.

    Args:
        frames: Shape (n, rows, columns, 3), of 255 steps.
        marks: Where the dots are, shape (n, 2) [pixels].
        height: How far the gel has given way, as another network reads it, in cells, shape (rows / 8, columns / 8) [m].
    """
    mean = frames.mean(axis=0, dtype=np.float32)
    clear = _clear_of_dots(gel, marks) & _clear_of_dots(gel, gel.marks_at_rest())
    clear &= mean.max(axis=2) < 250.0
    patch = _touched(height, clear)
    if patch.sum() < _LEAST:
        return None
    rows, columns = (slice(at.min(), at.max() + 1) for at in np.nonzero(patch))
    close = patch[rows, columns]
    noise = _noise(frames, patch)
    floor = slopes.noise[rows, columns][close] * noise / len(frames)
    energy = np.zeros((int(close.sum()), BANDS))
    weights = [gaussian_filter(close.astype(np.float32), scale, truncate=2.5) for scale in SCALES]
    for lean in slopes.of(mean)[:, rows, columns]:
        level = _levelled(lean, close)
        levels = [
            gaussian_filter(level, scale, truncate=2.5) / np.maximum(weight, 1e-3)
            for scale, weight in zip(SCALES, weights, strict=True)
        ]
        for k, (fine, coarse) in enumerate(itertools.pairwise(levels)):
            energy[:, k] += (fine - coarse)[close] ** 2 - _WHITE[k] * floor
    scale = clear.shape[0] // height.shape[0]
    deep = 1e3 * np.repeat(np.repeat(height, scale, axis=0), scale, axis=1)[rows, columns][close]
    inside = [(deep >= low) & (deep < high) for low, high in itertools.pairwise(DEPTHS_MM)]
    return Surface(
        np.stack([energy[each].sum(axis=0) for each in inside]),
        np.array([deep[each].sum() for each in inside]),
        np.array([float(each.sum()) for each in inside]),
    )


def draw_rough(
    count: int,
    split: Split,
    rng: np.random.Generator,
    height: Height,
    tell: Callable[[int], None] = lambda _: None,
) -> dict[str, Tensor]:
    """Draw rough surfaces, each touched in several places with one fingertip.

    Each has a stream of its own: where the height map decides that a place does not count, no later draw changes.

    Returns:
        `energy` (N, PLACES, BINS, BANDS), `depth` and `count` (N, PLACES, BINS), see `Surface`, and `target` (N,): ln(R_a / 5 um).
    """
    rows, truth = list[list[Surface]](), list[float]()
    tips, objects = rng.spawn(2)
    tip = Tip(tips.spawn(1)[0])
    slopes = Slopes(tip.gel, tip.reference)
    for number in itertools.count():
        if len(rows) == count:
            break
        if number > 0 and number % (TIPS_EVERY // 5) == 0:
            tip = Tip(tips.spawn(1)[0])
            slopes = Slopes(tip.gel, tip.reference)
            tell(len(rows))
        own = objects.spawn(1)[0]
        drawn, texture = draw_object(own, split, rough=False), draw_texture(own, split)
        if _press(tip, drawn, own) is None:
            continue
        rough = replace(drawn, body=replace(drawn.body, texture=texture))
        found = _stroke(tip, slopes, rough, own, height)
        if len(found) == PLACES:
            rows.append(found)
            truth.append(float(np.log(texture.roughness / 5e-6)))
    arrays = {
        key: np.array([[getattr(each, key) for each in row] for row in rows], np.float32)
        for key in ("energy", "depth", "count")
    }
    tensors = {key: torch.from_numpy(value) for key, value in arrays.items()}
    return tensors | {"target": torch.tensor(truth)}


def lessons_of(data: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return what is learned from: every press by itself, `features` (N PLACES, FEATURES) and `target`."""
    target = data["target"].repeat_interleave(PLACES)
    return {"features": features_of(data).flatten(0, 1), "target": target}


def features_of(data: dict[str, Tensor]) -> Tensor:
    """Return features of every press that was drawn, shape (N, PLACES, FEATURES)."""
    parts = [data[key].flatten(0, 1).numpy() for key in ("energy", "depth", "count")]
    told = np.stack([Surface(*row).features() for row in zip(*parts, strict=True)])
    return torch.from_numpy(told).unflatten(0, (-1, PLACES))


def told_by(network: RoughnessNetwork, features: Tensor) -> tuple[Tensor, Tensor]:
    """Return what several presses of each surface tell together: mean and deviation of ln(R_a / 5 um), each (N,).

    Args:
        features: Shape (N, places, FEATURES).
    """
    with torch.no_grad():
        mean, log = network(features.flatten(0, 1))
    mean, weight = (x.unflatten(0, features.shape[:2]) for x in (mean, torch.exp(-2.0 * log)))
    total = weight.sum(1)
    # Noise and places differ from press to press, what the network has learned wrong does not: half and half.
    shared = 0.5 * features.shape[1] + 0.5
    return (weight * mean).sum(1) / total, torch.sqrt(shared / total)


def _stroke(
    tip: Tip, slopes: Slopes, drawn: Drawn, rng: np.random.Generator, height: Height
) -> list[Surface]:
    """Touch something in several places, until as many have told something or it has been tried often enough."""
    found: list[Surface] = []
    for _ in range(_TRIES):
        told = _press(tip, drawn, rng) if len(found) < PLACES else None
        if told is None:
            continue
        frames = np.stack([tip.picture(told, rng) for _ in range(BURST)])
        moved = tip.marks(told, rng)
        marks = moved.reshape(2, -1).T + tip.gel.marks_at_rest()
        surface = surface_of(slopes, tip.gel, frames, marks, height(tip, frames[0], moved))
        if surface is not None:
            found.append(surface)
    return found


def _press(tip: Tip, drawn: Drawn, rng: np.random.Generator) -> Touch | None:
    """Press somewhere near with some force; None where too little is touched."""
    placed = drawn.X_gel_body.copy()
    placed[:2, 3] += rng.uniform(-_STROKE, _STROKE, 2)
    told = touch(tip.gel, [(drawn.body, placed)], draw_load(rng))
    return told if told.pressed.contact.sum() >= _DRAWN else None


def _white() -> Array:
    """How much of white noise's variance lies in each octave."""
    spot = np.zeros((101, 101))
    spot[50, 50] = 1.0
    levels = [gaussian_filter(spot, scale, truncate=2.5) for scale in SCALES]
    return np.array([((fine - coarse) ** 2).sum() for fine, coarse in itertools.pairwise(levels)])


_WHITE = _white()


def _noise(frames: np.ndarray, patch: np.ndarray) -> float:
    """Variance of one frame about the mean of several, or what is usual where there is but one."""
    if len(frames) < 2:
        return _USUAL_NOISE
    return float(frames[:, patch].astype(np.float32).var(axis=0, ddof=1).mean())


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
