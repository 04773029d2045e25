"""Where two fingers could come down on either side of something: candidates from a heightmap, without learning.

At the height of the fingers' ends, whatever is higher is solid. A candidate closes across a run of solid that is narrow
enough and no wedge that would slip out, with room for both fingers beside it. Five parallel lines over the width of a finger tell how its sides lie.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robolab.core.compiled import jit
from robolab.core.transforms import Array
from robolab.perception.heightmap import Heightmap

_UNKNOWN = 1e3
"""Height of what is not known: kernels may not meet infinities [m]."""
LINES = 5
"""Over the width of a finger."""
_WEDGE = 1.2
"""Angle between the sides from which on what is gripped slips out: twice the friction angle of a friction of 0.7 [rad]."""
_NEAR, _NEAR_YAW = 0.075, 0.15
"""How far off a close grasp is drawn: share of the hand's opening, and angle [rad]; standard deviations."""
FEATURES = 6
"""Of a candidate: width [m], angles of both sides against the fingers [rad], share of lines that meet something,
depth of the fingers' ends below the top [m], their height over the table [m]."""


@dataclass(frozen=True)
class Hand:
    """A two-finger hand as candidates need it.

    Attributes:
        opening: Greatest distance between the fingers [m].
        pad: Width of a finger across the closing axis [m].
        thickness: Of a finger along the closing axis [m].
        reach: Of the fingers below the hand [m].
        spare: Room on either side of what is gripped, on the way down [m].
        floor: Least height of the fingers' ends over the table [m].
    """

    opening: float = 0.08
    pad: float = 0.02
    thickness: float = 0.01
    reach: float = 0.045
    spare: float = 0.006
    floor: float = 0.003

    def scaled(self, factor: float) -> Hand:
        """Return a hand of the same shape and another size."""
        return Hand(**{name: factor * size for name, size in vars(self).items()})


@dataclass(frozen=True)
class Candidates:
    """Grasps from straight above.

    Attributes:
        poses: x, y, height of the fingers' ends over the table [m], yaw of the closing axis [rad], shape (n, 4).
        widths: Between the fingers on the way down, shape (n,) [m].
        features: Shape (n, FEATURES), float32.
    """

    poses: Array
    widths: Array
    features: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.poses)

    def some(self, rows: np.ndarray) -> Candidates:
        """Return some of them."""
        return Candidates(self.poses[rows], self.widths[rows], self.features[rows])


def sample_candidates(
    seen: Heightmap, hand: Hand, rng: np.random.Generator, tries: int = 4000
) -> Candidates:
    """Draw grasps anywhere on what stands out of the table, at any yaw and depth; those without room are left out."""
    solid = np.argwhere(seen.seen & (seen.heights > 2.0 * hand.floor))
    if not len(solid):
        return _joined(seen, hand, np.zeros((0, 4)))
    cells = solid[rng.integers(len(solid), size=tries)]
    xy = seen.corner + (cells + rng.uniform(-0.5, 0.5, (tries, 2))) * seen.cell
    top = seen.heights[tuple(cells.T)]
    deep = rng.uniform(0.1, 1.0, tries) * hand.reach
    z = np.maximum(top - deep, hand.floor)
    return _joined(seen, hand, np.column_stack([xy, z, rng.uniform(0.0, np.pi, tries)]))


def near_candidates(
    seen: Heightmap, hand: Hand, about: Array, rng: np.random.Generator, tries: int
) -> Candidates:
    """Draw grasps close to given ones, shape (n, 4)."""
    poses = np.repeat(about, tries, axis=0)
    near = _NEAR * hand.opening
    spread = np.array([near, near, near, _NEAR_YAW])
    poses = poses + spread * rng.standard_normal(poses.shape)
    poses[:, 2] = np.maximum(poses[:, 2], hand.floor)
    return _joined(seen, hand, poses)


def antipodal_score(candidates: Candidates, hand: Hand) -> Array:
    """Return how good a grasp is by geometry alone, shape (n,): sides that face each other, deep, over the whole pad."""
    _width, left, right, share, deep, _floor = candidates.features.T.astype(float)
    return np.cos(np.maximum(np.abs(left), np.abs(right))) * share + 0.5 * deep / hand.reach


def _joined(seen: Heightmap, hand: Hand, poses: Array) -> Candidates:
    sizes = np.array([hand.opening, hand.pad, hand.thickness, hand.spare, hand.reach])
    out = np.empty((len(poses), 3 + FEATURES))
    fits = np.zeros(len(poses), dtype=np.bool_)
    _measure(seen.heights, seen.corner, seen.cell, poses, sizes, out, fits)
    kept = poses[fits].copy()
    kept[:, :2] = out[fits, :2]
    return Candidates(kept, out[fits, 2], out[fits, 3:].astype(np.float32))


@jit
def _height(heights: Any, corner: Any, cell: float, x: float, y: float) -> float:
    """Height at a place; nobody knows what is outside the grid, so that nothing fits there."""
    i, j = int(np.rint((x - corner[0]) / cell)), int(np.rint((y - corner[1]) / cell))
    if i < 0 or j < 0 or i >= heights.shape[0] or j >= heights.shape[1]:
        return _UNKNOWN
    return heights[i, j]


@jit
def _extent(heights: Any, corner: Any, cell: float, at: Any, way: Any, limit: float) -> float:
    """How far solid goes on from a place in a direction; twice the limit where it does not end before."""
    step, gone = 0.5 * cell, 0.0
    while gone <= limit:
        if _height(heights, corner, cell, at[0] + gone * way[0], at[1] + gone * way[1]) <= at[2]:
            return gone
        gone += step
    return 2.0 * limit


@jit
def _slope(offsets: Any, values: Any, count: int) -> float:
    """Slope of a line through the first points."""
    if count < 2:
        return 0.0
    a, b = 0.0, 0.0
    mean_o, mean_v = 0.0, 0.0
    for k in range(count):
        mean_o += offsets[k] / count
        mean_v += values[k] / count
    for k in range(count):
        a += (offsets[k] - mean_o) * (values[k] - mean_v)
        b += (offsets[k] - mean_o) ** 2
    return a / b


@jit
def _free(heights: Any, corner: Any, cell: float, at: Any, axes: Any, box: Any) -> bool:
    """Whether nothing under a box along the hand's axes, (from, to, half width), is higher than a place."""
    first, last, half = box
    along = first
    while along <= last:
        across = -half
        while across <= half:
            x = at[0] + along * axes[0] - across * axes[1]
            y = at[1] + along * axes[1] + across * axes[0]
            if _height(heights, corner, cell, x, y) > at[2]:
                return False
            across += cell
        along += cell
    return True


@jit
def _measure(
    heights: Any, corner: Any, cell: float, poses: Any, sizes: Any, out: Any, fits: Any
) -> None:
    opening, pad, thick, spare, reach = sizes
    offsets, left, right = np.empty(LINES), np.empty(LINES), np.empty(LINES)
    at = np.empty(3)
    for n in range(poses.shape[0]):
        c, s = np.cos(poses[n, 3]), np.sin(poses[n, 3])
        axes = np.array([c, s])
        count, top = 0, 0.0
        for k in range(LINES):
            across = (k / (LINES - 1.0) - 0.5) * pad
            at[0], at[1] = poses[n, 0] - across * s, poses[n, 1] + across * c
            at[2] = poses[n, 2]
            here = _height(heights, corner, cell, at[0], at[1])
            if here <= at[2]:
                continue
            top = max(top, here)
            offsets[count] = across
            left[count] = _extent(heights, corner, cell, at, -axes, opening)
            right[count] = _extent(heights, corner, cell, at, axes, opening)
            count += 1
        if count == 0:
            continue
        lo, hi = left[:count].max(), right[:count].max()
        width = lo + hi + 2.0 * spare
        if width > opening or top - poses[n, 2] > reach:
            continue
        middle = 0.5 * (hi - lo)
        at[0], at[1], at[2] = poses[n, 0] + middle * c, poses[n, 1] + middle * s, poses[n, 2]
        half, inner = 0.5 * pad, 0.5 * width
        if not _free(heights, corner, cell, at, axes, (inner, inner + thick, half)):
            continue
        if not _free(heights, corner, cell, at, axes, (-inner - thick, -inner, half)):
            continue
        slope_left = np.arctan(_slope(offsets, left, count))
        slope_right = np.arctan(_slope(offsets, right, count))
        if abs(slope_left + slope_right) > _WEDGE:
            continue
        fits[n] = True
        out[n, 0], out[n, 1], out[n, 2] = at[0], at[1], width
        out[n, 3] = lo + hi
        out[n, 4] = slope_left
        out[n, 5] = slope_right
        out[n, 6], out[n, 7], out[n, 8] = count / LINES, top - poses[n, 2], poses[n, 2]
