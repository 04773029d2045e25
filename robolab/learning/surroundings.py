"""A scene's objects as what training measures distances to: fixed solids and movable ones."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array, inverse, pose
from robolab.kernels.batched_cost import Movable
from robolab.kernels.obstacles import Ball, Obstacles, Sized
from robolab.scene.load import mesh_file
from robolab.scene.spec import BoxShape, CylinderShape, ObjectSpec, Pick, SceneSpec, SphereShape

_SLAB = (20.0, 1.0)
"""Half width and thickness of the floor as a box [m]."""
_HELD_SPACING = 0.1
"""Greatest distance between the sphere centres that cover a held object [m]."""


def movable_objects(scene: SceneSpec) -> tuple[ObjectSpec, ...]:
    """The objects that are not fixed in place; their poses are inputs of a policy."""
    return tuple(item for item in scene.objects if item.mass > 0.0)


def solid(scene: SceneSpec, item: ObjectSpec) -> tuple[Array, Array, float, bool]:
    """Return centre (3,) and half sizes (3,) in the object's frame, rounding [m], and whether it is a cylinder.

    Half sizes of a cylinder are radius, half length, 0. A mesh counts as its bounding box.
    """
    shape, centre = item.shape, np.zeros(3)
    if isinstance(shape, BoxShape):
        return centre, np.array(shape.size) / 2.0, 0.0, False
    if isinstance(shape, CylinderShape):
        return centre, np.array([shape.radius, shape.length / 2.0, 0.0]), 0.0, True
    if isinstance(shape, SphereShape):
        return centre, np.zeros(3), shape.radius, False
    import trimesh

    low, high = trimesh.load(mesh_file(scene, shape), force="mesh").bounds * shape.scale
    return (low + high) / 2.0, (high - low) / 2.0, 0.0, False


def fixed_obstacles(scene: SceneSpec) -> Obstacles:
    """Everything that never moves, floor included."""
    boxes: list[Sized] = []
    tubes: list[Sized] = []
    balls: list[Ball] = []
    for item in scene.objects:
        if item.mass > 0.0:
            continue
        centre, half, rounding, cylinder = solid(scene, item)
        X = item.pose.matrix() @ pose(centre)
        if cylinder:
            tubes.append((item.name, X, half[:2]))
        elif rounding > 0.0:
            balls.append((item.name, np.append(X[:3, 3], rounding)))
        else:
            boxes.append((item.name, X, half))
    if scene.floor:
        width, depth = _SLAB
        X = pose((0.0, 0.0, scene.floor_height - depth))
        boxes.append(("floor", X, np.array([width, width, depth])))
    return Obstacles.of(boxes, tubes, balls)


def movables_of(scene: SceneSpec) -> tuple[Movable, ...]:
    """The movable objects as solids, and as spheres for when the tool holds them as the job does."""
    grasps = {step.object: step.grasp.matrix() for step in scene.job if isinstance(step, Pick)}
    result: list[Movable] = []
    for item in movable_objects(scene):
        _, half, rounding, cylinder = solid(scene, item)
        X_tcp_obj = inverse(grasps.get(item.name, np.eye(4)))
        centres, radius = _cover(half, rounding, cylinder)
        held = centres @ X_tcp_obj[:3, :3].T + X_tcp_obj[:3, 3]
        result.append(
            Movable(item.name, half, rounding, cylinder, held, np.full(len(held), radius))
        )
    return tuple(result)


def _cover(half: Array, rounding: float, cylinder: bool) -> tuple[Array, float]:
    """Sphere centres, shape (k, 3), of one radius that together cover a solid centred at zero."""
    box = np.array([half[0], half[0], half[1]]) if cylinder else half
    counts = np.maximum(np.ceil(2.0 * box / _HELD_SPACING).astype(int), 1)
    cell = box / counts
    steps = [(2.0 * np.arange(k) + 1.0 - k) * c for k, c in zip(counts, cell, strict=True)]
    centres = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, 3)
    return centres, float(np.linalg.norm(cell)) + rounding
