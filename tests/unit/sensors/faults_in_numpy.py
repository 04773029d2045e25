"""A depth camera's faults written once more, plainly and by whole arrays: what the compiled ones are held against."""

from __future__ import annotations

import numpy as np

from robolab.sensors.depth_faults import DepthFaults


def cosine_of(depth: np.ndarray, intrinsics: np.ndarray) -> np.ndarray:
    """Cosine between each pixel's ray and the surface that it sees, from the gradient of 1/z."""
    fx, fy, cx, cy = intrinsics[0, 0], intrinsics[1, 1], intrinsics[0, 2], intrinsics[1, 2]
    inverse = np.where(depth > 0.0, 1.0 / np.maximum(depth, 1e-6), 0.0)
    a, b = fx * np.gradient(inverse, axis=1), fy * np.gradient(inverse, axis=0)
    x = (np.arange(depth.shape[1]) - cx) / fx
    y = ((np.arange(depth.shape[0]) - cy) / fy)[:, None]
    c = inverse - a * x - b * y
    across = np.sqrt((a * a + b * b + c * c) * (x * x + y * y + 1.0))
    return np.where(across > 0.0, np.minimum(inverse / np.maximum(across, 1e-9), 1.0), 1.0)


def spoiled(
    depth: np.ndarray,
    colour: np.ndarray,
    gloss: np.ndarray,
    intrinsics: np.ndarray,
    faults: DepthFaults,
    rng: np.random.Generator,
) -> np.ndarray:
    """See `robolab.sensors.depth_faults.spoiled`."""
    noise = rng.standard_normal(depth.shape, dtype=np.float32)
    limit = 1.0 + 0.33 * rng.standard_normal(depth.shape, dtype=np.float32)
    cosine = cosine_of(depth, intrinsics)
    albedo = 0.03 + 0.85 * (colour.max(axis=2) / 255.0) ** 2
    distance = np.maximum(depth, 1e-3) / faults.reference
    light = albedo * (1.0 - 0.8 * gloss) * cosine / distance**2
    bright = 1.0 + 6.0 * min(faults.light / 10.0, 1.0)
    out = depth + faults.noise * bright / np.sqrt(np.maximum(light, 0.01)) * noise
    lost = (depth <= 0.0) | (light < faults.dimmest * limit) | ((gloss > 0.3) & (cosine > 0.985))
    if faults.step > 0.0:
        down = np.abs(np.diff(depth, axis=0)) > faults.step
        across = np.abs(np.diff(depth, axis=1)) > faults.step
        lost[1:] |= down
        lost[:-1] |= down
        lost[:, 1:] |= across
        lost[:, :-1] |= across
    return np.where(lost, 0.0, out).astype(np.float32)


def exposed(colour: np.ndarray, light: float, noise: float, rng: np.random.Generator) -> np.ndarray:
    """See `robolab.sensors.depth_faults.exposed`."""
    lacks = max(1.0 / light / 4.0, 1.0)
    gain = min(lacks, 8.0)
    seen = colour * (gain / lacks)
    grain = rng.standard_normal(colour.shape[:2], dtype=np.float32)[..., None]
    seen = seen + noise * np.sqrt(gain / 128.0 * seen) * grain
    return np.clip(seen, 0.0, 255.0).astype(np.uint8)
