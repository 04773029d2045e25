"""Frames of an optical fingertip as its networks see them, made by the gel's model without any physics engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from robolab.sensors.fingertip_touch import Touch, touch
from robolab.sensors.gel import Gel
from robolab.sensors.gel_look import Look
from robolab.touch.tip_draw import Split, draw_load, draw_object

SHRINK = 4
"""Pixels of the camera to a side of one of the network's."""
CELL = 8
"""Pixels to a side of a cell in which the height is told."""
TIPS_EVERY = 25
"""Presses for each fingertip drawn: its gel, lamps and wear."""
MARK_NOISE = 0.1


@dataclass(frozen=True)
class Frames:
    """What is known of N presses, and the truth about them.

    Attributes:
        image: Less the untouched one, in fourths of its size, shape (N, 3, 60, 80), int16, of 255 steps times 16.
        marks: How far the dots have moved, shape (N, 2, 7, 9), float32 [pixels].
        force: Along x, along y, and into the gel, shape (N, 3), float32 [N].
        height: Mean over cells, shape (N, 30, 40), float32 [mm].
        kind: Class of what is touched, -1 where it has none, shape (N,).
        curvature: Largest, -1 where there is no telling, shape (N,), float32 [1/m].
    """

    image: np.ndarray
    marks: np.ndarray
    force: np.ndarray
    height: np.ndarray
    kind: np.ndarray
    curvature: np.ndarray


class Tip:
    """One fingertip: its gel, its optics, and what it sees untouched."""

    def __init__(self, rng: np.random.Generator, spread: float = 0.03) -> None:
        self.gel = Gel().drawn(rng, spread)
        self.look = Look.drawn(self.gel, rng)
        self.reference = self.look.reference(rng)

    def picture(self, told: Touch, rng: np.random.Generator) -> np.ndarray:
        """Return what the camera sees of a touch, shape (240, 320, 3) uint8."""
        return self.look.picture(told.pressed.height, told.marks, rng)

    def marks(self, told: Touch, rng: np.random.Generator) -> np.ndarray:
        """Return how far the dots have moved as they are tracked, shape (2, 7, 9) [pixels]."""
        moved = told.marks - self.gel.marks_at_rest()
        moved += MARK_NOISE * rng.standard_normal(moved.shape)
        return moved.T.reshape(2, *self.gel.marks)


def shrunk(image: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return an image less the untouched one, in means of 4 by 4 pixels, shape (3, 60, 80) float32, of 255 steps."""
    rows, columns = image.shape[0] // SHRINK, image.shape[1] // SHRINK
    change = image.astype(np.float32) - reference
    small = change.reshape(rows, SHRINK, columns, SHRINK, 3).mean(axis=(1, 3))
    return np.ascontiguousarray(small.transpose(2, 0, 1))


def draw_frames(
    count: int,
    split: Split,
    rng: np.random.Generator,
    plain: float = 0.5,
    tell: Callable[[int], None] = lambda _: None,
) -> Frames:
    """Draw presses, a share of them of plain shapes, and look at them."""
    rows: list[tuple[Any, ...]] = []
    tip = Tip(rng)
    for number in range(count):
        if number % TIPS_EVERY == 0:
            tip = Tip(rng)
            tell(number)
        drawn, load = draw_object(rng, split, plain=plain), draw_load(rng)
        told = touch(tip.gel, [(drawn.body, drawn.X_gel_body)], load)
        image = shrunk(tip.picture(told, rng), tip.reference)
        height = told.pressed.height.reshape(30, CELL, 40, CELL).mean(axis=(1, 3)) * 1e3
        row = (np.rint(16.0 * image).astype(np.int16), tip.marks(told, rng).astype(np.float32))
        force = np.array([*load.shear, load.normal], np.float32)
        rows.append(
            (*row, force, height, np.array(drawn.kind), np.array(drawn.curvature, np.float32))
        )
    return Frames(*(np.stack(column) for column in zip(*rows, strict=True)))


def arrays_of(frames: Frames) -> dict[str, np.ndarray]:
    """Return the arrays by name."""
    return {f.name: getattr(frames, f.name) for f in fields(frames)}
