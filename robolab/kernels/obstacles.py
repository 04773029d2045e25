"""What surrounds the robot, as arrays that kernels can chew."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from robolab.core.transforms import Array


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
