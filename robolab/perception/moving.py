"""Where a moving body will be, from where it was seen: a straight line through its latest positions."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from robolab.core.transforms import Array

_WINDOW = 0.35
"""How far back positions tell about the velocity [s]."""
_FEWEST = 4


@dataclass(frozen=True)
class Prediction:
    """A body's motion at constant velocity, as known at one moment.

    Attributes:
        time: Of the latest measurement [s]. position: There, shape (3,) [m]. velocity: Shape (3,) [m/s].
    """

    time: float
    position: Array
    velocity: Array

    def at(self, t: ArrayLike) -> Array:
        """Expected positions at times (m,), shape (m, 3) [m]."""
        ahead = np.asarray(t, dtype=float) - self.time
        return self.position + np.multiply.outer(ahead, self.velocity)


class Follower:
    """Follows one body through measured positions; memory and time are bounded by the window."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, Array]] = deque()

    def see(self, time: float, position: Array) -> None:
        """Take a measured position, shape (3,) [m]; times must not run back."""
        self._seen.append((time, np.asarray(position, dtype=float)))
        while self._seen[0][0] < time - _WINDOW:
            self._seen.popleft()

    def predict(self) -> Prediction | None:
        """Return the least-squares line through the window; None before anything was seen."""
        if not self._seen:
            return None
        times = np.array([t for t, _ in self._seen])
        points = np.array([p for _, p in self._seen])
        middle = times.mean()
        spread = float(np.sum((times - middle) ** 2))
        if len(times) < _FEWEST or spread <= 0.0:
            return Prediction(float(times[-1]), points.mean(axis=0), np.zeros(3))
        velocity = (times - middle) @ points / spread
        last = points.mean(axis=0) + velocity * (times[-1] - middle)
        return Prediction(float(times[-1]), last, velocity)
