"""How the hand moves in a trial: up, then a shake in random directions, every acceleration known before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array

GRAVITY = 9.81
SHAKE = 5.0
"""Greatest acceleration of the shake [m/s2]."""
LIFT_HEIGHT, LIFT_TIME = 0.05, 0.35
AHEAD = 0.04
"""How far a grip looks ahead in what is planned: a force needs some hundredths of a second to rise [s]."""
_DIRECTIONS = 3
_SWING = 0.16
"""Time of one swing, there or back [s]."""


@dataclass(frozen=True)
class Motion:
    """A motion of the hand, step by step.

    Attributes:
        velocity: Shape (k, 3) [m/s].
        load: Specific force across the closing axis, that friction has to bear, shape (k,) [m/s2].
        planned: The greatest of it that is still to come, shape (k,) [m/s2].
        soon: The greatest of it until `AHEAD` from now, shape (k,) [m/s2].
    """

    velocity: Array
    load: Array
    planned: Array
    soon: Array

    @property
    def hardest(self) -> float:
        """The greatest of `load` [m/s2]."""
        return float(self.load.max())


def lift_and_shake(rng: np.random.Generator, dt: float) -> Motion:
    """Return a lift of least jerk and swings of `SHAKE` there and back in random directions.

    Args:
        dt: Time of a step [s].
    """
    parts = [_lift(dt)]
    for _ in range(_DIRECTIONS):
        way = rng.standard_normal(3)
        way *= np.copysign(1.0, way[2]) / np.linalg.norm(way)  # up first, away from the table
        there = _swing(dt)[:, None] * way
        parts += [there, -there]
    acceleration = np.concatenate(parts)
    velocity = np.cumsum(acceleration, axis=0) * dt
    load = np.hypot(acceleration[:, 1], acceleration[:, 2] + GRAVITY)
    planned = np.maximum.accumulate(load[::-1])[::-1]
    count = round(AHEAD / dt)
    ahead = np.pad(load, (0, count), mode="edge")
    soon = np.lib.stride_tricks.sliding_window_view(ahead, count + 1).max(axis=1)
    return Motion(velocity, load, planned, soon)


def _lift(dt: float) -> Array:
    s = (np.arange(round(LIFT_TIME / dt)) + 0.5) * dt / LIFT_TIME
    acceleration = np.zeros((len(s), 3))
    acceleration[:, 2] = LIFT_HEIGHT / LIFT_TIME**2 * (60.0 * s - 180.0 * s**2 + 120.0 * s**3)
    return acceleration


def _swing(dt: float) -> Array:
    s = (np.arange(round(_SWING / dt)) + 0.5) * dt / _SWING
    return SHAKE * np.sin(2.0 * np.pi * s)
