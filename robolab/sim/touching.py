"""What presses on a link, contact by contact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.sim.arm import Arm
from robolab.sim.client import p


@dataclass(frozen=True)
class Contact:
    """One point of contact on a link.

    Attributes:
        body: The other body's number in the physics.
        point: Where, on the link, in world, shape (3,) [m].
        force: On the link, friction included, in world, shape (3,) [N].
        friction: Coefficient between the two.
    """

    body: int
    point: Array
    force: Array
    friction: float


def contacts_on(client: int, arm: Arm, link: str) -> list[Contact]:
    """Return the contacts that press on a robot's link.

    Raises:
        UnknownName: the robot has no such link.
    """
    index = arm.link(link)
    own = _friction(client, arm.body, index)
    found: list[Contact] = []
    for c in p.getContactPoints(bodyA=arm.body, linkIndexA=index, physicsClientId=client):
        if c[9] > 0.0 and c[2] != arm.body:
            force = c[9] * np.array(c[7]) + c[10] * np.array(c[11]) + c[12] * np.array(c[13])
            friction = own * _friction(client, c[2], c[4])
            found.append(Contact(c[2], np.array(c[5]), force, friction))
    return found


def _friction(client: int, body: int, link: int) -> float:
    return float(p.getDynamicsInfo(body, link, physicsClientId=client)[1])
