"""Regions between borders, and the flat rectangles that they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from robolab.core.transforms import Array
from robolab.kernels.regions import fit_planes, fit_rectangles

LEVELS = (0.5, 0.3, 0.15)
"""Chances from which a pixel is taken for a border, the plainest first."""
_OVER_EDGE = (1.0, 1.25, 1.5)
"""How far beyond a region's rim its face ends, by level, in pixels of half the size."""
_OVER_BREAK = 2.0
"""The same where geometry alone drew the border."""
_WHOLE_FILL, _WHOLE_SEAM = 0.85, 0.2
"""A region that fills its rectangle so far, with no stronger seam, is one face."""
_LEAST_FILL = 0.6
_SHORTEST, _LONGEST = 0.08, 1.0
"""Sides of a face [m]."""
_LEAST_COS = 0.26
"""Between a face's normal and the way to the camera: within 75 degrees."""
_FEWEST_KNOWN, _LEAST_KNOWN = 40, 0.15
"""Pixels of a region, and share of them, that must know their depth."""
_ROUGHEST = 0.012
"""Deviation from its plane beyond which a region is not flat [m]."""


@dataclass(frozen=True)
class Borders:
    """What tells regions apart, at half the size, and the rays of its pixels."""

    edges: np.ndarray
    case: np.ndarray
    broken: np.ndarray
    inverse: np.ndarray
    x: Array
    y: Array


@dataclass(frozen=True)
class Flat:
    """A rectangle in the camera's frame: corners (4, 3) [m], its confidence and the fit's deviations [m, rad]."""

    corners: Array
    confidence: float
    std: float
    tilt: float


def flat_faces(borders: Borders, learned: bool) -> list[Flat]:
    """Return the faces of a frame: regions from plain borders to faint ones, each pixel at most once.

    Args:
        learned: Whether the borders' chances come from a network.
    """
    free = borders.case > 0.5
    levels = list(zip(LEVELS, _OVER_EDGE, strict=True)) if learned else [(1.0, _OVER_BREAK)]
    found: list[Flat] = []
    for number, (level, over) in enumerate(levels):
        last = number == len(levels) - 1
        inside = free & (borders.edges < level)
        labels, count = ndimage.label(inside & ~borders.broken if last else inside)
        for k, face in _fitted(labels, int(count), borders, over, last):
            found.append(face)
            free &= labels != k
    return found


def _fitted(
    labels: np.ndarray, count: int, borders: Borders, over: float, last: bool
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
    axes = np.array([_axes(plane[:3]) for plane in planes])
    boxes = fit_rectangles(regions, planes, axes, borders.x, borders.y, borders.edges)
    found: list[tuple[int, Flat]] = []
    for k, plane, axis, box in zip(kept, planes, axes, boxes, strict=True):
        face = _face(plane, axis, box, over * (borders.x[1] - borders.x[0]), last)
        if face is not None:
            found.append((int(k), face))
    return found


def _axes(plane: Array) -> Array:
    """Two unit vectors on a plane, shape (2, 3)."""
    normal = plane / float(np.linalg.norm(plane) + 1e-12)
    first = np.array([1.0, 0.0, 0.0]) - normal[0] * normal
    first /= float(np.linalg.norm(first) + 1e-12)
    return np.array([first, np.cross(normal, first)], dtype=float)


def _face(plane: Array, axes: Array, box: Array, over: float, last: bool) -> Flat | None:
    """Return the face of a region, or None where it is none, or may yet be cut into several."""
    angle, low, high, fill, seam, pixels = box[0], box[1:3], box[3:5], box[5], box[6], box[7]
    size = float(np.linalg.norm(plane[:3]))
    normal = plane[:3] / max(size, 1e-9)
    depth = 1.0 / max(size * normal[2], 1e-3)
    low, high = low - over * depth, high + over * depth
    sides = high - low
    grown = float(np.prod(sides) / max(np.prod(box[3:5] - box[1:3]), 1e-9))
    whole = fill > _WHOLE_FILL and seam < _WHOLE_SEAM
    known = plane[3] / max(pixels, 1.0)
    if not (whole or last) or plane[3] < _FEWEST_KNOWN or known < _LEAST_KNOWN:
        return None
    cos = _facing(plane, axes, (low + high) / 2.0, angle)
    flat = plane[4] < _ROUGHEST and fill > _LEAST_FILL and cos > _LEAST_COS
    if not flat or sides.min() < _SHORTEST or sides.max() > _LONGEST or grown > 3.0:
        return None
    confidence = (
        min(fill, 1.0) * (1.0 - seam) * min(1.0, 2.0 * known) * (1.0 - plane[4] / _ROUGHEST / 2.0)
    )
    std = float(plane[4] / np.sqrt(plane[3]))
    tilt = float(std * np.sqrt(12.0) / sides.min())
    return Flat(_corners(plane, axes, low, high, angle), float(confidence), std, tilt)


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
