"""Regions of an image made smaller at their rims, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from robolab.core.compiled import jit

_STRAIGHT, _ASLANT = 3, 4
"""Distances to a neighbour beside and across, in thirds of a pixel."""


@jit
def shrunk(inside: Any, by: float) -> Any:
    """Return what lies further than `by` pixels from the outside, shape (h, w), bool; the frame's edge counts as outside.

    Args:
        inside: Shape (h, w), bool.
    References: Borgefors (1986), distance transformations in digital images (chamfer 3-4).
    """
    h, w = inside.shape
    far = np.zeros((h + 2, w + 2), dtype=np.int32)
    for i in range(1, h + 1):
        for j in range(1, w + 1):
            if inside[i - 1, j - 1]:
                near = min(far[i - 1, j], far[i, j - 1]) + _STRAIGHT
                far[i, j] = min(near, min(far[i - 1, j - 1], far[i - 1, j + 1]) + _ASLANT)
    out = np.zeros((h, w), dtype=np.bool_)
    limit = _STRAIGHT * by
    for i in range(h, 0, -1):
        for j in range(w, 0, -1):
            if far[i, j] > 0:
                near = min(far[i + 1, j], far[i, j + 1]) + _STRAIGHT
                near = min(near, min(far[i + 1, j + 1], far[i + 1, j - 1]) + _ASLANT)
                far[i, j] = min(far[i, j], near)
                out[i - 1, j - 1] = far[i, j] > limit
    return out
