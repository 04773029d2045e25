"""What an alarm was, from what came after it."""

from __future__ import annotations

from typing import Literal

import numpy as np

from robolab.core.transforms import Array
from robolab.estimation.jump import MISSED, RECENT
from robolab.estimation.payload_step import LOAD, Arm
from robolab.estimation.residual import Glimpse, left_of

LATE = 6
"""Glimpses at the end in which a change that lasts still shows."""
LASTS = 0.35
"""Share of its greatest size that a change that lasts still has."""
EXPLAINED = 0.6
"""Share of a lasting change that another load has to explain."""
HEAVIER = 0.3
"""Share of its mass that a load may seem to change and still be taken for the same."""
_FIRST = np.array([3.0, 0.5, 0.5, 0.5])
"""How far a load may have changed [kg, kg m]."""
_TOGETHER = 5.0
"""Glimpses that count as one."""

Told = Literal["lost", "gained", "slip", "collision"]


def told(arm: Arm, seen: Glimpse, load: Array, spread: Array, after: int) -> tuple[Told, float]:
    """Tell what happened, and by how much mass [kg] or current [A] changed.

    Args:
        seen: Glimpses from before the alarm and `after` since then, the newest last, shape (k, ...).
        load: What was carried before, shape (4,).
        spread: Usual spread of differences by joint, shape (n,) [A].
    """
    left = left_of(arm, seen, load)
    before = slice(0, len(seen.time) - after - RECENT)
    start, since = left.residual[before].mean(0), slice(len(seen.time) - after - 1, None)
    counted = seen.moving[since] & seen.moving[before].all(0)
    moved = left.expected[since] - left.expected[before].mean(0)
    scale = np.where(counted, 1.0 / np.hypot(spread, MISSED * moved), 0.0)
    change = (left.residual[since] - start) * scale
    size = np.sqrt((_running(change) ** 2).sum(-1))
    late = float(np.sqrt((change[-LATE:].mean(0) ** 2).sum()))
    most = (left.residual[since] - start)[int(size.argmax())] * (scale > 0.0).any(0)
    current = float(most[int(np.abs(most / spread).argmax())])
    if late < LASTS * float(size.max()):
        return "collision", current
    A = (scale[..., None] * left.load[since])[RECENT:].reshape(-1, LOAD)
    b = change[RECENT:].ravel()
    H = A.T @ A / _TOGETHER + np.diag(1.0 / _FIRST**2)
    other: Array = np.asarray(np.linalg.solve(H, A.T @ b / _TOGETHER), dtype=float)
    explained = 1.0 - float(((b - A @ other) ** 2).sum()) / max(float(b @ b), 1e-9)
    if explained < EXPLAINED:
        return "collision", current
    mass, std = float(other[0]), float(np.sqrt(np.linalg.inv(H)[0, 0]))
    if abs(mass) < max(HEAVIER * float(load[0]), 2.0 * std):
        return "slip", mass
    return ("lost" if mass < 0.0 else "gained"), mass


def _running(values: Array) -> Array:
    """Means over RECENT neighbours, shape (k - RECENT + 1, ...)."""
    return np.stack([values[k : k + RECENT].mean(0) for k in range(len(values) - RECENT + 1)])
