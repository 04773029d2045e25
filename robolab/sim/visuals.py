"""What a world looks like, as triangles on frames."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from robolab.core.transforms import Array, apply
from robolab.kernels.raster import Triangles
from robolab.robots.meshes import vertices_and_faces
from robolab.sim.client import p, pose_from

_SIDES = 48
"""Of the prism that stands for a cylinder, and around a sphere."""


@dataclass(frozen=True)
class Look:
    """A world's triangles, and the body and link that each frame is (-1 for a body's base)."""

    triangles: Triangles
    frames: tuple[tuple[int, int], ...]


def look_of(client: int, bodies: dict[int, str]) -> Look:
    """Collect what bodies look like."""
    frames: dict[tuple[int, int], int] = {}
    parts: list[tuple[Array, np.ndarray, int, tuple[float, ...], int]] = []
    for body in bodies:
        for shape in p.getVisualShapeData(body, physicsClientId=client):
            frame = frames.setdefault((body, shape[1]), len(frames))
            vertices, faces = _mesh(shape)
            vertices = apply(pose_from(shape[5], shape[6]), vertices)
            parts.append((vertices, faces, frame, shape[7][:3], body))
    return Look(_joined(parts), tuple(frames))


def frame_poses(client: int, look: Look) -> Array:
    """Return the pose of each frame in world, shape (k, 4, 4)."""
    result = np.empty((len(look.frames), 4, 4))
    links: dict[int, list[tuple[int, int]]] = {}
    for row, (body, link) in enumerate(look.frames):
        if link >= 0:
            links.setdefault(body, []).append((row, link))
            continue
        com = p.getDynamicsInfo(body, -1, physicsClientId=client)
        base = p.getBasePositionAndOrientation(body, physicsClientId=client)
        at = p.multiplyTransforms(*base, *p.invertTransform(com[3], com[4]))
        result[row] = pose_from(*at)
    for body, rows in links.items():
        states = p.getLinkStates(
            body, [link for _, link in rows], computeForwardKinematics=1, physicsClientId=client
        )
        for (row, _), state in zip(rows, states, strict=True):
            result[row] = pose_from(state[4], state[5])
    return result


def _joined(parts: list[tuple[Array, np.ndarray, int, tuple[float, ...], int]]) -> Triangles:
    counts = [len(part[0]) for part in parts]
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    sizes = [len(part[1]) for part in parts]
    empty = np.zeros((0, 3))
    return Triangles(
        vertices=np.concatenate([empty, *(part[0] for part in parts)]).astype(np.float32),
        frame=np.repeat([part[2] for part in parts], counts).astype(np.int32),
        faces=np.concatenate(
            [empty, *(part[1] + start for part, start in zip(parts, starts, strict=False))]
        ).astype(np.int32),
        colour=np.repeat(
            255.0 * np.array([part[3] for part in parts]).reshape(-1, 3), sizes, axis=0
        ).astype(np.float32),
        tag=np.repeat([part[4] for part in parts], sizes).astype(np.int32),
    )


def _mesh(shape: Any) -> tuple[Array, np.ndarray]:
    """Vertices and triangles of a visual shape, in its own frame."""
    kind, size = shape[2], np.array(shape[3])
    if kind == p.GEOM_MESH:
        vertices, faces = _read(shape[4].decode())
        return vertices * size, faces
    if kind == p.GEOM_BOX:
        vertices, faces = _box()
        return vertices * size, faces
    if kind == p.GEOM_CYLINDER:
        vertices, faces = _turned(((0.0, -0.5), (1.0, -0.5), (1.0, 0.5), (0.0, 0.5)))
        return vertices * np.array([size[1], size[1], size[0]]), faces
    angles = np.linspace(-0.5 * np.pi, 0.5 * np.pi, _SIDES // 2 + 1)
    vertices, faces = _turned(tuple(zip(np.cos(angles), np.sin(angles), strict=True)))
    return vertices * size[0], faces


@lru_cache(maxsize=256)
def _read(file: str) -> tuple[Array, np.ndarray]:
    return vertices_and_faces(Path(file))


def _box() -> tuple[Array, np.ndarray]:
    corners = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    return corners, np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))])


def _turned(profile: tuple[tuple[float, float], ...]) -> tuple[Array, np.ndarray]:
    """Turn a profile of radius and height about z."""
    angle = np.linspace(0.0, 2.0 * np.pi, _SIDES, endpoint=False)
    rings = [
        np.column_stack([r * np.cos(angle), r * np.sin(angle), 0 * angle + z]) for r, z in profile
    ]
    here = np.arange(_SIDES)
    there = (here + 1) % _SIDES
    faces: list[np.ndarray] = []
    for low in range(len(profile) - 1):
        a, b = low * _SIDES, (low + 1) * _SIDES
        faces += [
            np.column_stack([a + here, a + there, b + there]),
            np.column_stack([a + here, b + there, b + here]),
        ]
    return np.concatenate(rings), np.concatenate(faces)
