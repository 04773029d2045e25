"""What spoils the depth of a time-of-flight camera; the pixels' share is compiled, in `robolab.kernels.faults`.

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
from robolab.kernels.faults import expose, spoil
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


def jolt(rng: np.random.Generator, std_mm: float, std_deg: float) -> Array:
    """Draw a small motion: of a mount as it was calibrated, or of a camera that shakes, shape (4, 4)."""
    shift = 1e-3 * std_mm * rng.standard_normal(3)
    return pose_rpy(shift, np.radians(std_deg) * rng.standard_normal(3))


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
    shape = colour.shape[:2]
    draws = np.zeros(shape, np.float32) if noise == 0.0 else rng.standard_normal(shape, np.float32)
    out = np.empty_like(colour)
    expose(colour, gain / lacks, noise * noise * gain / 128.0, draws, out)
    return out


def spoiled(
    depth: Float32,
    colour: np.ndarray,
    gloss: Float32,
    intrinsics: Array,
    faults: DepthFaults,
    rng: np.random.Generator,
) -> Float32:
    """Put all faults of one frame's depth together.

    - Pixels beside a step have no depth.
    - Noise grows as less of the camera's own light comes back and as there is more of other light.
    - What sends too little light back has no depth: dark faces, far ones, and those seen along their surface. Where the
      limit lies differs from pixel to pixel by a third.
    - A shiny face that looks straight at the camera mirrors its light into it, and has no depth.

    Args:
        depth: The truth, 0 where nothing is, shape (h, w) [m].
        colour: Under usual light, shape (h, w, 3), uint8: dark faces send little light back.
        gloss: Share of the light that is mirrored, shape (h, w).
        intrinsics: Shape (3, 3) [pixels].
    """
    bright = 1.0 + _BRIGHT_NOISE * min(faults.light / BRIGHTEST, 1.0)
    std = faults.noise * bright
    limits = (faults.reference, std, faults.dimmest, faults.step, _MIRRORED_COS)
    lens = (intrinsics[0, 0], intrinsics[1, 1], intrinsics[0, 2], intrinsics[1, 2])
    draws = rng.standard_normal((2, *depth.shape), dtype=np.float32)
    out = np.empty(depth.shape, dtype=np.float32)
    spoil(depth, colour, gloss, lens, limits, draws, out)
    return out
