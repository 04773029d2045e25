"""How the gel leans at every pixel, from one picture: three coloured lamps, each seen in its own channel.

Lamps differ from fingertip to fingertip. Where they are and how bright is fitted to the picture of the untouched gel, on which each
falls off in its own way. What a pixel shines by more or less than untouched then gives the slope, by least squares over the three channels.

References: Woodham (1980), photometric stereo.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from robolab.core.transforms import Array
from robolab.sensors.gel import Gel
from robolab.sensors.gel_look import GLINT, lamps

_BLOCK = 8
"""Pixels to a side of a block; the lamps are fitted to those without dots."""
_DOTTED, _BRIGHTEST = 0.5, 250.0
"""Share of its mean below which a block's darkest light is a dot's, and what the camera still tells apart."""
_PRIOR = np.array([0.03, 0.1, 0.1])
"""How far lamps are turned [rad], and off in height and brightness, standard deviation."""
_OFF, _WORN = 0.003, 0.03
"""Of the logarithm of light that the fit does not explain: of one channel against the others, and of all."""
_FITS, _STEP = 6, 0.05
_DARKEST = 20.0


class Slopes:
    """Reads slopes with one fingertip's lamps.

    Args:
        reference: What its camera sees untouched, shape (240, 320, 3), of 255 steps.

    Attributes:
        noise: Variance of either slope for a variance of one of 255 steps squared, shape (rows, columns).
    """

    def __init__(self, gel: Gel, reference: np.ndarray) -> None:
        self._rest = np.maximum(reference, _DARKEST).astype(np.float32)
        light = _fitted(gel, reference)
        # What is mirrored moves twice as far as what is thrown back, and to the fourth power.
        glint = GLINT * light[:, 2] ** 3
        per_slope = (1.0 + 8.0 * glint) / (light[:, 2] * (1.0 + glint))
        leans = -light[:, :2] * per_slope[:, None]  # share of light: channel, axis, rows, columns
        weight = self._rest.transpose(2, 0, 1) ** 2
        xx, yy = ((weight * leans[:, k] ** 2).sum(axis=0) for k in (0, 1))
        xy = (weight * leans[:, 0] * leans[:, 1]).sum(axis=0)
        whole = xx * yy - xy**2
        along = weight * (yy * leans[:, 0] - xy * leans[:, 1]) / whole
        down = weight * (xx * leans[:, 1] - xy * leans[:, 0]) / whole
        self._gain = np.ascontiguousarray(np.stack([along, down]), np.float32)
        self.noise: np.ndarray = 0.5 * (xx + yy) / whole

    def of(self, image: np.ndarray) -> np.ndarray:
        """Return the slopes along x and y, shape (2, rows, columns) float32, of a picture of 255 steps."""
        change = (image / self._rest - 1.0).transpose(2, 0, 1)
        return np.einsum("acij,cij->aij", self._gain, change)


def _fitted(gel: Gel, reference: np.ndarray) -> np.ndarray:
    """Fit the lamps by steps of Gauss and Newton."""
    blocks = _blocks(reference)
    clear = blocks.min(axis=(2, 3)) > _DOTTED * blocks.mean(axis=(2, 3))
    clear &= blocks.max(axis=(2, 3)) < _BRIGHTEST
    seen = _channels(blocks.mean(axis=2)[clear])
    coarse = replace(
        gel, rows=gel.rows // _BLOCK, columns=gel.columns // _BLOCK, pitch=gel.pitch * _BLOCK
    )

    def off(figures: Array) -> Array:
        light = lamps(coarse, *_figures(figures))[:, 2].transpose(1, 2, 0)
        light = 255.0 * np.minimum(light + GLINT * light**4, 1.0)
        return np.concatenate([((_channels(light[clear]) - seen) / _OFF).ravel(), figures])

    figures = np.zeros(9)
    for _ in range(_FITS):
        now = off(figures)
        slope = np.stack([(off(figures + _STEP * e) - now) / _STEP for e in np.eye(9)], axis=1)
        figures = figures - np.linalg.lstsq(slope, now, rcond=None)[0]
    return lamps(gel, *_figures(np.clip(figures, -4.0, 4.0)))


def _channels(light: np.ndarray) -> Array:
    """Logarithms of light of each channel against the mean, from which wear takes nothing, and of the mean."""
    log = np.log(light.astype(float))
    mean = log.mean(axis=-1, keepdims=True)
    return np.concatenate([log - mean, mean * (_OFF / _WORN)], axis=-1)


def _figures(figures: Array) -> tuple[Array, Array, Array]:
    turned, behind, bright = _PRIOR[:, None] * figures.reshape(3, 3)
    return turned, 1.0 + behind, 1.0 + bright


def _blocks(image: np.ndarray) -> np.ndarray:
    """Shape (rows / 8, columns / 8, 64, 3)."""
    rows, columns = image.shape[0] // _BLOCK, image.shape[1] // _BLOCK
    cut = image.reshape(rows, _BLOCK, columns, _BLOCK, 3).transpose(0, 2, 1, 3, 4)
    return cut.reshape(rows, columns, _BLOCK**2, 3)
