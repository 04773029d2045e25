"""Regions between borders, and the flat rectangles that they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import ndimage

from robolab.core.transforms import Array
from robolab.kernels.regions import fit_planes, fit_rectangles

Depth = Literal["measured", "level", "none"]
"""What is known of a face's depth: its plane, its height alone, nothing."""


@dataclass(frozen=True)
class Attempt:
    """One way to cut a frame into regions.

    Attributes:
        level: Chance from which a pixel is taken for a border.
        over: How far beyond a region's rim its face ends, in pixels of half the size.
        last: Steps and creases of depth cut, too, and what comes out need not be whole.
    """

    level: float
    over: float
    last: bool = False


LEARNED = (
    Attempt(0.3, 1.5),
    Attempt(0.15, 1.7),
    Attempt(0.07, 1.9),
    Attempt(0.07, 1.9, last=True),
)
"""Where the borders' chances come from a network: the plainest first."""
BY_DEPTH = (Attempt(1.0, 2.8, last=True),)
"""Where geometry alone draws the borders."""
_WHOLE_FILL, _WHOLE_SEAM = 0.95, 0.14
"""A region that fills its rectangle so far, with no stronger seam, is one face."""
_LEAST_FILL = 0.8
_SHORTEST, _LONGEST = 0.08, 1.0
"""Sides of a face [m]."""
_LEAST_COS = 0.26
"""Between a face's normal and the way to the camera: within 75 degrees."""
_FEWEST_KNOWN, _LEAST_KNOWN = 40, 0.15
"""Pixels of a region, and share of them, that must know their depth."""
_ROUGHEST = 0.012
"""Deviation from its plane beyond which a region is not flat [m]."""
_FEWEST_LEVEL, _LEVEL_SPREAD = 12, 0.006
"""Pixels that must know their depth, and how far they may be off one height [m], for a face that is taken for level."""
_LEVEL_TILT = float(np.radians(1.0))
"""By how much a face that is taken for level may lean, standard deviation [rad]."""
_BELIEVED: dict[Depth, float] = {"measured": 1.0, "level": 0.7, "none": 0.6}
"""Share of its confidence that a face keeps by what is known of its depth."""


@dataclass(frozen=True)
class Borders:
    """What tells regions apart, at half the size, the rays of its pixels, and where up is for the camera, shape (3,)."""

    edges: np.ndarray
    case: np.ndarray
    broken: np.ndarray
    inverse: np.ndarray
    x: Array
    y: Array
    up: Array


@dataclass(frozen=True)
class Flat:
    """A rectangle in the camera's frame: corners (4, 3) [m], its confidence and the fit's deviations [m, rad].

    Where nothing is known of its depth, its corners are those of a level one, right but for one factor.
    """

    corners: Array
    confidence: float
    std: float
    tilt: float
    depth: Depth = "measured"


def flat_faces(borders: Borders, learned: bool) -> list[Flat]:
    """Return the faces of a frame: regions from plain borders to faint ones, each pixel at most once.

    Args:
        learned: Whether the borders' chances come from a network.
    """
    free = borders.case > 0.5
    found: list[Flat] = []
    for attempt in LEARNED if learned else BY_DEPTH:
        inside = free & (borders.edges < attempt.level)
        labels, count = ndimage.label(inside & ~borders.broken if attempt.last else inside)
        fitted = _fitted(labels, int(count), borders, attempt)
        found += [face for _, face in fitted]
        free &= ~np.isin(labels, [k for k, _ in fitted])
    return found


def _fitted(
    labels: np.ndarray, count: int, borders: Borders, attempt: Attempt
) -> list[tuple[int, Flat]]:
    """Return the regions that are faces, by their numbers."""
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    kept = np.flatnonzero(sizes >= _FEWEST_KNOWN)
    if len(kept) == 0:
        return []
    renumber = np.zeros(count + 1, dtype=np.int32)
    renumber[kept] = np.arange(1, len(kept) + 1)
    regions = renumber[labels]
    planes = fit_planes(regions, len(kept), borders.inverse, borders.x, borders.y)
    known = _known(planes, sizes[kept])
    for k in np.flatnonzero(known != "measured"):
        planes[k], known[k] = _level(regions == k + 1, borders)
    axes = np.array([_axes(plane[:3]) for plane in planes])
    boxes = fit_rectangles(regions, planes, axes, borders.x, borders.y, borders.edges)
    found: list[tuple[int, Flat]] = []
    for k, plane, axis, box, depth in zip(kept, planes, axes, boxes, known, strict=True):
        over = attempt.over * (borders.x[1] - borders.x[0])
        face = _face(plane, axis, box, over, attempt.last, depth)
        if face is not None:
            found.append((int(k), face))
    return found


def _known(planes: Array, sizes: np.ndarray) -> np.ndarray:
    """Say of each region whether its plane is measured."""
    enough = (planes[:, 3] >= _FEWEST_KNOWN) & (planes[:, 3] >= _LEAST_KNOWN * sizes)
    return np.where(enough, "measured", "none").astype(object)


def _level(region: np.ndarray, borders: Borders) -> tuple[Array, Depth]:
    """Return a level plane through what little depth a region has, as `fit_planes` would; at any height if there is none.

    Shiny faces dazzle a camera that they look at, dark ones send no light back; what is left is a strip at most, which
    tells a height but no slope.
    """
    rows, columns = np.nonzero(region & (borders.inverse > 0.0))
    rays = np.stack([borders.x[columns], borders.y[rows], np.ones(len(rows))], axis=1)
    heights = rays @ borders.up / borders.inverse[rows, columns]
    height = float(np.median(heights)) if len(rows) else 0.0
    spread = float(np.median(np.abs(heights - height))) if len(rows) else np.inf
    if len(rows) < _FEWEST_LEVEL or spread > _LEVEL_SPREAD or height >= 0.0:
        return np.array([*(-borders.up), 0.0, 0.0]), "none"
    return np.array([*(borders.up / height), len(rows), 1.5 * spread]), "level"


def _axes(plane: Array) -> Array:
    """Two unit vectors on a plane, shape (2, 3)."""
    normal = plane / float(np.linalg.norm(plane) + 1e-12)
    first = np.array([1.0, 0.0, 0.0]) - normal[0] * normal
    first /= float(np.linalg.norm(first) + 1e-12)
    return np.array([first, np.cross(normal, first)], dtype=float)


def _face(
    plane: Array, axes: Array, box: Array, over: float, last: bool, depth: Depth
) -> Flat | None:
    """Return the face of a region, or None where it is none, or may yet be cut into several."""
    angle, low, high, fill, seam, pixels = box[0], box[1:3], box[3:5], box[5], box[6], box[7]
    size = float(np.linalg.norm(plane[:3]))
    off = over / max(size * (plane[:3] / max(size, 1e-9))[2], 1e-3)
    low, high = low - off, high + off
    sides = high - low
    grown = float(np.prod(sides) / max(np.prod(box[3:5] - box[1:3]), 1e-9))
    whole = fill > _WHOLE_FILL and seam < _WHOLE_SEAM
    cos = _facing(plane, axes, (low + high) / 2.0, angle)
    if not (whole or last) or fill < _LEAST_FILL or cos < _LEAST_COS or grown > 3.0:
        return None
    if depth != "none" and (plane[4] > _ROUGHEST or not sized(sides)):
        return None
    sure = min(fill, 1.0) * (1.0 - seam) * _BELIEVED[depth]
    corners = _corners(plane, axes, low, high, angle)
    if depth == "none":
        return Flat(corners, float(sure), np.inf, _LEVEL_TILT, depth)
    if depth == "level":
        std = float(np.hypot(plane[4], _LEVEL_TILT * sides.max() / 2.0))
        return Flat(corners, float(sure), std, _LEVEL_TILT, depth)
    sure *= min(1.0, 2.0 * plane[3] / max(pixels, 1.0)) * (1.0 - plane[4] / _ROUGHEST / 2.0)
    std = float(plane[4] / np.sqrt(plane[3]))
    return Flat(corners, float(sure), std, float(std * np.sqrt(12.0) / sides.min()))


def sized(sides: Array) -> bool:
    """Whether a rectangle with such sides can be a case's face."""
    return bool(sides.min() >= _SHORTEST and sides.max() <= _LONGEST)


def _corners(plane: Array, axes: Array, low: Array, high: Array, angle: float) -> Array:
    """Corners of a rectangle on a plane, in order round it, shape (4, 3) [m]."""
    size = float(np.linalg.norm(plane[:3]))
    u = np.array([low[0], high[0], high[0], low[0]])
    v = np.array([low[1], low[1], high[1], high[1]])
    cos, sin = np.cos(angle), np.sin(angle)
    on_plane = np.outer(cos * u - sin * v, axes[0]) + np.outer(sin * u + cos * v, axes[1])
    return on_plane + plane[:3] / size**2


def _facing(plane: Array, axes: Array, middle: Array, angle: float) -> float:
    """Cosine between a face's normal and the way from its middle to the camera."""
    at = _corners(plane, axes, middle, middle, angle)[0]
    return float(1.0 / (np.linalg.norm(plane[:3]) * np.linalg.norm(at)))
