"""What of the pads the grip's network went by: by how much each cell's reading moved the force that it says.

References: Sundararajan, Taly and Yan (2017), integrated gradients; from pads that press and shear evenly to those that were felt.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from robolab.core.transforms import Array
from robolab.touch.grip_feel import OF_PAD, pad_features
from robolab.touch.grip_network import GripStep

_POINTS, _STEP = 8, 1e-4
"""Points of the straight way, and step of a difference [N]."""


def cell_heat(step: GripStep, line: Array, pads: Array, friction: float) -> Array:
    """Return by how much each cell moved ln(force), shape (2, rows, columns); the sum is what the pattern did.

    Args:
        step: The network as it was before it took the line; it is left so.
        line: Of features, shape (FEATURES,).
        pads: Mean of the look that the line is of: normal force and shear of each cell, shape (2, rows, columns, 3) [N].
        friction: As it had been felt.
    """
    even = np.broadcast_to(pads.mean(axis=(1, 2), keepdims=True), pads.shape)

    def answer(cells: Array) -> float:
        told = line.copy()
        for finger, pad in enumerate(cells):
            told[finger * OF_PAD : (finger + 1) * OF_PAD] = pad_features(pad, friction)
        return step.would_say(told).mean

    slope = np.zeros(pads.shape)
    for k in range(_POINTS):
        slope += _slopes(answer, even + (k + 0.5) / _POINTS * (pads - even)) / _POINTS
    return ((pads - even) * slope).sum(axis=-1)


def _slopes(answer: Callable[[Array], float], at: Array) -> Array:
    """Central differences by every number."""
    slope = np.zeros(at.shape)
    for where in np.ndindex(at.shape):
        sides = []
        for sign in (1.0, -1.0):
            moved = at.copy()
            moved[where] += sign * _STEP
            sides.append(answer(moved))
        slope[where] = (sides[0] - sides[1]) / (2.0 * _STEP)
    return slope
