"""What surrounds the robot, as arrays that kernels can chew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from robolab.core.transforms import Array

Sized = tuple[str, Array, Array]
"""Name, X_world_solid (4, 4), and half sizes (3,) of a box or radius and half length (2,) of a cylinder [m]."""
Ball = tuple[str, Array]
"""Name, and centre and radius, shape (4,) [m]."""


def _empty(*shape: int) -> Array:
    return np.zeros((0, *shape))


@dataclass(frozen=True)
class Obstacles:
    """Boxes, cylinders, spheres and points in world. Names are those of the bodies they belong to.

    Attributes:
        box_pose: X_world_box, shape (b, 4, 4); box_half: half sizes, shape (b, 3) [m].
        cylinder_pose: shape (c, 4, 4), along z; cylinder_size: radius and half length, shape (c, 2) [m].
        sphere: Centre and radius, shape (s, 4) [m].
        points: Shape (k, 3) [m], each a ball of `point_radius`.
    """

    box_pose: Array = field(default_factory=lambda: _empty(4, 4))
    box_half: Array = field(default_factory=lambda: _empty(3))
    box_names: tuple[str, ...] = ()
    cylinder_pose: Array = field(default_factory=lambda: _empty(4, 4))
    cylinder_size: Array = field(default_factory=lambda: _empty(2))
    cylinder_names: tuple[str, ...] = ()
    sphere: Array = field(default_factory=lambda: _empty(4))
    sphere_names: tuple[str, ...] = ()
    points: Array = field(default_factory=lambda: _empty(3))
    point_radius: float = 0.01
    points_name: str = "point cloud"

    @staticmethod
    def of(boxes: Sequence[Sized], cylinders: Sequence[Sized], balls: Sequence[Ball]) -> Obstacles:
        """Stack solids that were gathered one by one."""
        return Obstacles(
            box_pose=np.array([X for _, X, _ in boxes]).reshape(-1, 4, 4),
            box_half=np.array([half for _, _, half in boxes]).reshape(-1, 3),
            box_names=tuple(name for name, _, _ in boxes),
            cylinder_pose=np.array([X for _, X, _ in cylinders]).reshape(-1, 4, 4),
            cylinder_size=np.array([size for _, _, size in cylinders]).reshape(-1, 2),
            cylinder_names=tuple(name for name, _, _ in cylinders),
            sphere=np.array([ball for _, ball in balls]).reshape(-1, 4),
            sphere_names=tuple(name for name, _ in balls),
        )
