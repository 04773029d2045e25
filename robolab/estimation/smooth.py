"""Means over the last samples: position, velocity, acceleration and current in their middle.

Every channel passes the same filter of constant delay, so that nothing is compared with something older.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from robolab.core.transforms import Array
from robolab.estimation.clock import Clock
from robolab.estimation.contract import Sample
from robolab.estimation.log import JointLog

SPAN = 0.12
"""Time that a mean covers [s]; the estimate is half of it behind."""
_GAP = 2.0
"""Samples that take longer than this many spans are not joined."""
MOST = 1e6
"""Positions, velocities and currents from here on are no measurements."""


class Smooth(NamedTuple):
    """Smoothed signals at one instant or at many.

    Attributes:
        time: Shape (...) [s].
        q, qd, qdd, current: Shape (..., n).
        slowest: Least speed within the span, 0 at a reversal, shape (..., n) [rad/s].
        swing: How far the acceleration changes within the span, shape (..., n) [rad/s2].
    """

    time: Array
    q: Array
    qd: Array
    qdd: Array
    current: Array
    slowest: Array
    swing: Array


def samples_in(period: float) -> int:
    """Samples of one span, at least 5, odd."""
    return max(2 * round(0.5 * SPAN / period) + 1, 5)


def fit(time: Array, channels: Array) -> tuple[Array, Array]:
    """Return mean and slope over a span.

    The slope of a straight line by least squares is a mean of the true slopes with weights that fall as a parabola
    towards both ends. The mean is taken with the same weights: then mass times slope of velocity and mean force
    belong together even where the acceleration changes fast.

    Args:
        time: Shape (..., k) [s].
        channels: Shape (..., k, c).
    Returns:
        Two of shape (..., c).
    """
    u = time - time.mean(-1, keepdims=True)
    reach = 0.5 * (time[..., -1:] - time[..., :1]) * (1.0 + 1.0 / time.shape[-1])
    weights = np.maximum(reach**2 - u**2, 0.0)
    weights /= weights.sum(-1, keepdims=True)
    rates = u / (u * u).sum(-1, keepdims=True)
    return (weights[..., None] * channels).sum(-2), (rates[..., None] * channels).sum(-2)


def smoothed(time: Array, q: Array, qd: Array, current: Array) -> Smooth:
    """Smooth one span, or many: time (..., k), the others (..., k, n)."""
    n = q.shape[-1]
    value, slope = fit(time, np.concatenate([q, qd, current], axis=-1))
    low, high = qd.min(-2), qd.max(-2)
    slowest = np.where(low * high > 0.0, np.minimum(np.abs(low), np.abs(high)), 0.0)
    half = time.shape[-1] // 2
    early = fit(time[..., : half + 1], qd[..., : half + 1, :])[1]
    late = fit(time[..., half:], qd[..., half:, :])[1]
    return Smooth(
        time=0.5 * (time[..., 0] + time[..., -1]),
        q=value[..., :n],
        qd=value[..., n : 2 * n],
        qdd=slope[..., n : 2 * n],
        current=value[..., 2 * n :],
        slowest=slowest,
        swing=late - early,
    )


def smooth_log(log: JointLog, step: float) -> Smooth:
    """Smooth a whole log, one instant every `step` seconds; spans with gaps are left out."""
    count = samples_in(log.period)
    every = max(round(step / log.period), 1)
    first = np.arange(0, len(log.time) - count + 1, every)
    rows = first[:, None] + np.arange(count)
    whole = log.time[rows[:, -1]] - log.time[rows[:, 0]] <= _GAP * count * log.period
    rows = rows[whole]
    return smoothed(log.time[rows], log.q[rows], log.qd[rows], log.current[rows])


@dataclass
class Smoother:
    """Smooths samples as they come, every `step` seconds, in constant time and memory.

    Attributes:
        set_back: See `Clock`.
    """

    joints: int
    period: float
    step: float

    def __post_init__(self) -> None:
        self._clock = Clock()
        self._count = samples_in(self.period)
        self._every = max(round(self.step / self.period), 1)
        self._time = np.zeros(self._count)
        self._rows = np.zeros((self._count, 3 * self.joints))
        self._held = 0
        self._wait = 0

    @property
    def set_back(self) -> float | None:
        return self._clock.set_back

    def add(self, sample: Sample) -> Smooth | None:
        """Take a sample; return the smoothed signals in the middle of the span where they are due.

        A sample without a position or a velocity is left out, and so is one that comes late; a current that cannot be
        is a dead channel's. Where the clock was set back, nothing is joined with what was before.
        """
        if not (np.abs(sample.q) < MOST).all() or not (np.abs(sample.qd) < MOST).all():
            return None
        stamp = self._clock.look(sample.time)
        if stamp in ("late", "none"):
            return None
        if stamp == "back":
            self._held = self._wait = 0
        current = np.where(np.abs(sample.current) < MOST, sample.current, np.nan)
        self._time[:-1], self._rows[:-1] = self._time[1:], self._rows[1:]
        self._time[-1] = sample.time
        self._rows[-1] = np.concatenate([sample.q, sample.qd, current])
        self._held = min(self._held + 1, self._count)
        self._wait -= 1
        if self._held < self._count or self._wait > 0:
            return None
        if self._time[-1] - self._time[0] > _GAP * self._count * self.period:
            return None
        self._wait = self._every
        n = self.joints
        q, qd, current = (self._rows[:, k * n : (k + 1) * n] for k in range(3))
        return smoothed(self._time, q, qd, current)
