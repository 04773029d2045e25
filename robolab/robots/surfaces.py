"""The collision surface of each link as small triangles."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robolab.core.transforms import Array, apply
from robolab.robots.meshes import vertices_and_faces
from robolab.robots.urdf import Tree, origin_of, vector

_SIDES = 40
"""Sides of the prisms that stand for cylinders; they are circumscribed, so nothing is lost."""


@dataclass(frozen=True)
class Surface:
    """Triangles of one link in its own frame: corners, shape (t, 3, 3) [m]."""

    body: str
    corners: Array


def surfaces_of(tree: Tree) -> list[Surface]:
    """Return the collision surfaces of all links that have any."""
    shapes: dict[str, list[Array]] = {}
    for body, triangles in collision_shapes(tree):
        shapes.setdefault(body, []).append(triangles)
    return [Surface(body, np.concatenate(parts)) for body, parts in shapes.items()]


def collision_shapes(tree: Tree) -> list[tuple[str, Array]]:
    """Return link and triangles, shape (t, 3, 3) in the link's frame [m], of every collision element."""
    return [
        (link.attrib["name"], _shape(collision))
        for link in tree.element.findall("link")
        for collision in link.findall("collision")
    ]


def halve(corners: Array) -> Array:
    """Cut each triangle, shape (t, 3, 3), in two across its longest edge."""
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=1), axis=2)
    # Turn each triangle so that its longest edge runs from corner 0 to corner 1.
    order = (sides.argmax(axis=1)[:, None] + np.arange(3)) % 3
    turned = np.take_along_axis(corners, order[:, :, None], axis=1)
    middle = turned[:, :2].mean(axis=1)
    first = np.stack([turned[:, 0], middle, turned[:, 2]], axis=1)
    second = np.stack([middle, turned[:, 1], turned[:, 2]], axis=1)
    return np.concatenate([first, second])


def sample(corners: Array, count: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Draw points evenly over triangles, shape (t, 3, 3); return them and their normals (count, 3)."""
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    twice = np.linalg.norm(cross, axis=1)
    corners, cross, twice = corners[twice > 0.0], cross[twice > 0.0], twice[twice > 0.0]
    steps = (np.arange(count) + rng.random(count)) / count
    chosen = np.searchsorted(np.cumsum(twice) / twice.sum(), steps).clip(0, len(twice) - 1)
    u, v = rng.random((2, count))
    flip = u + v > 1.0
    u, v = np.where(flip, 1.0 - u, u), np.where(flip, 1.0 - v, v)
    a, b, c = np.moveaxis(corners[chosen], 1, 0)
    points = a + u[:, None] * (b - a) + v[:, None] * (c - a)
    return points, cross[chosen] / twice[chosen, None]


def _shape(collision: ET.Element) -> Array:
    X = origin_of(collision)
    geometry = collision.find("geometry")
    assert geometry is not None
    for mesh in geometry.iter("mesh"):
        vertices, faces = vertices_and_faces(Path(mesh.attrib["filename"]))
        scaled = vertices * vector(mesh.get("scale", "1 1 1"))
        return apply(X, scaled[faces])
    return apply(X, _primitive(geometry))


def _primitive(geometry: ET.Element) -> Array:
    import trimesh

    box, cylinder, sphere = (geometry.find(tag) for tag in ("box", "cylinder", "sphere"))
    if box is not None:
        mesh = trimesh.creation.box(extents=vector(box.attrib["size"]))
    elif cylinder is not None:
        radius = float(cylinder.attrib["radius"]) / np.cos(np.pi / _SIDES)
        mesh = trimesh.creation.cylinder(radius, float(cylinder.attrib["length"]), sections=_SIDES)
    else:
        assert sphere is not None
        mesh = trimesh.creation.icosphere(3, float(sphere.attrib["radius"]) * 1.01)
    return np.asarray(mesh.vertices, dtype=float)[np.asarray(mesh.faces)]
