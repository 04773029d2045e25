"""What a time-of-flight camera makes of true depth and colour, compiled: each fault a function of a pixel, all in one pass.

`robolab.sensors.depth_faults` says where the figures come from, and draws the random numbers that go in.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from robolab.core.compiled import inlined, jit

_DIM_SPREAD = 0.33
"""By how much the limit of light differs from pixel to pixel."""
_SHINY = 0.3
"""Share of mirrored light from which a face can dazzle."""
_LEAST_RETURNED = 0.01
"""Noise grows no further below."""


@jit
def spoil(
    depth: Any, colour: Any, gloss: Any, lens: Any, limits: Any, draws: Any, out: Any
) -> None:
    """Write depth as a camera gives it.

    Args:
        depth: The truth, 0 where nothing is, shape (h, w), float32 [m].
        colour: Under usual light, shape (h, w, 3), uint8: dark faces send little light back.
        gloss: Share of the light that is mirrored, shape (h, w), float32.
        lens: fx, fy, cx, cy [pixels].
        limits: Reference distance [m], standard deviation of noise there [m], share of light below which there is no
            depth, step of depth beside which there is none [m], cosine beyond which a shiny face dazzles.
        draws: Standard normal, of noise and of the limit of light, shape (2, h, w).
        out: Shape (h, w), float32.
    """
    fx, fy, cx, cy = lens
    reference, std, dimmest, step, mirrored = limits
    inverse = np.empty_like(depth)
    for i in range(depth.shape[0]):
        for j in range(depth.shape[1]):
            inverse[i, j] = 1.0 / depth[i, j] if depth[i, j] > 0.0 else 0.0
    for i in range(depth.shape[0]):
        for j in range(depth.shape[1]):
            z = depth[i, j]
            out[i, j] = 0.0
            if z <= 0.0 or beside_step(depth, i, j, step):
                continue
            cosine = cosine_at(inverse, i, j, (j - cx) / fx, (i - cy) / fy, fx, fy)
            if gloss[i, j] > _SHINY and cosine > mirrored:
                continue
            brightest = max(colour[i, j, 0], colour[i, j, 1], colour[i, j, 2])
            light = returned_light(z, albedo_of(brightest), gloss[i, j], cosine, reference)
            if light < dimmest * (1.0 + _DIM_SPREAD * draws[1, i, j]):
                continue
            out[i, j] = z + std / np.sqrt(max(light, _LEAST_RETURNED)) * draws[0, i, j]


@inlined
def albedo_of(value: Any) -> Any:
    """Share of light that is sent back by what a screen shows so bright, 0 to 255.

    What screens show is about the root of the light that comes back; no ink is wholly black.
    """
    share = value / 255.0
    return 0.03 + 0.85 * share * share


@inlined
def returned_light(z: Any, albedo: Any, gloss: Any, cosine: Any, reference: Any) -> Any:
    """The camera's own light that comes back, in shares of that from a white face at the reference distance.

    A mirroring face sends most of its share elsewhere.
    """
    distance = z / reference
    return albedo * (1.0 - 0.8 * gloss) * cosine / (distance * distance)


@inlined
def beside_step(depth: Any, i: int, j: int, step: float) -> Any:
    """Whether depth differs by more than a step from that of one of the four neighbours; never where the step is 0."""
    z, last, end = depth[i, j], depth.shape[0] - 1, depth.shape[1] - 1
    off = abs(depth[i - 1, j] - z) if i > 0 else 0.0
    off = max(off, abs(depth[i + 1, j] - z)) if i < last else off
    off = max(off, abs(depth[i, j - 1] - z)) if j > 0 else off
    off = max(off, abs(depth[i, j + 1] - z)) if j < end else off
    return step > 0.0 and off > step


@inlined
def cosine_at(inverse: Any, i: int, j: int, x: float, y: float, fx: float, fy: float) -> Any:
    """Cosine between a pixel's ray (x, y, 1) and the surface that it sees.

    A plane n.P = d is linear in 1/z: n/d = (fx d(1/z)/du, fy d(1/z)/dv, what is left of 1/z).

    Args:
        inverse: 1/z, 0 where nothing is, shape (h, w) [1/m].
    """
    up, down = max(i - 1, 0), min(i + 1, inverse.shape[0] - 1)
    left, right = max(j - 1, 0), min(j + 1, inverse.shape[1] - 1)
    here = inverse[i, j]
    a = fx * (inverse[i, right] - inverse[i, left]) / max(right - left, 1)
    b = fy * (inverse[down, j] - inverse[up, j]) / max(down - up, 1)
    c = here - a * x - b * y
    across = np.sqrt((a * a + b * b + c * c) * (x * x + y * y + 1.0))
    return min(here / across, 1.0) if across > 0.0 else 1.0


@jit
def expose(colour: Any, gain: float, grain: float, draws: Any, out: Any) -> None:
    """Write a colour image with gain and the noise of counted photons.

    Args:
        colour: Shape (h, w, 3), uint8.
        gain: What values are multiplied by.
        grain: Of the noise's variance, to each step of value.
        draws: Standard normal, shape (h, w).
        out: Shape (h, w, 3), uint8.
    """
    for i in range(colour.shape[0]):
        for j in range(colour.shape[1]):
            draw = draws[i, j]
            for k in range(3):
                seen = colour[i, j, k] * gain
                seen += np.sqrt(grain * seen) * draw
                out[i, j, k] = np.uint8(min(max(seen, 0.0), 255.0))
