"""What of an object faces a fingertip: its nearest surface, from its real shape and with its surface texture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels import compiled_relief
from robolab.robots.meshes import vertices_and_faces
from robolab.scene.spec import BoxShape, CylinderShape, Shape, SphereShape
from robolab.sensors.gel import FAR, NOTHING, Gel

TILE, TILE_STEP = 512, 40e-6
"""Samples along a side of a texture that repeats, and the distance between two [m]."""


@dataclass(frozen=True)
class Texture:
    """A rough surface: heights that repeat.

    Attributes:
        roughness: Arithmetic mean roughness R_a [m].
        correlation: Distance at which the heights' autocorrelation, a Gaussian, has fallen to 1/e [m].
        tile: Heights, shape (512, 512), 40 um apart, float32 [m].
    """

    roughness: float
    correlation: float
    tile: np.ndarray

    @staticmethod
    def drawn(roughness: float, correlation: float, rng: np.random.Generator) -> Texture:
        """Draw heights of a normal distribution with this roughness and correlation."""
        frequency = np.fft.fftfreq(TILE, TILE_STEP)
        square = frequency[:, None] ** 2 + frequency[: TILE // 2 + 1] ** 2
        shape = np.exp(-0.5 * (np.pi * correlation) ** 2 * square)
        noise = np.fft.rfft2(rng.standard_normal((TILE, TILE)))
        tile = np.fft.irfft2(noise * shape, s=(TILE, TILE))
        tile -= tile.mean()
        scale = roughness / max(float(np.abs(tile).mean()), 1e-12)
        return Texture(roughness, correlation, (scale * tile).astype(np.float32))


@dataclass(frozen=True)
class Body:
    """An object as touch knows it.

    Attributes:
        shape: A ball or a cylinder, or None where triangles say it.
        triangles: Shape (n, 3, 3) in the object's frame [m].
        texture: Of its surface, if any.
        modulus: Young's modulus of its material [Pa]; infinite is rigid.
    """

    shape: SphereShape | CylinderShape | None
    triangles: Array
    texture: Texture | None = None
    modulus: float = np.inf


def body_of(
    shape: Shape, file: Path | None = None, texture: Texture | None = None, modulus: float = np.inf
) -> Body:
    """Return a scene's shape as touch knows it; a mesh is read from its file, as it is."""
    none = np.empty((0, 3, 3))
    if isinstance(shape, SphereShape | CylinderShape):
        return Body(shape, none, texture, modulus)
    if isinstance(shape, BoxShape):
        return Body(None, _box(shape), texture, modulus)
    if file is None:
        raise ValueError("a mesh needs its file")
    vertices, faces = vertices_and_faces(file)
    return Body(None, vertices[faces] * shape.scale, texture, modulus)


def gap_of(gel: Gel, bodies: Sequence[tuple[Body, Array]]) -> np.ndarray:
    """Return the nearest surface of objects along +z of the gel's frame, shape (rows, columns) float32 [m].

    Args:
        bodies: Each with its pose in the gel's frame, shape (4, 4).
    Returns:
        Large where there is nothing.
    """
    depth = np.full((gel.rows, gel.columns), NOTHING, np.float32)
    for body, X_gel_body in bodies:
        _draw(depth, gel, body, X_gel_body)
    return depth


def texture_of(gel: Gel, body: Body, X_gel_body: Array, depth: np.ndarray) -> np.ndarray:
    """Return how far the texture stands out towards the gel, shape (rows, columns) float32 [m].

    It is read in the object's own frame, along the object's axis that the gel faces most.
    """
    out = np.zeros_like(depth)
    if body.texture is not None:
        facing = int(np.argmax(np.abs(X_gel_body[2, :3])))
        axes = tuple(a for a in range(3) if a != facing)
        far = min(float(depth.min()) + FAR, float(NOTHING))
        left, top = gel.corner
        compiled_relief.read_tile(
            out, depth, X_gel_body, axes, body.texture.tile, TILE_STEP, left, top, gel.pitch, far
        )
    return out


def _draw(depth: np.ndarray, gel: Gel, body: Body, X: Array) -> None:
    left, top = gel.corner
    if isinstance(body.shape, SphereShape):
        compiled_relief.draw_ball(depth, X[:3, 3], body.shape.radius, left, top, gel.pitch)
    elif isinstance(body.shape, CylinderShape):
        half = 0.5 * body.shape.length
        compiled_relief.draw_rod(depth, X, body.shape.radius, half, left, top, gel.pitch)
    else:
        triangles = body.triangles @ X[:3, :3].T + X[:3, 3]
        compiled_relief.draw_triangles(depth, triangles, left, top, gel.pitch)


def _box(shape: BoxShape) -> Array:
    half = 0.5 * np.array(shape.size)
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * half
    faces = [(0, 1, 3, 2), (4, 5, 7, 6), (0, 1, 5, 4), (2, 3, 7, 6), (0, 2, 6, 4), (1, 3, 7, 5)]
    triangles = [[(a, b, c), (a, c, d)] for a, b, c, d in faces]
    return corners[np.array(triangles).reshape(-1, 3)]
