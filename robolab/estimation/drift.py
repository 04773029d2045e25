"""Has friction changed? What is left of a joint's current, by its direction and its speed, over seconds of motion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from robolab.core.transforms import Array
from robolab.estimation.drive import TURN
from robolab.estimation.residual import EVERY

WINDOW = 10.0
"""Motion of one joint that one figure is made of [s]."""
_RIDGE = 3.0
"""Glimpses' worth of belief that nothing has changed."""


class FrictionChange(NamedTuple):
    """A joint's friction over one window.

    Attributes:
        time: When the window ended [s].
        joint: Its index.
        parts: By how much Coulomb and viscous friction differ from what was identified, shape (2,) [A, A s/rad].
        speed: Root of the mean squared speed [rad/s].
    """

    time: float
    joint: int
    parts: Array
    speed: float

    @property
    def change(self) -> float:
        """By how much friction differs at that speed [A]."""
        return self.beyond(np.zeros(2))

    def beyond(self, known: Array) -> float:
        """Return by how much friction at that speed differs from what it is known to differ by, shape (2,) [A]."""
        return float(np.array([1.0, self.speed]) @ (self.parts - known))


def usual_at(usual: Array, speed: float) -> float:
    """Return how far a joint's friction usually differs at a speed [A].

    Args:
        usual: Second moments of its parts: Coulomb's, both parts', viscous friction's, shape (3,).
    """
    return float(np.sqrt(max(usual @ np.array([1.0, 2.0 * speed, speed**2]), 0.0)))


@dataclass
class FrictionWatch:
    """Gathers residuals of n joints, window after window, in constant memory."""

    joints: int

    def __post_init__(self) -> None:
        self._H = np.tile(_RIDGE * np.eye(3), (self.joints, 1, 1))
        self._g = np.zeros((self.joints, 3))
        self._count = np.zeros(self.joints)

    def add(
        self, time: float, residual: Array, qd: Array, moving: np.ndarray
    ) -> list[FrictionChange]:
        """Take one glimpse's residuals, shape (n,) [A]; return the windows that end with it."""
        k = np.flatnonzero(moving)
        a = np.stack([np.tanh(qd[k] / TURN), qd[k], np.ones(len(k))], axis=1)
        self._H[k] += a[:, :, None] * a[:, None, :]
        self._g[k] += a * residual[k, None]
        self._count[k] += 1.0
        return [self._end(time, int(j)) for j in k if self._count[j] * EVERY >= WINDOW]

    def _end(self, time: float, j: int) -> FrictionChange:
        # The third coefficient is a lopsided current or a wrong load, which friction must not be taken for.
        change = np.asarray(np.linalg.solve(self._H[j], self._g[j]), dtype=np.float64)
        speed = float(np.sqrt((self._H[j, 1, 1] - _RIDGE) / self._count[j]))
        self._H[j], self._g[j], self._count[j] = _RIDGE * np.eye(3), 0.0, 0.0
        return FrictionChange(time, j, change[:2], speed)
