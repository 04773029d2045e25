"""Upright bounding boxes of scene objects: which bodies an object may rest on or stand against."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array, apply
from robolab.scene.load import mesh_file
from robolab.scene.spec import BoxShape, CylinderShape, MeshShape, SceneSpec, Shape, SphereShape

_TOUCH = 0.004
"""Bodies nearer than this to an object at rest count as touching it [m]."""


def half_size(scene: SceneSpec, shape: Shape) -> tuple[Array, Array]:
    """Return centre and half size of a shape's box in its own frame, each of shape (3,) [m]."""
    centre = np.zeros(3)
    if isinstance(shape, BoxShape):
        return centre, np.array(shape.size) / 2.0
    if isinstance(shape, CylinderShape):
        return centre, np.array([shape.radius, shape.radius, shape.length / 2.0])
    if isinstance(shape, SphereShape):
        return centre, np.full(3, shape.radius)
    return _mesh_box(scene, shape)


def _mesh_box(scene: SceneSpec, shape: MeshShape) -> tuple[Array, Array]:
    import trimesh

    low, high = trimesh.load(mesh_file(scene, shape), force="mesh").bounds * shape.scale
    return (low + high) / 2.0, (high - low) / 2.0


def near_bodies(scene: SceneSpec, name: str, poses: dict[str, Array]) -> frozenset[str]:
    """Return the bodies whose upright boxes touch that of an object, the floor included."""
    low, high = _upright(scene, name, poses)
    touching = {
        item.name
        for item in scene.objects
        if item.name != name and _overlap(low, high, *_upright(scene, item.name, poses))
    }
    if scene.floor and low[2] - _TOUCH <= scene.floor_height:
        touching.add("floor")
    return frozenset(touching)


def _upright(scene: SceneSpec, name: str, poses: dict[str, Array]) -> tuple[Array, Array]:
    centre, half = half_size(scene, scene.object(name).shape)
    signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T
    corners = apply(poses[name], centre + signs * half)
    return corners.min(axis=0), corners.max(axis=0)


def _overlap(low_a: Array, high_a: Array, low_b: Array, high_b: Array) -> bool:
    return bool(np.all(low_a - _TOUCH <= high_b) and np.all(low_b - _TOUCH <= high_a))
