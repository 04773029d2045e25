"""Poses from a recorded joint log: where a real arm stood still, and for how long it moved between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array

_JOINTS = 6
_STILL_SPEED = 0.05
"""All joints below this are at a standstill [rad/s]."""
_STILL_TIME = 0.05
"""A standstill lasts at least this long [s]."""


@dataclass(frozen=True)
class Standstills:
    """Where the arm stood.

    Attributes:
        poses: Mean joint positions of each standstill in time order, shape (k, 6) [rad].
        start, end: First and last instant of each, shape (k,) [s].
    """

    poses: Array
    start: Array
    end: Array

    @property
    def motion_time(self) -> float:
        """Time that the arm spent between standstills [s]."""
        return float(np.sum(self.start[1:] - self.end[:-1]))


def standstills(log: Array) -> Standstills:
    """Find where all joints stay under 0.05 rad/s for at least 0.05 s, both ends of the log included."""
    time = log[:, 0]
    still = np.all(np.abs(log[:, 1 + _JOINTS : 1 + 2 * _JOINTS]) < _STILL_SPEED, axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], still, [False]]).astype(int)))
    spans = [(a, b - 1) for a, b in edges.reshape(-1, 2) if time[b - 1] - time[a] >= _STILL_TIME]
    poses = [log[a : b + 1, 1 : 1 + _JOINTS].mean(axis=0) for a, b in spans]
    return Standstills(
        np.array(poses).reshape(-1, _JOINTS),
        np.array([time[a] for a, _ in spans]),
        np.array([time[b] for _, b in spans]),
    )
