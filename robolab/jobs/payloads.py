"""What an object weighs in the robot's hand."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array
from robolab.jobs.bounds import half_size
from robolab.robots.model import Payload
from robolab.scene.spec import CylinderShape, ObjectSpec, SceneSpec, SphereShape


def payload_of(scene: SceneSpec, item: ObjectSpec, X_tcp_object: Array) -> Payload:
    """Return an object of even density as a load on the tool."""
    centre, _ = half_size(scene, item.shape)
    R = X_tcp_object[:3, :3]
    com = X_tcp_object[:3, :3] @ centre + X_tcp_object[:3, 3]
    return Payload(item.mass, com, R @ _inertia(scene, item) @ R.T)


def _inertia(scene: SceneSpec, item: ObjectSpec) -> Array:
    shape, mass = item.shape, item.mass
    if isinstance(shape, SphereShape):
        return np.eye(3) * 0.4 * mass * shape.radius**2
    if isinstance(shape, CylinderShape):
        side = mass * (3.0 * shape.radius**2 + shape.length**2) / 12.0
        return np.diag([side, side, mass * shape.radius**2 / 2.0])
    _, half = half_size(scene, shape)
    x, y, z = (2.0 * half) ** 2
    return np.diag([y + z, x + z, x + y]) * mass / 12.0
