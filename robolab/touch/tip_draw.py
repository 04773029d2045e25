"""Presses on an optical fingertip drawn at random: what is touched, how it lies, and with what force.

Objects are of two kinds: plain shapes, whose class and curvature are known, and PyBullet's random objects. Both are
split: random objects 0 to 799 teach and 800 to 899 try; of plain shapes, the range of sizes is cut into eight bands,
of which the third and the sixth try.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from scipy.spatial import ConvexHull

from robolab.core.assets import package_file
from robolab.core.errors import MissingAsset
from robolab.core.transforms import Array
from robolab.robots.meshes import vertices_and_faces
from robolab.scene.spec import BoxShape, CylinderShape, SphereShape
from robolab.sensors.fingertip_touch import Load
from robolab.sensors.relief import Body, Texture, body_of

Split = Literal["learn", "calibrate", "test"]
CLASSES = ("ball", "rod", "face", "edge", "corner")
OBJECTS: dict[Split, tuple[int, int]] = {
    "learn": (0, 720),
    "calibrate": (720, 800),
    "test": (800, 900),
}
_BANDS, _TEST_BANDS = 8, (2, 5)
_SCALE = 0.015
"""Of the random objects' meshes, as their descriptions say."""
NORMAL = (0.5, 12.0)
"""Normal force [N]; even in its logarithm."""
SHEAR = 3.0
"""Largest shear force [N]."""
FRICTION = (0.2, 1.2)
ROUGHNESS = (0.5e-6, 50e-6)
CORRELATION = (1.5e-4, 6e-4)
MODULUS = (2e5, 1e7)
"""Of soft objects [Pa]."""


@dataclass(frozen=True)
class Drawn:
    """A body to touch.

    Attributes:
        X_gel_body: Its pose, shape (4, 4); how far away does not matter.
        kind: Index into CLASSES, or -1 where it is none of them.
        curvature: Largest of its surface where it is touched [1/m], or -1 where there is no telling.
    """

    body: Body
    X_gel_body: Array
    kind: int
    curvature: float


def draw_texture(rng: np.random.Generator, split: Split) -> Texture:
    """Draw a rough surface; roughness and correlation are of bands that the other split does not draw."""
    roughness = _banded(rng, *ROUGHNESS, split)
    return Texture.drawn(roughness, float(np.exp(rng.uniform(*np.log(CORRELATION)))), rng)


def draw_load(rng: np.random.Generator) -> Load:
    """Draw forces, the shear within what friction bears."""
    normal = float(np.exp(rng.uniform(*np.log(NORMAL))))
    friction = float(rng.uniform(*FRICTION))
    shear = min(float(rng.uniform(0.0, 0.95)) * friction * normal, SHEAR)
    angle = rng.uniform(-np.pi, np.pi)
    torque = float(rng.uniform(-1.0, 1.0)) * 0.1 * (friction * normal - shear) * 2e-3
    along = float(shear * np.cos(angle)), float(shear * np.sin(angle))
    return Load(normal, along, torque, friction)


def draw_object(
    rng: np.random.Generator, split: Split, rough: bool = True, plain: float = 0.5
) -> Drawn:
    """Draw something to touch and how it lies.

    Args:
        rough: Whether half of them shall have a rough surface.
        plain: Share of plain shapes.
    """
    texture = draw_texture(rng, split) if rough and rng.uniform() < 0.5 else None
    soft = rng.uniform() < 0.25
    modulus = float(np.exp(rng.uniform(*np.log(MODULUS)))) if soft else np.inf
    at = rng.uniform((-4.5e-3, -3.5e-3), (4.5e-3, 3.5e-3))
    if rng.uniform() < plain:
        kind = int(rng.integers(len(CLASSES)))
        return _plain(kind, rng, split, texture, modulus, at)
    found = None
    while found is None:
        found = random_object(int(rng.integers(*OBJECTS[split])))
    triangles, normals = found
    body = Body(None, triangles, texture, modulus)
    facing = normals[rng.integers(len(normals))] if rng.uniform() < 0.5 else _direction(rng)
    R = _turned_to(facing, rng, 0.15)
    return Drawn(body, _placed(R, triangles.reshape(-1, 3), at), -1, -1.0)


@cache
def random_object(index: int) -> tuple[Array, Array] | None:
    """Return PyBullet's random object: triangles (n, 3, 3) [m], and the normals of its hull's larger faces (m, 3).

    A few of the files hold no triangles: None.
    """
    name = f"{index:03d}"
    try:
        file = package_file(f"package://pybullet_data/random_urdfs/{name}/{name}.obj")
        vertices, faces = vertices_and_faces(file)
    except MissingAsset:
        return None
    vertices = vertices * _SCALE
    hull = ConvexHull(vertices)
    corners = vertices[hull.simplices]
    area = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )
    large = np.argsort(area)[-12:]
    return vertices[faces], hull.equations[large, :3]


def _plain(
    kind: int,
    rng: np.random.Generator,
    split: Split,
    texture: Texture | None,
    modulus: float,
    at: Array,
) -> Drawn:
    name = CLASSES[kind]
    if name == "ball":
        radius = _banded(rng, 3e-3, 25e-3, split)
        body = body_of(SphereShape(type="sphere", radius=radius), None, texture, modulus)
        X = np.eye(4)
        X[:2, 3] = at
        return Drawn(body, X, kind, 1.0 / radius)
    if name == "rod":
        radius = _banded(rng, 2e-3, 20e-3, split)
        body = body_of(
            CylinderShape(type="cylinder", radius=radius, length=0.06), None, texture, modulus
        )
        R = _turned_to(np.array([1.0, 0.0, 0.0]), rng, 0.05)
        X = np.eye(4)
        X[:3, :3], X[:2, 3] = R, at
        return Drawn(body, X, kind, 1.0 / radius)
    side = _banded(rng, 4e-3, 40e-3, split)
    size = (side, side * rng.uniform(0.6, 1.6), 0.03)
    body = body_of(BoxShape(type="box", size=size), None, texture, modulus)
    facing, curvature = {
        "face": (np.array([0.0, 0.0, 1.0]), 0.0),
        "edge": (
            np.array([0.0, 1.0, 0.0]) + rng.uniform(0.3, 1.6) * np.array([0.0, 0.0, 1.0]),
            -1.0,
        ),
        "corner": (rng.uniform(0.5, 1.0, 3), -1.0),
    }[name]
    R = _turned_to(facing, rng, 0.05)
    return Drawn(body, _placed(R, body.triangles.reshape(-1, 3), at), kind, curvature)


def _banded(rng: np.random.Generator, low: float, high: float, split: Split) -> float:
    """Draw evenly in the logarithm, from the bands of a split."""
    test = split == "test"
    bands = [b for b in range(_BANDS) if (b in _TEST_BANDS) == test]
    share = (bands[rng.integers(len(bands))] + rng.uniform()) / _BANDS
    return float(low * (high / low) ** share)


def _direction(rng: np.random.Generator) -> Array:
    v = rng.standard_normal(3)
    return v / np.linalg.norm(v)


def _turned_to(facing: Array, rng: np.random.Generator, tilt: float) -> Array:
    """A rotation that turns a direction towards the gel, -z, but for a tilt [rad], at any angle about it."""
    z = -facing / np.linalg.norm(facing) + tilt * rng.uniform(-1.0, 1.0, 3)
    z /= np.linalg.norm(z)
    x = np.cross(z, _direction(rng))
    x /= np.linalg.norm(x)
    return np.array([x, np.cross(z, x), z])


def _placed(R: Array, points: Array, at: Array) -> Array:
    """A pose in which the point nearest to the gel lies before a place on it."""
    turned = points @ R.T
    X = np.eye(4)
    X[:3, :3] = R
    nearest = turned[turned[:, 2] < turned[:, 2].min() + 1e-4].mean(axis=0)
    X[:2, 3] = at - nearest[:2]
    return X
