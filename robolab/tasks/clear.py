"""Grasping out of a pile: one attempt, and clearing a pile with whoever proposes the next grasp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from robolab.core.transforms import Array
from robolab.sim.clutter import PUSH, Clutter

ABOVE = 0.02
"""Where an attempt begins over the highest that is seen [m]."""
DOWN, CLOSE, UP = 0.3, 0.08, 0.4
"""Speeds of the hand going down, of a finger, and of the hand going up [m/s]."""
LIFT = 0.2
"""How far an object has to be lifted [m]."""
SHAKE, SHAKE_HZ = 5.0, 3.0
"""Amplitude of the acceleration [m/s2] and frequency with which a lifted object is shaken for a second."""
_SQUEEZE = 0.15
"""Time that the fingers press before the hand goes up [s]."""
_STALLED = 0.05
"""Time without going on after which the hand has met something [s]."""
_UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class Aim:
    """A grasp from straight above.

    Attributes:
        position: Between the ends of the fingers once they are down, shape (3,) [m].
        yaw: Of the closing axis about the vertical [rad].
        width: Between the fingers on the way down [m].
    """

    position: Array
    yaw: float
    width: float


class Outcome(NamedTuple):
    """Objects that were lifted and held; whether the hand got down without being stopped."""

    taken: list[int]
    reached: bool


def attempt(clutter: Clutter, aim: Aim, top: float) -> Outcome:
    """Try a grasp: down, close, lift, shake. The objects stay wherever that leaves them.

    Args:
        top: Height of the highest thing that is seen [m].
    """
    start = max(top, aim.position[2]) + ABOVE
    clutter.enter(np.array([*aim.position[:2], start]), aim.yaw, aim.width)
    reached = _down(clutter, start - aim.position[2])
    before = clutter.heights()
    taken: list[int] = []
    if _close(clutter) and _lift(clutter):
        taken = [n for n in clutter.held() if clutter.heights()[n] - before[n] > 0.75 * LIFT]
    clutter.away()
    return Outcome(taken, reached)


def _down(clutter: Clutter, depth: float) -> bool:
    dt = clutter.dt
    last, since = 0.0, 0.0
    while -clutter.risen() < depth - 0.5 * DOWN * dt:
        clutter.step(-DOWN * _UP, 0.0, PUSH)
        gone = -clutter.risen()
        since = 0.0 if gone > last + 0.1 * DOWN * dt else since + dt
        last = max(last, gone)
        if since > _STALLED:
            return False
    return True


def _close(clutter: Clutter) -> bool:
    """Close until the fingers press something; return whether they do."""
    dt, pressed, last = clutter.dt, 0.0, clutter.width()
    while pressed < _SQUEEZE:
        clutter.hold(np.zeros(3), CLOSE)
        width = clutter.width()
        pressed = pressed + dt if width > last - 0.2 * CLOSE * dt else 0.0
        last = width
        if clutter.shut():
            return False
    return True


def _lift(clutter: Clutter) -> bool:
    """Lift and shake; return whether the fingers still hold something."""
    for _ in range(round(LIFT / UP / clutter.dt)):
        clutter.hold(UP * _UP, CLOSE)
        if clutter.shut():
            return False
    count = round(1.0 / clutter.dt)
    turn = 2.0 * np.pi * SHAKE_HZ
    for k in range(count):
        speed = SHAKE / turn * np.sin(turn * k * clutter.dt)
        clutter.hold(np.array([speed, speed, 0.0]) / np.sqrt(2.0), CLOSE)
        if clutter.shut():
            return False
    return True
