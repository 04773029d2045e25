"""What a pile of objects and the hand above it are made of in the physics."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from robolab.core.transforms import Array
from robolab.sim.client import p
from robolab.sim.sliding_hand import JOINTS, load_sliding_hand

OPEN = 0.08
"""Greatest distance between the fingers: the Panda's [m]."""
PAD = 0.02
"""Width of a finger across the closing axis [m]."""
THICK = 0.01
"""Of a finger along the closing axis [m]."""
LONG = 0.045
"""Of a finger, from its end to the hand [m]."""
HAND = (0.204, 0.063, 0.1)
"""The Panda hand's size along x, y and z [m]."""
SLIDES, PALM, FINGERS = (0, 1, 2), 2, (3, 4)
"""The hand's joints, and its links of the same number: three slides, the last with the palm, and two fingers."""
_GEAR_FORCE = 400.0
_FINGER_MASS, _PALM_MASS = 0.05, 0.1
_ORIGIN = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Item:
    """An object of a pile.

    Attributes:
        mesh: OBJ file; each of its groups is convex, or taken as its hull.
        scale: Metres in the mesh's unit.
        mass: [kg].
        friction: Between it and everything else.
        colour: Red, green and blue, 0 to 1.
    """

    mesh: Path
    scale: float
    mass: float
    friction: float
    colour: tuple[float, float, float] = (0.5, 0.5, 0.5)


def load_box(client: int, half: tuple[float, ...], middle: tuple[float, ...]) -> int:
    """Load a box that stands still; return its number."""
    shape = p.createCollisionShape(p.GEOM_BOX, halfExtents=half, physicsClientId=client)
    look = p.createVisualShape(
        p.GEOM_BOX, halfExtents=half, rgbaColor=(0.85, 0.85, 0.82, 1.0), physicsClientId=client
    )
    body = p.createMultiBody(0.0, shape, look, middle, physicsClientId=client)
    p.changeDynamics(body, -1, lateralFriction=1.0, physicsClientId=client)
    return body


def load_item(client: int, item: Item, position: Array, quat: Array) -> int:
    """Load an object at a position (3,) [m], turned by a quaternion (4,), xyzw; return its number."""
    scale = [item.scale] * 3
    file = {"fileName": str(item.mesh), "meshScale": scale, "physicsClientId": client}
    shape = p.createCollisionShape(p.GEOM_MESH, **file)
    look = p.createVisualShape(p.GEOM_MESH, rgbaColor=(*item.colour, 1.0), **file)
    body = p.createMultiBody(
        item.mass,
        shape,
        look,
        position.tolist(),
        quat.tolist(),
        useMaximalCoordinates=True,  # half the time of a step
        physicsClientId=client,
    )
    p.changeDynamics(
        body,
        -1,
        lateralFriction=item.friction,
        spinningFriction=0.002,
        rollingFriction=0.0005,
        activationState=p.ACTIVATION_STATE_DISABLE_SLEEPING,
        physicsClientId=client,
    )
    return body


def load_hand(client: int) -> int:
    """Load the open hand, its frame in the world's; return its number."""
    finger, palm = (
        p.createCollisionShape(
            p.GEOM_BOX, halfExtents=[side / 2 for side in size], physicsClientId=client
        )
        for size in ((THICK, PAD, LONG), HAND)
    )
    reach = (OPEN + THICK) / 2.0
    hand = load_sliding_hand(
        client,
        masses=[_PALM_MASS] * 3 + [_FINGER_MASS] * 2,
        shapes=[-1, -1, palm, finger, finger],
        places=[
            _ORIGIN,
            _ORIGIN,
            (0.0, 0.0, LONG + HAND[2] / 2),
            (-reach, 0.0, -(LONG + HAND[2]) / 2),
            (reach, 0.0, -(LONG + HAND[2]) / 2),
        ],
    )
    for link in range(JOINTS):
        p.changeDynamics(hand, link, spinningFriction=0.005, physicsClientId=client)
    gear = p.createConstraint(
        hand, 3, hand, 4, p.JOINT_GEAR, (1, 0, 0), _ORIGIN, _ORIGIN, physicsClientId=client
    )
    p.changeConstraint(gear, gearRatio=-1, erp=0.1, maxForce=_GEAR_FORCE, physicsClientId=client)
    return hand
