"""Which recording session a grasp belongs to, told by the readings alone.

Between two sessions fingertips are mounted anew, refilled, warmer or colder, and the hand is turned: every electrode
reads something else for the same touch. Sessions that were learned from are known by their files; those of grasps to be
judged are found by moving the known sessions' centres to where the new readings lie.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array

_ROUNDS = 20
_APART = 0.5
"""Clusters nearer than this share of the least distance between known sessions are one."""


@dataclass(frozen=True)
class Sessions:
    """What is usual in each known session.

    Attributes:
        mean, std: By session and electrode, shape (s, d), in counts; NaN where an electrode was dead.
    """

    mean: Array
    std: Array


def sessions_of(readings: Array, files: np.ndarray) -> Sessions:
    """Learn the sessions of grasps, one for each file.

    Args:
        readings: Shape (n, d).
        files: Which file each is from, shape (n,).
    """
    parts = [readings[files == k] for k in np.unique(files)]
    return Sessions(
        np.array([part.mean(axis=0) for part in parts]),
        np.array([part.std(axis=0) for part in parts]),
    )


def nearest(sessions: Sessions, readings: Array) -> np.ndarray:
    """Return the known session that each grasp is most like, shape (n,)."""
    return _distances(readings, sessions.mean, _spread(sessions)).argmin(axis=1)


def found(sessions: Sessions, readings: Array) -> np.ndarray:
    """Sort grasps by sessions that may be new ones, shape (n,): numbers that say no more than which belong together."""
    spread, centres = _spread(sessions), sessions.mean.copy()
    which = nearest(sessions, readings)
    for _ in range(_ROUNDS):
        for k in np.unique(which):
            moved = readings[which == k].mean(axis=0)
            centres[k] = np.where(np.isfinite(moved), moved, centres[k])
        before, which = which, _distances(readings, centres, spread).argmin(axis=1)
        if np.array_equal(before, which):
            break
    return _joined(which, centres, spread, _apart(sessions.mean, spread))


def _spread(sessions: Sessions) -> Array:
    alive = np.isfinite(sessions.std)
    total = np.where(alive, sessions.std, 0.0) ** 2
    return np.sqrt(total.sum(axis=0) / np.maximum(alive.sum(axis=0), 1)) + 1.0


def _distances(readings: Array, centres: Array, spread: Array) -> Array:
    """Mean square over electrodes that live in both, shape (n, s)."""
    off = (readings[:, None] - centres) / spread
    return np.nanmean(off**2, axis=-1)


def _apart(centres: Array, spread: Array) -> float:
    """Least distance between two sessions."""
    between = np.sqrt(_distances(centres, centres, spread))
    return float((between + np.diag(np.full(len(centres), np.inf))).min())


def _joined(which: np.ndarray, centres: Array, spread: Array, apart: float) -> np.ndarray:
    """Join clusters that lie no further apart than parts of one session do."""
    kept = np.unique(which)
    between = np.sqrt(_distances(centres[kept], centres[kept], spread))
    name = np.arange(len(kept))
    for i, j in np.argwhere(between < _APART * apart):
        name[name == name[j]] = name[i]
    return name[np.searchsorted(kept, which)]
