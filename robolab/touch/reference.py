"""What a grasp is held against: the other grasps of the same object in the same session, as far as there are any.

A count of an electrode says little by itself: it depends on the fingertip, the session and the object. What tells is
how it differs from what this object usually reads there. No label is needed for that, only grasps; with few of them, what is usual in the
session stands in, and for a single grasp in no known session, the session that it is most like.
"""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array
from robolab.touch.sessions import Sessions, found, nearest

CHANNELS = 2
"""Of each electrode: against the object's grasps, and against the session's."""
_BELIEF = 2.0
"""So many grasps weigh as much as the session does."""
_LEAST = 20.0
"""Counts that are no difference."""
_FAR = 5.0
_FEW, _ENOUGH = 12, 60
"""With fewer grasps than the first, what is usual in a session is the known one's; with at least the second, their own."""
_NEW = 0.3
"""In between, their own if they read otherwise than the known session's by more variances than this, on average."""


def seen(readings: Array, groups: np.ndarray, mean: Array, std: Array) -> tuple[Array, Array]:
    """Return what a network looks at.

    Args:
        readings: Shape (n, d); NaN where an electrode is dead.
        groups: Which grasps are held against each other, shape (n,).
        mean, std: What is usual in each grasp's session, shape (n, d).
    Returns:
        Readings against group and session, shape (n, d, 2), 0 where dead; and how many grasps were in the group, as a
        share of belief between 0 and 1, shape (n,).
    """
    _, which, counts = np.unique(groups, return_inverse=True, return_counts=True)
    weight = (counts / (counts + _BELIEF))[which, None]
    own = _sums(readings, which) / counts[:, None]
    about = weight * own[which] + (1.0 - weight) * mean
    own_var = _sums((readings - own[which]) ** 2, which) / counts[:, None]
    var = weight * own_var[which] + (1.0 - weight) * std**2
    parts = [(readings - about) / (np.sqrt(var) + _LEAST), (readings - mean) / (std + _LEAST)]
    whole = np.clip(np.nan_to_num(np.stack(parts, axis=-1), nan=0.0), -_FAR, _FAR)
    return whole, weight[:, 0]


def usual(sessions: Sessions, readings: Array) -> tuple[np.ndarray, Array, Array]:
    """Return the session of each grasp to be judged, and what is usual in it: shapes (n,), (n, d), (n, d)."""
    known = nearest(sessions, readings)
    mean, std = sessions.mean[known], sessions.std[known]
    if len(readings) < _FEW:
        return known, mean, std
    which = found(sessions, readings)
    for k in np.unique(which):
        rows = which == k
        own = readings[rows].mean(axis=0), readings[rows].std(axis=0)
        off = np.nanmean(((own[0] - mean[rows]) / (std[rows] + _LEAST)) ** 2)
        count = int(rows.sum())
        if count >= _ENOUGH or (count >= _FEW and off > _NEW):
            mean[rows], std[rows] = own
    return which, mean, std


def _sums(values: Array, which: np.ndarray) -> Array:
    total = np.zeros((int(which.max()) + 1, values.shape[1]))
    np.add.at(total, which, values)
    return total
