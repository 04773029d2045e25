"""How the camera of an optical fingertip sees its gel: three coloured lamps, printed dots, noise and wear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels import compiled_gel
from robolab.sensors.gel import Gel

_AZIMUTHS_DEG = (-90.0, 30.0, 150.0)
"""Of the red, the green and the blue lamp about the gel's middle."""
_ASIDE, _BEHIND = 20e-3, 8e-3
"""Of each lamp from the gel's middle, along the surface and behind it [m]."""
_CROSSTALK = 0.12
"""Share of each other lamp's light that a channel sees."""
GLINT = 0.06
"""Share of light that is mirrored, to the fourth power of how far the surface faces the lamp."""
_LEVEL = 0.42
"""Of the untouched gel in its middle, of full scale."""
_DOT_RADIUS = 0.3e-3
_DOT_DARKNESS = 0.85
_BANK = 1 << 20


@dataclass(frozen=True)
class Look:
    """One fingertip's optics, as they are today.

    Attributes:
        light: Towards the lamps, shape (3, 3, rows, columns): channel, axis, float32.
        gain: Share of light that each pixel still throws back, shape (rows, columns), float32.
        noise: Standard deviation, of 255 steps.
        bank: Standard normal numbers, of which every picture takes a stretch that begins somewhere, float32.
    """

    gel: Gel
    light: np.ndarray
    gain: np.ndarray
    noise: float
    bank: np.ndarray

    @staticmethod
    def drawn(
        gel: Gel,
        rng: np.random.Generator,
        light: float = 0.1,
        wear: float = 0.05,
        noise: float = 1.2,
    ) -> Look:
        """Return optics drawn at random.

        Args:
            light: How far lamps differ in brightness and place, standard deviation of a share.
            wear: How far the coating is worn in spots, largest share of light lost.
            noise: Of the camera, of 255 steps.
        """
        bank = rng.standard_normal(_BANK, dtype=np.float32)
        return Look(gel, _light(gel, rng, light), _gain(gel, rng, wear), noise, bank)

    def picture(self, height: np.ndarray, marks: Array, rng: np.random.Generator) -> np.ndarray:
        """Return what the camera sees, shape (rows, columns, 3) uint8.

        Args:
            height: Of the gel, shape (rows, columns) [m].
            marks: Places of the dots, shape (n, 2) [pixels].
        """
        lit = np.empty((3, self.gel.rows, self.gel.columns), np.float32)
        surface = height - self.gel.rest() if self.gel.radius > 0.0 else height
        pitch = np.float32(self.gel.pitch)
        compiled_gel.shade(lit, surface, self.light, np.float32(GLINT), pitch)
        compiled_gel.dot(lit, marks, _DOT_RADIUS / self.gel.pitch, _DOT_DARKNESS)
        start = int(rng.integers(_BANK - lit.size))
        noise = self.bank[start : start + lit.size].reshape(lit.shape)
        seen = np.empty((self.gel.rows, self.gel.columns, 3), np.uint8)
        compiled_gel.expose(lit, self.gain, noise, np.float32(self.noise), seen)
        return seen

    def reference(self, rng: np.random.Generator, frames: int = 16) -> np.ndarray:
        """Return the untouched gel as the mean of some frames, shape (rows, columns, 3) float32."""
        flat = np.zeros((self.gel.rows, self.gel.columns), np.float32)
        marks = self.gel.marks_at_rest()
        total = np.zeros((*self.gain.shape, 3), np.float32)
        for _ in range(frames):
            total += self.picture(flat, marks, rng)
        return total / frames


def lamps(gel: Gel, turned: Array, behind: Array, bright: Array) -> np.ndarray:
    """Return the light towards three lamps, shape (3, 3, rows, columns): channel, axis, float32.

    Args:
        turned: Of each lamp about the gel's middle from where it ought to be, shape (3,) [rad].
        behind, bright: Height behind the surface and brightness, shares of what they ought to be, shape (3,).
    """
    left, top = gel.corner
    x = left + gel.pitch * np.arange(gel.columns)
    y = top + gel.pitch * np.arange(gel.rows)[:, None]
    field = np.empty((3, 3, gel.rows, gel.columns))
    for lamp, azimuth in enumerate(np.deg2rad(_AZIMUTHS_DEG) + turned):
        dx = _ASIDE * np.cos(azimuth) - x
        dy = _ASIDE * np.sin(azimuth) - y
        dz = _BEHIND * behind[lamp]
        distance = np.sqrt(dx**2 + dy**2 + dz**2)
        # A light guide spreads each lamp, so that its light falls off with distance and not with its square.
        middle = np.hypot(_ASIDE, dz)
        light = _LEVEL * bright[lamp] * middle / dz * middle / distance / distance
        field[lamp, 0] = light * dx
        field[lamp, 1] = light * dy
        field[lamp, 2] = light * dz
    mix = np.full((3, 3), _CROSSTALK) + (1.0 - 3.0 * _CROSSTALK) * np.eye(3)
    return np.einsum("cl,laij->caij", mix, field).astype(np.float32)


def _light(gel: Gel, rng: np.random.Generator, spread: float) -> np.ndarray:
    off = spread * np.clip(rng.standard_normal((3, 3)), -2.0, 2.0)
    return lamps(gel, 0.3 * off[:, 0], 1.0 + off[:, 1], 1.0 + off[:, 2])


def _gain(gel: Gel, rng: np.random.Generator, wear: float) -> np.ndarray:
    gain = np.ones((gel.rows, gel.columns), np.float32)
    y, x = np.mgrid[: gel.rows, : gel.columns]
    for _ in range(6):
        at = rng.uniform((0.0, 0.0), (gel.rows, gel.columns))
        size = rng.uniform(4.0, 40.0)
        spot = np.exp(-((y - at[0]) ** 2 + (x - at[1]) ** 2) / (2.0 * size**2))
        gain *= (1.0 - wear * rng.uniform() * spot).astype(np.float32)
    return gain
