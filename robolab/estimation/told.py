"""What an alarm was, from what came after it."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from robolab.core.transforms import Array
from robolab.estimation.jump import RECENT
from robolab.estimation.payload_step import LOAD, Arm
from robolab.estimation.residual import Glimpse, left_of

LATE = 6
"""Glimpses at the end in which a change that lasts still shows."""
LASTS = 0.35
"""Share of its greatest size that a change that lasts still has."""
EXPLAINED = 0.6
"""Share of a lasting change that another load has to explain."""
TELLING = 4.0
"""Usual spreads that a change has to have for its end to be looked for."""
HEAVIER = 0.3
"""Share of its mass that a load may seem to change and still be taken for the same."""
MISSED = 0.05
"""Share of a change of current that the model may miss within the time that it takes to tell."""
_FIRST = np.array([3.0, 0.5, 0.5, 0.5])
"""How far a load may have changed [kg, kg m]."""
_TOGETHER = 5.0
"""Glimpses that count as one."""

Told = Literal["lost", "gained", "slip", "collision"]


class Change(NamedTuple):
    """How k glimpses since an alarm differ from those before it.

    Attributes:
        raw: Current that is left more or less, 0 where that cannot be told, shape (k, n) [A].
        z: The same in usual spreads, shape (k, n).
        load: What z takes per parameter of the load, shape (k, n, 4).
        counted: Which joints have not stopped since then, shape (k, n), bool.
    """

    raw: Array
    z: Array
    load: Array
    counted: np.ndarray

    def lasts(self) -> slice | None:
        """Return the last glimpses that tell whether it lasts, or None where the arm stopped too soon."""
        end = int(self.counted.any(-1).sum())
        return slice(end - LATE, end) if end >= RECENT + LATE else None

    def is_over(self) -> bool:
        """Say whether it has gone by, as far as the joints show that were the last to stop."""
        late = self.lasts()
        if late is None:
            return False
        z = self.z[:, self.counted[late][-1]]
        most = float(np.sqrt((_running(z) ** 2).sum(-1)).max())
        return most > TELLING and float(np.linalg.norm(z[late].mean(0))) < LASTS * most

    def current(self) -> float:
        """Return the current of the joint that shows it most, when it was greatest [A]."""
        size = (_running(self.z) ** 2).sum(-1)
        at = int(size.argmax())
        return float(self.raw[at, int(np.abs(self.z[at]).argmax())])


def change_of(arm: Arm, seen: Glimpse, load: Array, spread: Array, after: int) -> Change:
    """Compare glimpses; arguments as of `told`."""
    left = left_of(arm, seen, load)
    before = slice(0, len(seen.time) - after - RECENT)
    since = slice(len(seen.time) - after - 1, None)
    # Once a joint has stopped, its friction is another.
    going = np.cumprod(seen.moving[since], axis=0).astype(bool)
    counted = going & seen.moving[before].all(0)
    moved = left.expected[since] - left.expected[before].mean(0)
    raw = np.where(counted, left.residual[since] - left.residual[before].mean(0), 0.0)
    scale = np.where(counted, 1.0 / np.hypot(spread, MISSED * moved), 0.0)
    return Change(raw, raw * scale, scale[..., None] * left.load[since], counted)


def still_gone(change: Change, load: Array) -> bool:
    """Say whether a load that was told as lost is still missing, or the arm stopped before that could be seen."""
    late = change.lasts()
    if late is None:
        return True
    gone, z = -(change.load[late] @ load).mean(0), change.z[late].mean(0)
    size = float(gone @ gone)
    return size < TELLING or float(z @ gone) > LASTS * size


def told(arm: Arm, seen: Glimpse, load: Array, spread: Array, after: int) -> tuple[Told, float]:
    """Tell what happened, and by how much mass [kg] or current [A] changed.

    Args:
        seen: Glimpses from before the alarm and `after` since then, the newest last, shape (k, ...).
        load: What was carried before, shape (4,).
        spread: Usual spread of differences by joint, shape (n,) [A].
    """
    change = change_of(arm, seen, load, spread, after)
    if change.is_over():
        return "collision", change.current()
    A, b = change.load[RECENT:].reshape(-1, LOAD), change.z[RECENT:].ravel()
    if not b.any():
        return "collision", change.current()
    H = A.T @ A / _TOGETHER + np.diag(1.0 / _FIRST**2)
    other: Array = np.asarray(np.linalg.solve(H, A.T @ b / _TOGETHER), dtype=float)
    explained = 1.0 - float(((b - A @ other) ** 2).sum()) / max(float(b @ b), 1e-9)
    if explained < EXPLAINED:
        return "collision", change.current()
    mass, std = float(other[0]), float(np.sqrt(np.linalg.inv(H)[0, 0]))
    if abs(mass) < max(HEAVIER * float(load[0]), 2.0 * std):
        return "slip", mass
    return ("lost" if mass < 0.0 else "gained"), mass


def _running(values: Array) -> Array:
    """Means over RECENT neighbours, shape (k - RECENT + 1, ...)."""
    return np.stack([values[k : k + RECENT].mean(0) for k in range(len(values) - RECENT + 1)])
