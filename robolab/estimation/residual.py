"""What is left of motor currents once arm, friction and load are taken off, while it is fresh.

The payload filter looks at long spans, because a load is told by accelerations. Whether something has just changed
shows in a few hundredths of a second, against what was left just before: most of what a model does not know lasts
longer than that, and cancels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from robolab.core.transforms import Array
from robolab.estimation.clock import Clock
from robolab.estimation.contract import Sample
from robolab.estimation.drive import current_of
from robolab.estimation.log import JointLog
from robolab.estimation.payload_step import LOAD, MOVING, Arm, Seen
from robolab.estimation.rigid import arm_torque, motion_of, payload_columns
from robolab.estimation.smooth import fit

SPAN = 0.04
"""Time that one glimpse covers [s]."""
EVERY = 0.02
"""Time between two glimpses [s]."""
_LEAST = 4
_GAP = 2.0


Glimpse = Seen
"""What one short span shows: as a span of the filter's, but its time is that of its last sample, `moving` are the joints
that turn the whole span through, and no jolt is looked for."""


class Left(NamedTuple):
    """Currents against what a load explains.

    Attributes:
        residual: Shape (..., n) [A].
        expected: What the model says, shape (..., n) [A].
        load: Current per parameter of the load, shape (..., n, 4).
    """

    residual: Array
    expected: Array
    load: Array


def samples_in(period: float) -> int:
    """Samples of one glimpse: as few as tell an acceleration."""
    return max(round(SPAN / period) + 1, _LEAST)


def glimpse(arm: Arm, time: Array, q: Array, qd: Array, current: Array) -> Glimpse:
    """Look at one span, or at many: time (..., k), the others (..., k, n)."""
    n = q.shape[-1]
    mean, slope = fit(time, np.concatenate([q, qd, current], axis=-1))
    motion = motion_of(arm.linkage, mean[..., :n], mean[..., n : 2 * n], slope[..., n : 2 * n])
    same = np.all(qd > MOVING, axis=-2) | np.all(qd < -MOVING, axis=-2)
    return Glimpse(
        time=time[..., -1],
        torque=arm_torque(arm.linkage, motion, arm.inertial),
        load=payload_columns(arm.linkage, motion, LOAD),
        qd=mean[..., n : 2 * n],
        qdd=slope[..., n : 2 * n],
        current=mean[..., 2 * n :],
        moving=same & np.isfinite(mean[..., 2 * n :]),
        jolt=np.zeros_like(mean[..., :n]),
    )


def left_of(arm: Arm, seen: Glimpse, load: Array) -> Left:
    """Take arm, friction and a load, shape (4,), off the currents."""
    expected, slope = current_of(arm.drives, seen.torque + seen.load @ load, seen.qd, seen.qdd)
    return Left(seen.current - expected, expected, slope[..., None] * seen.load)


def glimpses(arm: Arm, log: JointLog) -> Glimpse:
    """Look at a whole log; spans with gaps are left out."""
    count, every = samples_in(log.period), max(round(EVERY / log.period), 1)
    rows = np.arange(0, len(log.time) - count + 1, every)[:, None] + np.arange(count)
    whole = log.time[rows[:, -1]] - log.time[rows[:, 0]] <= _GAP * count * log.period
    rows = rows[whole]
    return glimpse(arm, log.time[rows], log.q[rows], log.qd[rows], log.current[rows])


class Glimpser:
    """Looks at samples as they come, in constant time and memory."""

    def __init__(self, arm: Arm, period: float) -> None:
        self._arm, self._period = arm, period
        self._count, self._every = samples_in(period), max(round(EVERY / period), 1)
        self._clock = Clock()
        self._samples: list[Sample] = []
        self._wait = 0

    def add(self, sample: Sample) -> Glimpse | None:
        """Take a sample; return what the last ones show where a glimpse is due."""
        stamp = self._clock.look(sample.time)
        if stamp in ("late", "none"):
            return None
        if stamp == "back":
            self._samples, self._wait = [], 0
        self._samples = [*self._samples[1 - self._count :], sample]
        self._wait -= 1
        if len(self._samples) < self._count or self._wait > 0:
            return None
        time: Array = np.array([s.time for s in self._samples])
        if time[-1] - time[0] > _GAP * self._count * self._period:
            return None
        self._wait = self._every
        q, qd, current = (
            np.stack(rows)
            for rows in zip(*((s.q, s.qd, s.current) for s in self._samples), strict=True)
        )
        return glimpse(self._arm, time, q, qd, current)
