"""Whether a timed motion keeps away from something that moves meanwhile, compiled."""

from __future__ import annotations

import numpy as np

from robolab.core.compiled import jit
from robolab.core.transforms import Array
from robolab.kernels.compiled_distance import nearest_point, solid_distance
from robolab.kernels.compiled_kinematics import place_frames


@jit
def moving_touch(
    rows: Array,
    ends: Array,
    ball: Array,
    group: Array,
    solids: Array,
    tree: Array,
    cloud: float,
    Q: Array,
    shift: Array,
    grow: Array,
    first_only: bool,
    touches: np.ndarray,
) -> int:
    """Mark where the robot touches a rigid set that has moved by shift[i] and grown by grow[i].

    Args:
        Q: Joint positions, shape (m, n). shift: Shape (m, 3) [m]. grow: Shape (m,) [m].
        touches: Filled in with 1 where it touches, shape (m,), uint8.
    Returns:
        Index of the first touch, after which nothing more is marked if `first_only`; -1 if there is none.
    """
    frames = np.empty((rows.shape[0] + 1, 12))
    first = -1
    for i in range(Q.shape[0]):
        place_frames(rows, ends, Q[i], frames)
        if _touches(frames, ball, group, solids, tree, cloud, shift[i], grow[i]):
            touches[i] = 1
            if first < 0:
                first = i
            if first_only:
                return first
    return first


@jit
def _touches(
    frames: Array,
    ball: Array,
    group: Array,
    solids: Array,
    tree: Array,
    cloud: float,
    shift: Array,
    grow: float,
) -> bool:
    """Groups that are far off are settled by the ball around them; spheres are looked at only in the others."""
    for g in range(group.shape[0]):
        if group[g, 0] == 0.0:
            continue
        f = frames[int(group[g, 0])]
        x, y, z = _carried(f, group[g, 3], group[g, 4], group[g, 5], shift)
        if not _near(solids, tree, cloud, x, y, z, group[g, 6] + grow):
            continue
        for b in range(int(group[g, 1]), int(group[g, 2])):
            x, y, z = _carried(f, ball[b, 0], ball[b, 1], ball[b, 2], shift)
            if _near(solids, tree, cloud, x, y, z, ball[b, 3] + grow):
                return True
    return False


@jit
def _carried(f: Array, a: float, b: float, c: float, shift: Array) -> tuple[float, float, float]:
    """A point of a frame in world, seen from a body that has moved by `shift`."""
    x = f[0] * a + f[1] * b + f[2] * c + f[9] - shift[0]
    y = f[3] * a + f[4] * b + f[5] * c + f[10] - shift[1]
    z = f[6] * a + f[7] * b + f[8] * c + f[11] - shift[2]
    return x, y, z


@jit
def _near(
    solids: Array, tree: Array, cloud: float, x: float, y: float, z: float, reach: float
) -> bool:
    for k in range(solids.shape[0]):
        if solid_distance(solids[k], x, y, z) <= reach:
            return True
    if tree.shape[0] > 0:
        return nearest_point(tree, x, y, z, reach + cloud)[1] >= 0
    return False


@jit
def tool_path(rows: Array, ends: Array, Q: Array, points: Array) -> None:
    """Fill in the tool centre point in world at each joint position, shape (m, 3) [m]."""
    frames = np.empty((rows.shape[0] + 1, 12))
    for i in range(Q.shape[0]):
        place_frames(rows, ends, Q[i], frames)
        f, t = frames[rows.shape[0]], ends[1]
        for r in range(3):
            points[i, r] = f[3 * r] * t[9] + f[3 * r + 1] * t[10] + f[3 * r + 2] * t[11] + f[9 + r]
