"""Motor current as a function of joint torque and motion: gains and friction.

    current = torque / gain + friction(qd, qdd, torque / gain)

all of it in amperes. Friction is Coulomb and viscous, three exponentials that let it rise or fall towards
standstill as Stribeck found, and a part that grows with the square of the transmitted torque: strain wave gears
lose more the more they carry, and without it a load looks several per cent different on its way up and down.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from robolab.core.transforms import Array

STRIBECK = (0.03, 0.1, 0.4)
"""Speeds at which the exponentials have fallen to 1/e [rad/s]."""
NAMES = ("coulomb", "viscous", "stribeck_1", "stribeck_2", "stribeck_3", "offset", "rotor", "load")
"""Coefficients of friction in the order of `friction_columns`."""
LOAD = NAMES.index("load")
TURN = 0.01
"""Speed within which Coulomb friction turns round [rad/s]."""
_LEAST_HOLD = 0.5
"""Share of Coulomb friction that holds a joint at least: what was identified in motion says little of standstill."""


class Drives(NamedTuple):
    """What turns torque into current.

    Attributes:
        gain: Torque per ampere, shape (n,) [N m/A].
        friction: Coefficients by joint, shape (n, 8) [A, A s/rad, A, A, A, A, A s2/rad, none].
        range: Current that the torque limit takes, shape (n,) [A].
    """

    gain: Array
    friction: Array
    range: Array


def friction_columns(qd: Array, qdd: Array, pull: Array, full: Array) -> Array:
    """Return friction per coefficient.

    Args:
        qd, qdd: Shape (..., n).
        pull: Torque over gain, shape (..., n) [A].
        full: Current that the torque limit takes, shape (n,) [A].
    Returns:
        Shape (..., n, 8).
    """
    sign, speed = np.tanh(qd / TURN), np.abs(qd)
    falling = [sign * np.exp(-speed / at) for at in STRIBECK]
    load = sign * pull * pull / full
    return np.stack([sign, qd, *falling, np.ones_like(qd), qdd, load], axis=-1)


def current_of(drives: Drives, torque: Array, qd: Array, qdd: Array) -> tuple[Array, Array]:
    """Return the current of a motion, and by how much it rises with the torque, shapes (..., n) [A, A/(N m)]."""
    pull = torque / drives.gain
    columns = friction_columns(qd, qdd, pull, drives.range)
    current = pull + (columns * drives.friction).sum(-1)
    slope = 1.0 + 2.0 * np.tanh(qd / TURN) * pull * drives.friction[:, LOAD] / drives.range
    return current, slope / drives.gain


def breakaway(drives: Drives, torque: Array) -> Array:
    """Return the current that friction of a joint at rest holds, either way, shape (..., n) [A].

    Args:
        torque: What the gears pass on, shape (..., n) [N m].
    """
    friction, pull = drives.friction, torque / drives.gain
    first = NAMES.index("stribeck_1")
    still = friction[:, 0] + friction[:, first : first + len(STRIBECK)].sum(-1)
    level = still + friction[:, LOAD] * pull * pull / drives.range
    return np.maximum(level, _LEAST_HOLD * np.abs(friction[:, 0]))
