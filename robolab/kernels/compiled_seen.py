"""Which seen points belong to nothing that is known, compiled."""

from __future__ import annotations

import numpy as np

from robolab.core.compiled import jit
from robolab.core.transforms import Array
from robolab.kernels.compiled_distance import solid_distance
from robolab.kernels.compiled_kinematics import place_balls, place_frames


@jit
def mark_unknown(
    rows: Array,
    ends: Array,
    ball: Array,
    group: Array,
    solids: Array,
    q: Array,
    points: Array,
    margin: float,
    unknown: np.ndarray,
) -> None:
    """Mark points farther than a margin [m] from robot and solids with 1, shape (k,), uint8."""
    count = ball.shape[0]
    frames = np.empty((rows.shape[0] + 1, 12))
    centres = np.empty((count + group.shape[0], 3))
    place_frames(rows, ends, q, frames)
    place_balls(frames, ball, group, centres)
    for i in range(points.shape[0]):
        x, y, z = points[i]
        unknown[i] = 1
        for k in range(solids.shape[0]):
            if solid_distance(solids[k], x, y, z) <= margin:
                unknown[i] = 0
                break
        for g in range(group.shape[0]):
            if unknown[i] == 0:
                break
            if _apart(centres[count + g], x, y, z) > group[g, 6] + margin:
                continue
            for b in range(int(group[g, 1]), int(group[g, 2])):
                if _apart(centres[b], x, y, z) <= ball[b, 3] + margin:
                    unknown[i] = 0
                    break


@jit
def _apart(centre: Array, x: float, y: float, z: float) -> float:
    return np.sqrt((centre[0] - x) ** 2 + (centre[1] - y) ** 2 + (centre[2] - z) ** 2)
