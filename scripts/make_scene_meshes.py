"""Make the meshes that scenes show in place of plain boxes, pallets and roller conveyors, and the small parts of a tray.

Run from the repository's root: `.venv/bin/python scripts/make_scene_meshes.py`. Each mesh fills the
box that planning and verification use, so that what is seen is what is checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import trimesh

ASSETS = Path(__file__).resolve().parents[1] / "scenes" / "assets"


def box(low: Sequence[float], high: Sequence[float]) -> trimesh.Trimesh:
    """A box between two corners [m]."""
    return trimesh.creation.box(bounds=[low, high])


def joined(parts: Sequence[trimesh.Trimesh]) -> trimesh.Trimesh:
    """All parts as one mesh."""
    whole = trimesh.util.concatenate(parts)
    assert isinstance(whole, trimesh.Trimesh)
    return whole


def pallet(length: float, width: float, height: float = 0.144) -> trimesh.Trimesh:
    """A nine-block pallet, its boards along x, centred."""
    x, y, top = length / 2, width / 2, height / 2
    parts = [
        box((-x, yc - 0.05, top - 0.022), (x, yc + 0.05, top))
        for yc in np.linspace(-y + 0.05, y - 0.05, 5)
    ]
    for xc in (-x + 0.0725, 0.0, x - 0.0725):
        parts.append(box((xc - 0.0725, -y, top - 0.044), (xc + 0.0725, y, top - 0.022)))
        for yc in (-y + 0.05, 0.0, y - 0.05):
            parts.append(
                box((xc - 0.0725, yc - 0.05, -top + 0.022), (xc + 0.0725, yc + 0.05, top - 0.044))
            )
    for yc in (-y + 0.05, 0.0, y - 0.05):
        parts.append(box((-x, yc - 0.05, -top), (x, yc + 0.05, -top + 0.022)))
    return joined(parts)


def conveyor(width: float, length: float, height: float) -> trimesh.Trimesh:
    """A roller conveyor along y with its rollers' tops at the box's top, centred."""
    x, y, top = width / 2, length / 2, height / 2
    radius, rail = 0.03, 0.12
    parts = [
        box((-x, -y, top - rail), (-x + 0.03, y, top - 0.002)),
        box((x - 0.03, -y, top - rail), (x, y, top - 0.002)),
    ]
    for yc in np.arange(-y + 0.06, y - 0.03, 0.12):
        roller = trimesh.creation.cylinder(radius, width - 0.06, sections=6)
        roller.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, (0, 1, 0)))
        roller.apply_translation((0.0, yc, top - radius))
        parts.append(roller)
    for yc in (-y + 0.1, y - 0.1):
        parts.append(box((-x + 0.03, yc - 0.03, -top + 0.25), (x - 0.03, yc + 0.03, -top + 0.31)))
        for xc in (-x + 0.015, x - 0.015):
            parts.append(box((xc - 0.015, yc - 0.035, -top), (xc + 0.015, yc + 0.035, top - rail)))
    return joined(parts)


def parts() -> dict[str, trimesh.Scene]:
    """Small parts, their greatest side 1: each convex piece a group of its own, about the middle."""
    cube = box((-0.5, -0.5, -0.5), (0.5, 0.5, 0.5))
    pin = trimesh.creation.cylinder(0.22, 1.0, sections=16)
    head = trimesh.creation.cylinder(0.35, 0.3, sections=16)
    shaft = trimesh.creation.cylinder(0.18, 0.72, sections=12)
    head.apply_translation((0.0, 0.0, 0.35))
    shaft.apply_translation((0.0, 0.0, -0.14))
    pieces = {"cube": [cube], "pin": [pin], "screw": [head, shaft]}
    return {
        name: trimesh.Scene({f"piece_{k}": mesh for k, mesh in enumerate(meshes)})
        for name, meshes in pieces.items()
    }


def main() -> None:
    """Write all meshes as OBJ."""
    ASSETS.mkdir(parents=True, exist_ok=True)
    meshes = {
        "pallet_800x600": pallet(0.8, 0.6),
        "pallet_1200x800": pallet(1.2, 0.8),
        "conveyor_500x1600x600": conveyor(0.5, 1.6, 0.6),
        "conveyor_700x2400x700": conveyor(0.7, 2.4, 0.7),
    }
    for name, mesh in meshes.items():
        mesh.export(ASSETS / f"{name}.obj", include_normals=False, digits=5)
        print(f"{name}: {len(mesh.faces)} triangles, size {np.round(mesh.extents, 4).tolist()}")
    for name, part in parts().items():
        part.export(ASSETS / f"part_{name}.obj", include_normals=False, digits=5)


if __name__ == "__main__":
    main()
