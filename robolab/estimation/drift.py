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
    """A joint's friction over one window, at its usual speed there.

    Attributes:
        time: When the window ended [s].
        joint: Its index.
        change: By how much friction differs from what was identified [A].
        speed: Root of the mean squared speed [rad/s].
    """

    time: float
    joint: int
    change: float
    speed: float


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
        change: Array = np.asarray(np.linalg.solve(self._H[j], self._g[j]), dtype=float)
        speed = float(np.sqrt((self._H[j, 1, 1] - _RIDGE) / self._count[j]))
        self._H[j], self._g[j], self._count[j] = _RIDGE * np.eye(3), 0.0, 0.0
        return FrictionChange(time, j, float(change[0] + change[1] * speed), speed)
