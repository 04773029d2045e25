"""What spoils the depth of a time-of-flight camera, as small functions that are put one after the other.

Published figures behind them, for industrial cameras of 640 x 480 pixels:
- Basler, blaze-101, "Accuracy and Precision" and "Daylight Robustness" (docs.baslerweb.com): systematic error of at
  most 5 mm on a white target; noise seven times that in the dark at the strongest ambient light that still gives images.
- LUCID, Helios2, "Camera Features": pixels beside a step of more than 20 mm are struck out (flying pixel filter).
- Tölgyessy et al. (2021), "Evaluation of the Azure Kinect", Sensors 21(2), 413: standard deviation of at most 17 mm up
  to 3.5 m; dark and mirroring materials give no depth, and noise grows with distance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from robolab.core.transforms import Array, pose_rpy
from robolab.scene.base import NotNegative, Positive, Spec

Float32 = NDArray[np.float32]
STEP = 0.020
"""Beside a step of more, a pixel is struck out [m]."""
_BRIGHT_NOISE = 6.0
"""By how many times of itself noise grows when light is at its strongest."""
BRIGHTEST = 10.0
"""Light at which noise was measured to be so, in times of a hall's usual light."""
_LONGER, _MOST_GAIN = 4.0, 8.0
"""By how much exposure may grow in the dark, and then gain."""
_MIRRORED_COS = 0.985
"""A shiny face that looks this straight at the camera dazzles it: within 10 degrees."""


class DepthFaults(Spec):
    """A depth camera's faults, as a scene states them.

    Attributes:
        noise: Standard deviation on a white face that looks at the camera, `reference` away, in the dark [m].
        reference: [m].
        dimmest: Share of the light of that face below which a pixel has no depth.
        step: Beside a step of more, a pixel has no depth [m]; 0 keeps all.
        mount_mm, mount_deg: Standard deviation of what calibration leaves of the mount's error.
        shake_mm, shake_deg: Standard deviation of the camera's motion from frame to frame.
        light: Ambient light in times of a hall's usual light.
    """

    noise: NotNegative = 0.002
    reference: Positive = 2.0
    dimmest: NotNegative = 0.05
    step: NotNegative = STEP
    mount_mm: NotNegative = 1.0
    mount_deg: NotNegative = 0.05
    shake_mm: NotNegative = 0.0
    shake_deg: NotNegative = 0.0
    light: Positive = 1.0


def returned_light(
    depth: Float32, albedo: Float32, gloss: Float32, cosine: Float32, reference: float
) -> Float32:
    """Return the camera's own light that comes back, in shares of that from a white face `reference` away.

    All of shape (h, w); a mirroring face sends its share elsewhere.

    Args:
        cosine: Between a pixel's ray and the face that it sees.
    """
    distance = np.maximum(depth, np.float32(1e-3)) / np.float32(reference)
    kept = np.float32(1.0) - np.float32(0.8) * gloss
    return np.asarray(albedo * kept * cosine / (distance * distance), dtype=np.float32)


def with_noise(
    depth: Float32, returned: Float32, faults: DepthFaults, rng: np.random.Generator
) -> Float32:
    """Add noise that grows as less light comes back and as there is more of other light."""
    bright = 1.0 + _BRIGHT_NOISE * min(faults.light / BRIGHTEST, 1.0)
    std = np.float32(faults.noise * bright) / np.sqrt(np.maximum(returned, 0.01))
    noise = rng.standard_normal(depth.shape, dtype=np.float32)
    return np.where(depth > 0.0, depth + std * noise, depth)


def without_dim(
    depth: Float32, returned: Float32, faults: DepthFaults, rng: np.random.Generator
) -> Float32:
    """Strike out what sends too little light back: dark faces, far ones, and those seen along their surface.

    Where the limit lies differs from pixel to pixel by a third.
    """
    limit = 1.0 + 0.33 * rng.standard_normal(depth.shape, dtype=np.float32)
    return np.where(returned < np.float32(faults.dimmest) * limit, np.float32(0.0), depth)


def without_dazzling(depth: Float32, gloss: Float32, cosine: Float32) -> Float32:
    """Strike out where a shiny face mirrors the camera's own light into it."""
    return np.where((gloss > 0.3) & (cosine > _MIRRORED_COS), np.float32(0.0), depth)


def without_edges(depth: Float32, step: float) -> Float32:
    """Strike out pixels beside a step of depth."""
    if step <= 0.0:
        return depth
    out = depth.copy()
    down = np.abs(np.diff(depth, axis=0)) > step
    across = np.abs(np.diff(depth, axis=1)) > step
    out[1:][down] = 0.0
    out[:-1][down] = 0.0
    out[:, 1:][across] = 0.0
    out[:, :-1][across] = 0.0
    return out


def jolt(rng: np.random.Generator, std_mm: float, std_deg: float) -> Array:
    """Draw a small motion: of a mount as it was calibrated, or of a camera that shakes, shape (4, 4)."""
    shift = 1e-3 * std_mm * rng.standard_normal(3)
    return pose_rpy(shift, np.radians(std_deg) * rng.standard_normal(3))


def cosine_of(depth: Float32, intrinsics: Array) -> Float32:
    """Return the cosine between each pixel's ray and the surface that it sees, shape (h, w); 1 at borders.

    Args:
        depth: Without noise, shape (h, w) [m].
        intrinsics: Shape (3, 3) [pixels].
    """
    fx, fy, cx, cy = intrinsics[0, 0], intrinsics[1, 1], intrinsics[0, 2], intrinsics[1, 2]
    inverse = np.where(depth > 0.0, np.float32(1.0) / np.maximum(depth, 1e-6), np.float32(0.0))
    # A plane n.P = d is linear in 1/z: n/d = (fx d(1/z)/du, fy d(1/z)/dv, what is left of 1/z).
    a = np.float32(fx) * np.gradient(inverse, axis=1)
    b = np.float32(fy) * np.gradient(inverse, axis=0)
    x = (np.arange(depth.shape[1], dtype=np.float32) - np.float32(cx)) / np.float32(fx)
    y = ((np.arange(depth.shape[0], dtype=np.float32) - np.float32(cy)) / np.float32(fy))[:, None]
    c = inverse - a * x - b * y
    across = np.sqrt((a * a + b * b + c * c) * (x * x + y * y + 1.0))
    return np.where(across > 0.0, np.minimum(inverse / np.maximum(across, 1e-9), 1.0), 1.0)


def exposed(colour: np.ndarray, light: float, noise: float, rng: np.random.Generator) -> np.ndarray:
    """Return a colour image taken under a light, with automatic exposure.

    A shorter exposure makes up for any more of light; a longer one, because things move, for four times less, and what
    then lacks is made up for by gain, up to eight times. Noise grows with the root of what is seen (photons are
    counted) and of the gain.

    Args:
        colour: Under a hall's usual light, shape (h, w, 3), uint8.
        noise: Standard deviation of mid-grey under usual light, of 255 steps.
    """
    lacks = max(1.0 / light / _LONGER, 1.0)
    gain = min(lacks, _MOST_GAIN)
    seen = colour.astype(np.float32) * np.float32(gain / lacks)
    if noise > 0.0:
        grain = rng.standard_normal(colour.shape[:2], dtype=np.float32)[..., None]
        seen = seen + np.float32(noise) * np.sqrt(np.float32(gain / 128.0) * seen) * grain
    return np.clip(seen, 0.0, 255.0).astype(np.uint8)


def spoiled(
    depth: Float32,
    colour: np.ndarray,
    gloss: Float32,
    intrinsics: Array,
    faults: DepthFaults,
    rng: np.random.Generator,
) -> Float32:
    """Put all faults of one frame's depth together.

    Args:
        depth: The truth, 0 where nothing is, shape (h, w) [m].
        colour: Under usual light, shape (h, w, 3), uint8: dark faces send little light back.
        gloss: Share of the light that is mirrored, shape (h, w).
    """
    cosine = cosine_of(depth, intrinsics)
    # What screens show is about the root of the light that comes back; no ink is wholly black.
    albedo = np.float32(0.03) + np.float32(0.85) * (colour.max(axis=2) / np.float32(255.0)) ** 2
    returned = returned_light(depth, albedo, gloss, cosine, faults.reference)
    out = with_noise(without_edges(depth, faults.step), returned, faults, rng)
    out = np.where(depth > 0.0, out, np.float32(0.0))
    return without_dazzling(without_dim(out, returned, faults, rng), gloss, cosine)
