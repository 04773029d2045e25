"""A scene's bodies as obstacles, and a carried object as spheres on the tool."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import product

import numpy as np

from robolab.core.transforms import Array, pose
from robolab.kernels.compiled_data import CARRIED
from robolab.kernels.obstacles import Ball, Obstacles, Sized
from robolab.planning.hull_boxes import hull_boxes
from robolab.robots.model import Chain, Spheres
from robolab.scene.load import mesh_file
from robolab.scene.spec import (
    BoxShape,
    CylinderShape,
    MeshShape,
    SceneSpec,
    Shape,
    SphereShape,
)

FLOOR = "floor"
_FLOOR_HALF = np.array([50.0, 50.0, 0.5])
_OVERHANG = 0.02
"""How far covering spheres may stand out of a carried object [m], or this share of its size if that is more."""
_OVERHANG_SHARE = 0.05
_TURNS = 24


def obstacles_of(
    scene: SceneSpec,
    without: Iterable[str] = (),
    poses: Mapping[str, Array] | None = None,
    inflate: float = 0.0,
) -> Obstacles:
    """Return what surrounds the robot in a realised scene.

    Boxes, cylinders and spheres are exact; of a mesh the convex hull counts, covered by boxes.

    Args:
        without: Names of bodies to leave out (carried or to be touched); "floor" may be among them.
        poses: Poses in world, shape (4, 4), of objects that stand elsewhere than the scene says.
        inflate: Added to every surface [m].
    """
    gone, poses = set(without), poses or {}
    boxes: list[Sized] = []
    cylinders: list[Sized] = []
    balls: list[Ball] = []
    for item in scene.objects:
        if item.name in gone:
            continue
        X, shape = poses.get(item.name, item.pose.matrix()), item.shape
        if isinstance(shape, CylinderShape):
            size = np.array([shape.radius, shape.length / 2.0]) + inflate
            cylinders.append((item.name, X, size))
        elif isinstance(shape, SphereShape):
            balls.append((item.name, np.append(X[:3, 3], shape.radius + inflate)))
        else:
            boxes += [(item.name, X @ L, h + inflate) for L, h in boxes_of(scene, shape)]
    if scene.floor and FLOOR not in gone:
        top = scene.floor_height + inflate
        boxes.append((FLOOR, pose([0.0, 0.0, top - _FLOOR_HALF[2]]), _FLOOR_HALF))
    return Obstacles.of(boxes, cylinders, balls)


def boxes_of(scene: SceneSpec, shape: BoxShape | MeshShape) -> list[tuple[Array, Array]]:
    """Boxes that cover a shape: pose in the shape's frame (4, 4) and half sizes (3,) [m]."""
    if isinstance(shape, BoxShape):
        return [(np.eye(4), np.array(shape.size) / 2.0)]
    return hull_boxes(mesh_file(scene, shape), shape.scale)


def carried_spheres(
    spheres: Spheres,
    shape: Shape,
    X_tcp_object: Array,
    chain: Chain,
    scene: SceneSpec | None = None,
) -> Spheres:
    """Add spheres that cover a carried object; they ride on the last frame.

    They are tested against the robot's own spheres, except those that never move relative to the tool and
    those that they touch however the last joint turns. Their body is named `CARRIED`.

    Args:
        X_tcp_object: Pose of the object in the tool, shape (4, 4).
        scene: Needed for a mesh, whose file lies beside it.
    """
    local = _cover(shape, scene)
    X = chain.X_last_tcp @ X_tcp_object
    centre = local[:, :3] @ X[:3, :3].T + X[:3, 3]
    last, count, added = chain.axis.shape[0], len(spheres.radius), len(local)
    grown = replace(
        spheres,
        link=np.concatenate([spheres.link, np.full(added, last)]),
        centre=np.vstack([spheres.centre, centre]),
        radius=np.concatenate([spheres.radius, local[:, 3]]),
        body=spheres.body + (CARRIED,) * added,
    )
    always = _always_touching(grown, count, chain)
    partners = [i for i in range(count) if spheres.link[i] < last and not always[i]]
    pairs = np.array(list(product(partners, range(count, count + added))), dtype=int)
    old = np.asarray(spheres.pairs, dtype=int).reshape(-1, 2)
    return replace(grown, pairs=np.vstack([old, pairs.reshape(-1, 2)]))


def _always_touching(spheres: Spheres, count: int, chain: Chain) -> np.ndarray:
    """Which of the first `count` spheres, just before the last joint, the others touch at every turn."""
    last = chain.axis.shape[0]
    near = np.where(spheres.link[:count] == last - 1)[0]
    result = np.zeros(count, dtype=bool)
    result[near] = True
    if chain.prismatic[-1]:
        return result
    for angle in np.linspace(-np.pi, np.pi, _TURNS, endpoint=False):
        X = chain.fixed[-1] @ pose(quat_xyzw=_turn(chain.axis[-1], angle))
        moved = spheres.centre[count:] @ X[:3, :3].T + X[:3, 3]
        gap = np.linalg.norm(moved[:, None] - spheres.centre[near], axis=-1)
        touch = gap < spheres.radius[count:, None] + spheres.radius[near]
        result[near] &= touch.any(axis=0)
    return result


def _turn(axis: Array, angle: float) -> Array:
    return np.append(axis * np.sin(angle / 2.0), np.cos(angle / 2.0))


def _cover(shape: Shape, scene: SceneSpec | None) -> Array:
    """Spheres that cover a shape, in its frame: centre and radius, shape (s, 4) [m]."""
    if isinstance(shape, SphereShape):
        return np.array([[0.0, 0.0, 0.0, shape.radius]])
    if isinstance(shape, CylinderShape):
        return _cover_cylinder(shape.radius, shape.length / 2.0)
    if isinstance(shape, BoxShape):
        return _cover_box(np.array(shape.size) / 2.0)
    assert scene is not None, "a mesh needs the scene that names its file"
    covers: list[Array] = []
    for X, half in boxes_of(scene, shape):
        cover = _cover_box(half)
        cover[:, :3] = cover[:, :3] @ X[:3, :3].T + X[:3, 3]
        covers.append(cover)
    return np.vstack(covers)


def _cover_box(half: Array) -> Array:
    """One sphere around each cell of a grid; cells inside are left out, as nothing hides there."""
    centre, size = _cells(half)
    surface = np.any(np.abs(centre) + size / 2.0 > half - 1e-9, axis=1)
    return _around(centre[surface], size)


def _cover_cylinder(radius: float, half: float) -> Array:
    """Slender cylinders by spheres on the axis, stout ones by the cells that hold some of their surface."""
    if radius <= 2.0 * _OVERHANG:
        count = max(int(np.ceil(half / radius)), 1) * 2
        size = 2.0 * half / count
        z = (np.arange(count) + 0.5) * size - half
        ball = np.full(count, float(np.hypot(radius, size / 2.0)))
        cover = np.zeros((count, 4))
        cover[:, 2], cover[:, 3] = z, ball
        return cover
    centre, size = _cells(np.array([radius, radius, half]))
    reach = np.abs(centre)
    nearest = np.linalg.norm(np.maximum(reach - size / 2.0, 0.0)[:, :2], axis=1)
    farthest = np.linalg.norm((reach + size / 2.0)[:, :2], axis=1)
    end = reach[:, 2] + size[2] / 2.0 > half - 1e-9
    return _around(centre[(nearest < radius) & (end | (farthest > radius))], size)


def _cells(half: Array) -> tuple[Array, Array]:
    """Centres, shape (s, 3), and size, shape (3,), of a grid's cells that spheres may stand for [m]."""
    overhang = max(_OVERHANG, _OVERHANG_SHARE * 2.0 * half.max())
    cell = 2.0 * overhang / (3.0**0.5 - 1.0)
    count = np.maximum(np.ceil(2.0 * half / cell - 1e-9), 1).astype(int)
    size = 2.0 * half / count
    index = np.array(list(product(*(range(n) for n in count))), dtype=float)
    return (index + 0.5) * size - half, size


def _around(centre: Array, size: Array) -> Array:
    radius = float(np.linalg.norm(size)) / 2.0
    return np.hstack([centre, np.full((len(centre), 1), radius)])
