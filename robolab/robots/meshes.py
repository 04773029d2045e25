"""Meshes in forms that every library here reads, light enough to draw quickly.

Collision meshes stay exact (STL or OBJ). Visual meshes are decimated and split by colour into OBJ
files, because MuJoCo does not read COLLADA and PyBullet keeps one colour for each file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from robolab.core.errors import MissingAsset
from robolab.core.files import write_bytes, write_text
from robolab.core.transforms import Array

VISUAL_FACES = 900
"""Most triangles of one visual mesh: pictures cost time by the triangle, not by the pixel."""

Colour = tuple[float, float, float]


def collision_copy(source: Path, folder: Path, name: str) -> Path:
    """Write a collision mesh under a new name, its shape unchanged; return the file.

    Raises:
        MissingAsset: it cannot be read or holds no triangles.
    """
    mesh, suffix = _mesh(source), source.suffix.lower()
    if suffix == ".obj" or (suffix == ".stl" and source.read_bytes()[:6] != b"solid "):
        target = folder / f"{name}{suffix}"
        write_bytes(target, source.read_bytes())
        return target
    target = folder / f"{name}.stl"
    write_bytes(target, mesh.export(file_type="stl"))
    return target


def visual_parts(source: Path, folder: Path, name: str) -> list[tuple[Path, Colour | None]]:
    """Write a visual mesh as decimated OBJ files, one for each colour; return files and colours.

    Raises:
        MissingAsset: it cannot be read or holds no triangles.
    """
    by_colour: dict[Colour | None, list[Any]] = {}
    for mesh in _parts(source):
        by_colour.setdefault(_colour(mesh), []).append(mesh)
    total = sum(len(mesh.faces) for meshes in by_colour.values() for mesh in meshes)
    share = min(1.0, VISUAL_FACES / max(total, 1))
    written: list[tuple[Path, Colour | None]] = []
    for index, (colour, meshes) in enumerate(by_colour.items()):
        vertices, faces = _decimated(meshes, share)
        if len(faces):
            target = folder / f"{name}_{index}.obj"
            write_text(target, _obj(vertices, faces))
            written.append((target, colour))
    return written


def vertices_and_faces(source: Path) -> tuple[Array, np.ndarray]:
    """Read a mesh: vertices (v, 3) [m] and triangles (f, 3)."""
    mesh = _mesh(source)
    return np.asarray(mesh.vertices, dtype=float), np.asarray(mesh.faces, dtype=np.int64)


def _parts(source: Path) -> list[Any]:
    import trimesh

    try:
        loaded: Any = trimesh.load(source, process=False)
    except (ValueError, KeyError, IndexError, TypeError, OSError) as error:
        raise MissingAsset(f"mesh cannot be read: {error}", file=source) from error
    parts = loaded.dump() if isinstance(loaded, trimesh.Scene) else [loaded]
    meshes = [part for part in parts if isinstance(part, trimesh.Trimesh) and len(part.faces)]
    if not meshes or not all(np.all(np.isfinite(mesh.vertices)) for mesh in meshes):
        raise MissingAsset("mesh holds no triangles", file=source)
    return meshes


def _mesh(source: Path) -> Any:
    import trimesh

    return trimesh.util.concatenate(_parts(source))


def _colour(mesh: Any) -> Colour | None:
    material = getattr(mesh.visual, "material", None)
    main = getattr(material, "main_color", None)
    if main is None:
        return None
    red, green, blue = (round(float(value) / 255.0, 3) for value in main[:3])
    return red, green, blue


def _decimated(meshes: list[Any], share: float) -> tuple[Array, np.ndarray]:
    import fast_simplification
    import trimesh

    mesh: Any = trimesh.util.concatenate(meshes)
    mesh.merge_vertices(merge_tex=True, merge_norm=True)
    if share < 1.0 and len(mesh.faces) > 60:
        simplified: Any = fast_simplification.simplify(
            np.asarray(mesh.vertices, dtype=float),
            np.asarray(mesh.faces),
            target_count=max(40, int(share * len(mesh.faces))),
        )
        return np.asarray(simplified[0], dtype=float), np.asarray(simplified[1])
    return np.asarray(mesh.vertices, dtype=float), np.asarray(mesh.faces)


def _obj(vertices: Array, faces: np.ndarray) -> str:
    """Write flat-shaded OBJ text: a normal for each face, so that edges stay visible."""
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    normals = normals / np.where(length > 0.0, length, 1.0)
    lines = [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in vertices]
    lines += [f"vn {x:.4f} {y:.4f} {z:.4f}" for x, y, z in normals]
    lines += [
        f"f {a}//{n} {b}//{n} {c}//{n}" for n, (a, b, c) in enumerate((faces + 1).tolist(), start=1)
    ]
    return "\n".join(lines) + "\n"
