"""What the physics says of the contact between a finger's pad and an object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from robolab.core.transforms import Array


@dataclass(frozen=True)
class Touch:
    """Contact points of one pad, in pad axes: across the finger, then along it.

    Attributes:
        points: From the pad's middle, shape (n, 2) [m].
        normal: Shape (n,) [N].
        shear: What the object does to the pad, shape (n, 2) [N].
        friction: Coefficient between the two.
        twist: Torque that the object does to the pad by torsional friction, which its points do not show [N m].
    """

    points: Array
    normal: Array
    shear: Array
    friction: float
    twist: float = 0.0

    @property
    def force(self) -> Array:
        """Normal force, and shear across and along, shape (3,) [N]."""
        return np.array([self.normal.sum(), *self.shear.sum(axis=0)])


def touch_of(
    contacts: Sequence[Sequence[Any]], middle: Array, axes: Array, friction: float
) -> Touch:
    """Read PyBullet's contact points of a pad, which has to be body A of them.

    Args:
        contacts: What `getContactPoints` has returned.
        middle: Of the pad in world, shape (3,) [m].
        axes: Its across and along axes in world, shape (2, 3).
    """
    rows = [(*c[5], c[9], c[10], *c[11], c[12], *c[13]) for c in contacts if c[9] > 0.0]
    table = np.array(rows, dtype=float).reshape(-1, 12)
    shear = table[:, 4:5] * table[:, 5:8] + table[:, 8:9] * table[:, 9:12]
    return Touch((table[:, :3] - middle) @ axes.T, table[:, 3].copy(), shear @ axes.T, friction)


def torque_across(contacts: Sequence[Sequence[Any]], where: int, centre: Array) -> float:
    """Return the torque about x of the forces on the first body of contacts [N m].

    Args:
        contacts: What `getContactPoints` has returned.
        where: Whose points count: 5 for the first body's, 6 for the second's.
        centre: What it is about, shape (3,) [m].
    """
    y, z = centre[1:].tolist()
    torque = 0.0
    for c in contacts:
        side = c[9] * c[7][1] + c[10] * c[11][1] + c[12] * c[13][1]
        up = c[9] * c[7][2] + c[10] * c[11][2] + c[12] * c[13][2]
        torque += (c[where][1] - y) * up - (c[where][2] - z) * side
    return torque
