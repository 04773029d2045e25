"""Planes and rectangles through the regions of a depth image, compiled.

Rays are (x, y, 1) in the camera's frame; on a plane, 1/z = a x + b y + c, linear in the ray.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from robolab.core.compiled import jit

Float64 = NDArray[np.float64]
_ROUNDS = 4
"""Of least squares, each with less weight on what lay off the plane before."""
_OFF = 0.008
"""What lies further off a plane than this hardly counts [m]."""
_STRIPS = 64
"""Into which a rectangle is cut to look for seams, along each of its axes."""
_RIM = 0.15
"""Share of a rectangle next to each side in which the border, and no seam, is looked for."""


@jit
def fit_planes(labels: Any, count: int, inverse: Any, x: Any, y: Any) -> Any:
    """Fit a plane to each region by least squares with Cauchy's weights.

    Args:
        labels: Number of each pixel's region, from 1; 0 for none, shape (h, w), int32.
        inverse: 1/z, shape (h, w) [1/m]; 0 where unknown.
        x, y: Rays, shapes (w,) and (h,).
    Returns:
        a, b, c; how many pixels know their depth; their weighted deviation along the axis [m]: shape (count, 5).
    """
    out = np.zeros((count, 5))
    sums = np.zeros((count, 10))
    for turn in range(_ROUNDS):
        sums[:] = 0.0
        for i in range(labels.shape[0]):
            for j in range(labels.shape[1]):
                k = labels[i, j] - 1
                w = np.float64(inverse[i, j])
                if k < 0 or w <= 0.0:
                    continue
                weight = 1.0
                if turn > 0:
                    off = 1.0 / w - 1.0 / max(out[k, 0] * x[j] + out[k, 1] * y[i] + out[k, 2], 1e-3)
                    weight = 1.0 / (1.0 + (off / _OFF) ** 2)
                    sums[k, 9] += weight * off * off
                u, v = x[j], y[i]
                row = (u * u, u * v, u, v * v, v, 1.0, u * w, v * w, w)
                for n in range(9):
                    sums[k, n] += weight * row[n]
        for k in range(count):
            _solve(sums[k], out[k])
            if turn == 0:
                out[k, 3] = sums[k, 5]
            out[k, 4] = np.sqrt(sums[k, 9] / max(sums[k, 5], 1e-9))
    return out


@jit
def _solve(s: Any, out: Any) -> None:
    """Solve the three normal equations by Cramer's rule, a little damped."""
    damp = 1e-9 * (s[5] + 1e-12)
    a, b, c, d, e, f = s[0] + damp, s[1], s[2], s[3] + damp, s[4], s[5] + damp
    p, q, r = s[6], s[7], s[8]
    det = a * (d * f - e * e) - b * (b * f - c * e) + c * (b * e - c * d)
    if abs(det) < 1e-30:
        out[0], out[1], out[2] = 0.0, 0.0, r / max(f, 1e-12)
        return
    out[0] = (p * (d * f - e * e) - b * (q * f - r * e) + c * (q * e - r * d)) / det
    out[1] = (a * (q * f - r * e) - p * (b * f - c * e) + c * (b * r - q * c)) / det
    out[2] = (a * (d * r - e * q) - b * (b * r - q * c) + p * (b * e - c * d)) / det


@jit
def fit_rectangles(labels: Any, planes: Any, axes: Any, x: Any, y: Any, edges: Any) -> Any:
    """Fit a rectangle to each region on its plane.

    Args:
        planes: As `fit_planes` gives them. axes: Two unit vectors on each plane, shape (count, 2, 3).
        edges: Chance that a pixel is on a face's border, shape (h, w).
    Returns:
        By region, shape (count, 8): angle from the first axis [rad]; low and high along the turned axes (x low,
        y low, x high, y high) [m]; share of the rectangle that is filled; the strongest seam across it, as the mean
        chance along a strip; pixels.
    """
    count = planes.shape[0]
    out = np.zeros((count, 8))
    starts = np.zeros(count + 1, dtype=np.int64)
    for i in range(labels.shape[0]):
        for j in range(labels.shape[1]):
            if labels[i, j] > 0:
                starts[labels[i, j]] += 1
    for k in range(count):
        starts[k + 1] += starts[k]
    spots = np.empty((starts[count], 4))
    filled = starts[:-1].copy()
    for i in range(labels.shape[0]):
        for j in range(labels.shape[1]):
            k = labels[i, j] - 1
            if k >= 0:
                _spot(i, j, k, labels, planes, axes, x, y, spots[filled[k]])
                filled[k] += 1
                spots[filled[k] - 1, 3] = edges[i, j] if spots[filled[k] - 1, 3] == 0.0 else -1.0
    for k in range(count):
        _rectangle(spots[starts[k] : starts[k + 1]], out[k])
    return out


@jit
def _spot(
    i: int, j: int, k: int, labels: Any, planes: Any, axes: Any, x: Any, y: Any, out: Any
) -> None:
    """Write where a pixel lies on its plane, the area that it covers there, and 1 if it is at the region's rim."""
    a, b, c = planes[k, 0], planes[k, 1], planes[k, 2]
    z = 1.0 / max(a * x[j] + b * y[i] + c, 1e-3)
    for n in range(2):
        out[n] = z * (axes[k, n, 0] * x[j] + axes[k, n, 1] * y[i] + axes[k, n, 2])
    # An image element on a plane n.P = d covers z^3 |n| / d of it, and c = n_z / d and so on.
    out[2] = z * z * z * np.sqrt(a * a + b * b + c * c) * (x[1] - x[0]) * (y[1] - y[0])
    own = labels[i, j]
    last, end = labels.shape[0] - 1, labels.shape[1] - 1
    rim = i == 0 or j == 0 or i == last or j == end
    rim = rim or labels[i - 1, j] != own or labels[i + 1, j] != own
    rim = rim or labels[i, j - 1] != own or labels[i, j + 1] != own
    out[3] = 1.0 if rim else 0.0


@jit
def _rectangle(spots: Any, out: Any) -> None:
    """Turn to where the upright box round the rim is smallest, then put each side where its rim is in the median."""
    rim = spots[spots[:, 3] < 0.0]
    best, angle = 1e30, 0.0
    for step in range(30):
        trial = step * np.pi / 60.0
        area = _box_area(rim, trial)
        if area < best:
            best, angle = area, trial
    middle = angle
    for step in range(-12, 13):
        trial = middle + step * np.pi / 60.0 / 12.0
        area = _box_area(rim, trial)
        if area < best:
            best, angle = area, trial
    cosine, sine = np.cos(angle), np.sin(angle)
    u = cosine * rim[:, 0] + sine * rim[:, 1]
    v = cosine * rim[:, 1] - sine * rim[:, 0]
    out[0] = angle
    out[1], out[3] = _sides(u, v)
    out[2], out[4] = _sides(v, u)
    width, height = max(out[3] - out[1], 1e-6), max(out[4] - out[2], 1e-6)
    out[5] = spots[:, 2].sum() / (width * height)
    u = (cosine * spots[:, 0] + sine * spots[:, 1] - out[1]) / width
    v = (cosine * spots[:, 1] - sine * spots[:, 0] - out[2]) / height
    out[6] = max(_seam(u, v, spots[:, 3], width), _seam(v, u, spots[:, 3], height))
    out[7] = spots.shape[0]


@jit
def _box_area(rim: Any, angle: float) -> float:
    cosine, sine = np.cos(angle), np.sin(angle)
    u = cosine * rim[:, 0] + sine * rim[:, 1]
    v = cosine * rim[:, 1] - sine * rim[:, 0]
    return (u.max() - u.min()) * (v.max() - v.min())


@jit
def _sides(u: Any, v: Any) -> Any:
    """Medians of the rim's points near the two ends along u, corners left out."""
    low, high = u.min(), u.max()
    band = _RIM * (high - low)
    inner = 0.1 * (v.max() - v.min())
    middle = (v > v.min() + inner) & (v < v.max() - inner)
    near = u[middle & (u < low + band)]
    far = u[middle & (u > high - band)]
    return (
        np.median(near) if near.shape[0] > 0 else low,
        np.median(far) if far.shape[0] > 0 else high,
    )


@jit
def _seam(u: Any, v: Any, edge: Any, length: float) -> float:
    """Return the greatest mean chance of an edge along a strip across u, away from the ends."""
    strips = min(_STRIPS, max(8, int(length / 0.012)))
    total, number = np.zeros(strips), np.zeros(strips)
    for n in range(u.shape[0]):
        if _RIM < u[n] < 1.0 - _RIM and _RIM < v[n] < 1.0 - _RIM and edge[n] >= 0.0:
            strip = int(u[n] * strips)
            total[strip] += edge[n]
            number[strip] += 1.0
    best = 0.0
    for strip in range(strips):
        if number[strip] >= 4.0:
            best = max(best, total[strip] / number[strip])
    return best
