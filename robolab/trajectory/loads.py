"""Loads of which only a range is known, and the payloads that stand for all in it.

The torque of a motion is affine in a load's mass and first moments. Where it stays within its limit
for both ends of a range of mass, it does so for all between; for the centre of mass, which may be off
in any direction, the torque's change with it is bounded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.model import Payload, RobotModel


@dataclass(frozen=True)
class LoadRange:
    """A load somewhere between two.

    Attributes:
        light, heavy: The least and the most that it may be, with the likeliest centre of mass.
        off: How far the centre of mass may be from there, in any direction [m].
    """

    light: Payload
    heavy: Payload
    off: float = 0.0

    @classmethod
    def around(cls, likely: Payload, light: float, heavy: float, off: float) -> LoadRange:
        """Return the range between two masses [kg] of a body of the likely one's shape and even density."""
        return cls(scaled(likely, light), scaled(likely, heavy), off)

    def holds(self, load: Payload) -> bool:
        """Whether a load lies within the range."""
        away = float(np.linalg.norm(np.asarray(load.com) - np.asarray(self.heavy.com)))
        return self.light.mass <= load.mass <= self.heavy.mass and away <= self.off


Load = Payload | LoadRange | None
"""What a motion is timed for: a payload that is known, one of which a range is known, or none."""


def scaled(load: Payload, mass: float) -> Payload:
    """Return a body of the same shape and even density with another mass [kg]."""
    share = mass / load.mass if load.mass > 0.0 else 0.0
    return replace(load, mass=mass, inertia=np.asarray(load.inertia) * share)


def ends(load: Load) -> tuple[Payload | None, ...]:
    """Return the payloads that a motion has to be possible with."""
    return (load.heavy, load.light) if isinstance(load, LoadRange) else (load,)


def heaviest(load: Load) -> Payload | None:
    """Return the most that a load may be."""
    return load.heavy if isinstance(load, LoadRange) else load


def off_centre_torque(robot: RobotModel, load: Load, q: Array, qd: Array, qdd: Array) -> Array:
    """Return how much more torque a centre of mass may ask that is off by as much as a load's may be.

    Args:
        q: Shape (k, n). qd, qdd: Of m motions through them, shape (m, k, n), or (k, n).
    Returns:
        Of the shape of qd, never negative [N m or N].
    """
    if not isinstance(load, LoadRange) or load.off <= 0.0:
        return np.zeros_like(qd)
    centre = np.asarray(load.heavy.com, dtype=float)

    def torque(away: Array) -> Array:
        return robot.inverse_dynamics(q, qd, qdd, replace(load.heavy, com=centre + away))

    middle = torque(np.zeros(3))
    changes = [
        np.maximum(np.abs(torque(step) - middle), np.abs(torque(-step) - middle))
        for step in load.off * np.eye(3)
    ]
    return np.linalg.norm(changes, axis=0)
