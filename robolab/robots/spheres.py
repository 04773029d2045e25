"""Spheres around a robot, fitted once to its collision geometry and kept by content."""

from __future__ import annotations

import copy
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np

from robolab.core.assets import cache_dir, descriptions
from robolab.core.files import content_hash, write_bytes
from robolab.core.transforms import Array, apply
from robolab.robots.chain import frames_of
from robolab.robots.cover import cover
from robolab.robots.model import RobotModel, Spheres
from robolab.robots.self_collision import Part, sphere_pairs
from robolab.robots.skin import Outside, outside_of, skin
from robolab.robots.surfaces import Surface, surfaces_of
from robolab.robots.urdf import Tree, read_tree

_FORMAT = "1"
_ARM_BUDGET = 62
"""Most spheres on the arm: the overshoot is the least that needs no more."""
_OVERSHOOTS = (0.015, 0.02, 0.025, 0.03, 0.035, 0.04, 0.05, 0.06, 0.08, 0.1, 0.13, 0.16, 0.2)
_TOOL_OVERSHOOT = 0.02
"""Tools work close to things, so their spheres are kept tighter [m]."""


def spheres_of(robot: RobotModel) -> Spheres:
    """Return the spheres of a robot: those shipped or cached for its geometry, else fitted now."""
    tree = read_tree(robot.urdf, robot.urdf.parent)
    name = f"{_geometry_hash(tree)}.json"
    shipped, cached = descriptions() / "spheres" / name, cache_dir() / "spheres" / name
    for file in (shipped, cached):
        found = _read(file)
        if found is not None:
            return found
    spheres = fit_spheres(robot, tree)
    write_spheres(cached, spheres)
    return spheres


def shipped_file(robot: RobotModel) -> Path:
    """Where the spheres of a robot lie if the package ships them."""
    tree = read_tree(robot.urdf, robot.urdf.parent)
    return descriptions() / "spheres" / f"{_geometry_hash(tree)}.json"


def fit_spheres(robot: RobotModel, tree: Tree) -> Spheres:
    """Fit spheres and choose their pairs; some seconds."""
    surfaces = surfaces_of(tree)
    outsides = [outside_of(surface.corners) for surface in surfaces]
    frames = frames_of(robot, tree)
    mounted = _below(tree, robot.flange)
    tool = [surface.body in mounted for surface in surfaces]
    covers = _within_budget(surfaces, outsides, tool)
    link = np.concatenate([np.full(len(r), i) for i, (_, r) in enumerate(covers)])
    centre = np.concatenate(
        [apply(frames[s.body][1], c) for s, (c, _) in zip(surfaces, covers, strict=True)]
    )
    radius = np.concatenate([r for _, r in covers])
    parts = [
        Part(s.body, *frames[s.body], points=skin(s.corners, 500, outside)[0], outside=outside)
        for s, outside in zip(surfaces, outsides, strict=True)
    ]
    pairs = sphere_pairs(robot, parts, link, np.column_stack([centre, radius]))
    return Spheres(
        link=np.array([frames[surfaces[i].body][0] for i in link]),
        centre=centre,
        radius=radius,
        body=tuple(surfaces[i].body for i in link),
        pairs=pairs,
    )


def write_spheres(file: Path, spheres: Spheres) -> None:
    """Write spheres as JSON, to a tenth of a millimetre on the safe side."""
    content = {
        "link": spheres.link.tolist(),
        "centre": spheres.centre.round(5).tolist(),
        "radius": (np.ceil((spheres.radius + 1e-5) * 1e4) / 1e4).round(4).tolist(),
        "body": list(spheres.body),
        "pairs": spheres.pairs.tolist(),
    }
    write_bytes(file, (json.dumps(content, separators=(",", ":")) + "\n").encode())


def _read(file: Path) -> Spheres | None:
    try:
        content: dict[str, Any] = json.loads(file.read_text())
        return Spheres(
            link=np.array(content["link"], dtype=np.int64),
            centre=np.array(content["centre"], dtype=float).reshape(-1, 3),
            radius=np.array(content["radius"], dtype=float),
            body=tuple(content["body"]),
            pairs=np.array(content["pairs"], dtype=np.int64).reshape(-1, 2),
        )
    except (OSError, ValueError, KeyError, TypeError):
        # Absent, or cut short by whatever also ended its writer: it is fitted again.
        return None


def _within_budget(
    surfaces: list[Surface], outsides: list[Outside], tool: list[bool]
) -> list[tuple[Array, Array]]:
    covers: list[tuple[Array, Array]] = []
    fixed = {
        i: cover(surfaces[i].corners, outsides[i], _TOOL_OVERSHOOT)
        for i in range(len(surfaces))
        if tool[i]
    }
    for overshoot in _OVERSHOOTS:
        covers = [
            fixed[i] if i in fixed else cover(surface.corners, outside, overshoot)
            for i, (surface, outside) in enumerate(zip(surfaces, outsides, strict=True))
        ]
        if sum(len(r) for i, (_, r) in enumerate(covers) if i not in fixed) <= _ARM_BUDGET:
            break
    return covers


def _below(tree: Tree, flange: str) -> set[str]:
    reached = {flange}
    for joint in tree.joints:
        if joint.parent in reached:
            reached.add(joint.child)
    return reached


def _geometry_hash(tree: Tree) -> str:
    """Name what the fit depends on: collision shapes, joints and their limits."""
    element = copy.deepcopy(tree.element)
    for link in element.findall("link"):
        for part in (*link.findall("visual"), *link.findall("inertial")):
            link.remove(part)
        for mesh in link.iter("mesh"):
            # The merged description names mesh files by their content.
            mesh.set("filename", Path(mesh.attrib["filename"]).name)
    for item in element.iter():
        item.text = item.tail = None
    return content_hash(_FORMAT, ET.tostring(element))
