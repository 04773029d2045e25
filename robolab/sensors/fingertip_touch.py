"""From what presses on an optical fingertip to everything that can be read from it, without any physics engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.sensors.gel import Dragged, Gel, Pressed, drag, moved_marks, press, roughen
from robolab.sensors.relief import Body, gap_of, texture_of

SOFT_LAYER = 0.01
"""Thickness of an object's material that gives way under the gel [m]."""


@dataclass(frozen=True)
class Load:
    """What contact does to a gel, in its frame.

    Attributes:
        normal: Force into the gel [N].
        shear: Force along x and y [N].
        torque: About z [N m].
        friction: Coefficient between the gel and what touches it.
    """

    normal: float
    shear: tuple[float, float] = (0.0, 0.0)
    torque: float = 0.0
    friction: float = 1.0


@dataclass(frozen=True)
class Touch:
    """A gel under a load.

    Attributes:
        marks: Where the printed dots are, shape (n, 2) [pixels].
    """

    pressed: Pressed
    dragged: Dragged
    marks: Array


def touch(gel: Gel, bodies: Sequence[tuple[Body, Array]], load: Load) -> Touch:
    """Press and drag objects on a gel.

    Args:
        bodies: Each with its pose in the gel's frame, shape (4, 4); they move along +z as one until the force is met.
    """
    gap = gap_of(gel, bodies)
    pressed = press(gel, gap, load.normal, softness_of(gel, bodies))
    if pressed.contact.any():
        for body, X_gel_body in bodies:
            if body.texture is not None:
                own = gap if len(bodies) == 1 else gap_of(gel, [(body, X_gel_body)])
                texture = texture_of(gel, body, X_gel_body, own)
                texture = np.where(own <= gap, texture, np.float32(0.0))
                rough = body.texture.roughness, body.texture.correlation
                pressed = roughen(gel, pressed, texture, *rough)
    dragged = drag(gel, pressed, load.shear, load.torque, load.friction)
    return Touch(pressed, dragged, moved_marks(gel, pressed, dragged))


def softness_of(gel: Gel, bodies: Sequence[tuple[Body, Array]]) -> float:
    """Return how far objects give way for each give of the gel: the mean over them."""
    if not bodies:
        return 0.0
    return float(np.mean([gel.stiffness * SOFT_LAYER / body.modulus for body, _ in bodies]))
