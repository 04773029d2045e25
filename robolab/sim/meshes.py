"""Light copies of meshes, made once for each content: convex hulls, and looks of few triangles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial import ConvexHull

from robolab.core.assets import cache_dir
from robolab.core.files import content_hash, write_text
from robolab.core.transforms import Array
from robolab.robots.meshes import vertices_and_faces

VISUAL_FACES = 600
"""Most triangles of an object's look: software rendering costs time by the triangle."""


def hull_file(file: Path) -> tuple[Path, Array]:
    """Return an OBJ file with a mesh's convex hull, and the hull's centre of mass, shape (3,) [m]."""
    vertices, _ = vertices_and_faces(file)
    hull = ConvexHull(vertices)
    target = cache_dir() / "hulls" / f"{content_hash(file)}.obj"
    if not target.is_file():
        numbers = {int(index): row for row, index in enumerate(hull.vertices)}
        faces = np.array([[numbers[int(i)] for i in simplex] for simplex in hull.simplices])
        _write_obj(target, vertices[hull.vertices], faces)
    return target, _centre_of_mass(vertices[hull.simplices], vertices[hull.vertices].mean(axis=0))


def pieces_file(pieces: Sequence[Array]) -> Path:
    """Return an OBJ file in which each group is the convex hull of some corners, shape (k, 3) [m]."""
    lines, first = list[str](), 0
    for number, corners in enumerate(pieces):
        faces = ConvexHull(corners).simplices + first
        lines += [f"o piece-{number}", *_obj_lines(corners, faces)]
        first += len(corners)
    text = "\n".join(lines) + "\n"
    target = cache_dir() / "hulls" / f"{content_hash(text)}.obj"
    if not target.is_file():
        write_text(target, text)
    return target


def visual_file(file: Path) -> Path:
    """Return an OBJ file of at most `VISUAL_FACES` triangles that looks like a mesh."""
    target = cache_dir() / "visuals" / f"{content_hash(file, str(VISUAL_FACES))}.obj"
    if target.is_file():
        return target
    import fast_simplification
    import trimesh

    vertices, faces = vertices_and_faces(file)
    if len(faces) > VISUAL_FACES:
        mesh = trimesh.Trimesh(vertices, faces)
        mesh.merge_vertices(merge_tex=True, merge_norm=True)
        simplify: Any = fast_simplification.simplify
        vertices, faces = simplify(
            np.asarray(mesh.vertices, dtype=np.float32),
            np.asarray(mesh.faces, dtype=np.int32),
            target_count=VISUAL_FACES,
        )
    _write_obj(target, np.asarray(vertices), np.asarray(faces))
    return target


def _centre_of_mass(corners: Array, inner: Array) -> Array:
    """Of the tetrahedra between surface triangles, shape (f, 3, 3), and a point inside."""
    volume = np.abs(np.linalg.det(corners - inner))
    centre = (corners.sum(axis=1) + inner) / 4.0
    return volume @ centre / volume.sum()


def _write_obj(target: Path, vertices: Array, faces: np.ndarray) -> None:
    write_text(target, "\n".join(_obj_lines(vertices, faces)) + "\n")


def _obj_lines(vertices: Array, faces: np.ndarray) -> list[str]:
    """Corners, and triangles of their numbers, from 0 over the whole file."""
    lines = [f"v {x:.7g} {y:.7g} {z:.7g}" for x, y, z in vertices]
    return lines + [f"f {a} {b} {c}" for a, b, c in (faces + 1).tolist()]
