"""What a hand would see of a heightmap from where it grasps: crops turned into its axes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from robolab.core.compiled import jit
from robolab.core.transforms import Array
from robolab.perception.grasp_candidates import Hand
from robolab.perception.heightmap import Heightmap

ROWS, COLUMNS = 48, 24
"""Along the closing axis and across it."""
_CELL = 0.0375
"""Of a crop, as a share of the hand's opening: 3 mm for 80 mm."""
_CLIP = 1.25
"""Heights count so far above and below the fingers' ends, as shares of their reach."""


def crops(seen: Heightmap, poses: Array, hand: Hand) -> NDArray[np.float32]:
    """Return heights around grasps, over the fingers' ends, as shares of the fingers' reach.

    Args:
        poses: x, y, height of the fingers' ends [m], yaw [rad], shape (n, 4).
    Returns:
        Shape (n, ROWS, COLUMNS).
    """
    out = np.empty((len(poses), ROWS, COLUMNS), dtype=np.float32)
    _turn(seen.heights, seen.corner, seen.cell, poses, _CELL * hand.opening, out)
    return np.clip(out / hand.reach, -_CLIP, _CLIP)


@jit
def _turn(heights: Any, corner: Any, cell: float, poses: Any, step: float, out: Any) -> None:
    rows, columns = out.shape[1], out.shape[2]
    for n in range(poses.shape[0]):
        c, s, z = np.cos(poses[n, 3]), np.sin(poses[n, 3]), poses[n, 2]
        for k in range(rows):
            along = (k - 0.5 * (rows - 1)) * step
            for m in range(columns):
                across = (m - 0.5 * (columns - 1)) * step
                x = (poses[n, 0] + along * c - across * s - corner[0]) / cell
                y = (poses[n, 1] + along * s + across * c - corner[1]) / cell
                i, j = int(np.rint(x)), int(np.rint(y))
                inside = i >= 0 and j >= 0 and i < heights.shape[0] and j < heights.shape[1]
                out[n, k, m] = (heights[i, j] if inside else 0.0) - z
