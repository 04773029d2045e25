"""Has something just changed? What is left of the currents now, against what was left just before.

Differences between means over neighbouring stretches are counted in their usual spread, and grow with how much the
model's own current changes meanwhile, of which it may miss a share. Thresholds come from runs without a load that the
model has not seen: the largest value of every second, its upper fifth taken for exponential, drawn on to the wanted
number of false alarms an hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from robolab.core.transforms import Array
from robolab.estimation.drive import breakaway
from robolab.estimation.payload_step import Arm
from robolab.estimation.residual import EVERY, Glimpse, left_of

RECENT, BEFORE = 3, 10
"""Glimpses that are compared with those before."""
STARTED = 4.0
"""How much larger variances are of a joint that has just begun to move: its friction is less certain."""
LEAST = 3
"""A joint has to have moved in so many of those before."""
MISSED = 0.15
"""Share of a change of current that the model may miss: with less, the tail of what is usual is that of jolts."""
STUCK = 0.3
"""Standard deviation of what friction of a joint that stands may change by, as a share of what breaks it loose."""
TRIAL_LOAD = np.array([3.0, 0.0, 0.1, 0.3])
"""Load whose loss is looked for where there is none, to learn how often it seems to be lost."""
_UPPER = 0.8
_BLOCK = 1.0
_HOUR = 3600.0


class Jump(NamedTuple):
    """What the last glimpses show; any leading shape.

    Attributes:
        z: How far each joint is from what it was, in usual spreads, 0 where that cannot be told, shape (..., n).
        gone: What z would be had the load just gone, shape (..., n).
        counted: Which joints move, and tell what is unusual, shape (..., n), bool. Others stand or have just begun to
            move; they tell only what is more than friction can hold.
    """

    z: Array
    gone: Array
    counted: np.ndarray

    def unusual(self) -> Array:
        """Return how unusual it is: about a standard normal deviate however many joints count, shape (...)."""
        count, z = self.counted.sum(-1), np.where(self.counted, self.z, 0.0)
        normal = np.sqrt(2.0 * (z**2).sum(-1)) - np.sqrt(np.maximum(2.0 * count - 1.0, 0.0))
        return np.where(count > 0, normal, 0.0)

    def lost(self) -> tuple[Array, Array]:
        """Return how sure it is that the load goes, in deviates, and which share of it, each of shape (...)."""
        size = np.sqrt((self.gone**2).sum(-1))
        along = (self.z * self.gone).sum(-1)
        return along / np.maximum(size, 1e-9), along / np.maximum(size**2, 1e-9)

    def alike(self) -> Array:
        """Return which share of what is seen, squared, a load that goes would explain, shape (...)."""
        return self.lost()[0] ** 2 / np.maximum((self.z**2).sum(-1), 1e-9)


def jump_of(arm: Arm, seen: Glimpse, load: Array, cov: Array, spread: Array) -> Jump:
    """Compare the last glimpses with those before them.

    Args:
        seen: RECENT + BEFORE glimpses, the newest last: leading shape (..., RECENT + BEFORE).
        load, cov: What is known of the load, shapes (4,) and (4, 4).
        spread: Usual standard deviation by joint, shape (n,) [A].
    """
    left = left_of(arm, seen, load)
    # What was before a standstill does not count: friction may be another since then.
    since = np.cumprod(np.flip(seen.moving, -2).astype(float), axis=-2)
    before = np.flip(since, -2)[..., :-RECENT, :]
    count = before.sum(-2)
    counted = seen.moving[..., -RECENT:, :].all(-2) & (count >= LEAST)
    # Of a joint that stands, or stood just now, what was directly before.
    latest = (np.arange(before.shape[-2]) >= before.shape[-2] - LEAST)[:, None]
    before = np.where(counted[..., None, :], before, latest)
    count = before.sum(-2)
    share = before / np.maximum(count, 1.0)[..., None, :]
    change, moved = _difference(left.residual, share), _difference(left.expected, share)
    unsure = _difference(left.load, share[..., None], axis=-3)
    fewer = (1.0 / RECENT + 1.0 / np.maximum(count, 1.0)) / (1.0 / RECENT + 1.0 / BEFORE)
    fresh = np.where(count < BEFORE, STARTED, 1.0)
    var = fresh * fewer * spread**2 + (MISSED * moved) ** 2
    var = var + np.einsum("...i,ij,...j->...", unsure, cov, unsure)
    stuck = np.where(counted, 0.0, STUCK * breakaway(arm.drives, seen.torque[..., -1, :]))
    there = np.isfinite(seen.current).all(-2)
    change = np.where(there, change, 0.0)
    scale = np.where(there, 1.0 / np.sqrt(var + stuck**2), 0.0)
    gone = -(left.load[..., -RECENT:, :, :].mean(-3) @ load)
    return Jump(change * scale, gone * scale, counted)


def _difference(values: Array, share: Array, axis: int = -2) -> Array:
    """Mean of the recent ones less a mean of those before, which count by their share."""
    steps, weights = np.moveaxis(values, axis, 0), np.moveaxis(share, axis, 0)
    return steps[-RECENT:].mean(0) - (weights * steps[:-RECENT]).sum(0)


def sliding(seen: Glimpse, count: int = RECENT + BEFORE) -> Glimpse:
    """Return every run of neighbouring glimpses of a log, shape (k, count, ...)."""
    last = np.arange(count - 1, len(seen.time))
    rows = last[:, None] - np.arange(count)[::-1]
    whole = seen.time[rows[:, -1]] - seen.time[rows[:, 0]] < 1.5 * count * EVERY
    return Glimpse(*(values[rows[whole]] for values in seen))


def spread_of(arms: Sequence[Arm], logs: Sequence[Glimpse]) -> Array:
    """Return the usual spread of differences where nothing happens, shape (n,) [A]; arms by log."""
    none, sure = np.zeros(4), np.zeros((4, 4))
    unit = np.ones(len(arms[0].white))
    parts = [
        _plain(jump_of(arm, sliding(seen), none, sure, unit), unit)
        for arm, seen in zip(arms, logs, strict=True)
    ]
    return np.sqrt(np.nanmean(np.concatenate(parts) ** 2, axis=0))


def _plain(jump: Jump, unit: Array) -> Array:
    return np.where(jump.counted, jump.z * unit, np.nan)


def threshold(values: Sequence[Array], every: float, per_hour: float) -> float:
    """Return what is exceeded so often in an hour.

    Args:
        values: Of runs, in order, each of shape (k,).
        every: Time from one to the next [s].
    """
    size = max(round(_BLOCK / every), 1)
    largest = [
        float(run[k : k + size].max())
        for run in values
        for k in range(0, len(run) - size + 1, size)
    ]
    if not largest:
        return 0.0
    return drawn_on(np.array(largest), size * every, per_hour)


def drawn_on(largest: Array, every: float, per_hour: float) -> float:
    """Draw the upper fifth of values, one for each `every` seconds, on to what is exceeded so often in an hour."""
    base = float(np.quantile(largest, _UPPER))
    beyond = float((largest[largest > base] - base).mean()) if np.any(largest > base) else 0.0
    return base + beyond * max(np.log((1.0 - _UPPER) * _HOUR / every / per_hour), 0.0)
