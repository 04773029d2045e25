"""How far what a fingertip holds has moved from one picture to the next, told by its edge and its texture.

The dots are printed on the gel and move with it; the light's other unevenness is the object's own imprint and moves with the
object. The way of the imprint is found from coarse to fine, twice: from how far the dots went, and from how far the
imprint went before. What fits better counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels import compiled_flow
from robolab.sensors.gel import Gel

_CLEAR = 7.0
"""Around each dot, nothing is looked at [pixels]."""
_LEVELS = 3
_STEPS = (4, 3, 3)
"""From the coarsest level on."""
_PRIOR_NOISE, _PRIOR_WAY = 0.02, 8.0
"""Where the picture does not tell, it is taken to go with what was guessed, but for this many pixels."""
_FINEST_SIDE = 2.0
"""Camera's pixels along a side of one of the finest level."""

Level = tuple[np.ndarray, np.ndarray]
"""Shares of the untouched light, shape (3, rows, columns), and which share of a pixel is seen, shape (rows, columns)."""


@dataclass(frozen=True)
class Travel:
    """How far an imprint has moved.

    Attributes:
        way: Along x and y [pixels].
        sure: Inverse of its covariance, shape (2, 2) [1/pixels^2].
        misfit: Root mean square of what the motion does not explain, share of light.
    """

    way: Array
    sure: Array
    misfit: float


class Imprint:
    """Makes pictures of one fingertip comparable.

    Args:
        reference: What its camera sees untouched, shape (240, 320, 3), of 255 steps.
    """

    def __init__(self, gel: Gel, reference: np.ndarray) -> None:
        self._reference = np.ascontiguousarray(reference, np.float32)
        self._rest = np.ones((gel.rows, gel.columns), np.float32)
        _hide(self._rest, gel.marks_at_rest())

    def levels(self, image: np.ndarray, marks: Array) -> list[Level]:
        """Return a frame, the finest level first, halved again and again, without its dots.

        Args:
            image: Shape (240, 320, 3), of 255 steps.
            marks: Where the dots are, shape (n, 2) [pixels].
        """
        seen = self._rest.copy()
        _hide(seen, marks)
        rows, columns = seen.shape[0] // 2, seen.shape[1] // 2
        light, part = _blank(rows, columns)
        compiled_flow.shares(image, self._reference, seen, light, part)
        found = [(light, part)]
        for _ in range(_LEVELS - 1):
            rows, columns = rows // 2, columns // 2
            finer, (light, part) = found[-1], _blank(rows, columns)
            compiled_flow.halve(*finer, light, part)
            found.append((light, part))
        return found


def travel(before: list[Level], after: list[Level], guesses: list[Array]) -> Travel:
    """Return how far an imprint has moved between two frames, from the guess [pixels] that leads to the better fit."""
    tried = [_followed(before, after, guess) for guess in guesses]
    return min(tried, key=lambda found: found.misfit)


def _followed(before: list[Level], after: list[Level], guess: Array) -> Travel:
    out, at = np.empty(7), np.asarray(guess, dtype=float)
    for level in range(_LEVELS - 1, -1, -1):
        side = _FINEST_SIDE * 2**level
        prior = 2.0 * (_PRIOR_NOISE / (_PRIOR_WAY / side)) ** 2
        compiled_flow.moved(
            *before[level],
            *after[level],
            (at[0] / side, at[1] / side),
            prior,
            _STEPS[_LEVELS - 1 - level],
            out,
        )
        at = out[:2] * side
    xx, xy, yy = out[2:5] / max(out[5], 1e-8) / _FINEST_SIDE**2
    return Travel(at, np.array([[xx, xy], [xy, yy]]), float(np.sqrt(out[5])))


def _blank(rows: int, columns: int) -> Level:
    return np.empty((3, rows, columns), np.float32), np.empty((rows, columns), np.float32)


def _hide(seen: np.ndarray, marks: Array) -> None:
    reach = int(_CLEAR)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = x**2 + y**2 <= _CLEAR**2
    at = np.rint(marks).astype(int)
    rows = (at[:, 1, None] + y[disc]).ravel()
    columns = (at[:, 0, None] + x[disc]).ravel()
    inside = (rows >= 0) & (rows < seen.shape[0]) & (columns >= 0) & (columns < seen.shape[1])
    seen[rows[inside], columns[inside]] = 0.0
