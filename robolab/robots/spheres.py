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
from robolab.robots.cover import candidates, choose, close
from robolab.robots.model import RobotModel, Spheres
from robolab.robots.self_collision import Part, sphere_pairs
from robolab.robots.skin import Outside, outside_of, skin
from robolab.robots.surfaces import Surface, surfaces_of
from robolab.robots.urdf import Tree, read_tree

_FORMAT = "10"
_BUDGETS = {"base": 10, "arm": 76, "tool": 48}
"""Most spheres: the overshoot is the least that needs no more. The base never moves, so it only counts
against the robot itself; tools work close to things."""
_FINE = 0.7
"""Links of the outer half of the arm come close to others more often: their share of the overshoot."""
_OVERSHOOTS = tuple(np.round(0.018 * 1.1 ** np.arange(28), 4).tolist())


def spheres_of(robot: RobotModel) -> Spheres:
    """Return the spheres of a robot: those shipped or cached for its geometry, else fitted now."""
    tree = read_tree(robot.urdf, robot.urdf.parent)
    name = f"{geometry_hash(tree)}.json"
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
    return descriptions() / "spheres" / f"{geometry_hash(tree)}.json"


def fit_spheres(robot: RobotModel, tree: Tree) -> Spheres:
    """Fit spheres and choose their pairs; some seconds."""
    surfaces = surfaces_of(tree)
    outsides = [outside_of(surface.corners) for surface in surfaces]
    frames = frames_of(robot, tree)
    mounted = tree.behind(robot.flange)
    groups: dict[str, list[int]] = {"base": [], "arm": [], "tool": []}
    for i, surface in enumerate(surfaces):
        moves = frames[surface.body][0] > 0
        groups["tool" if surface.body in mounted else "arm" if moves else "base"].append(i)
    covers: dict[int, tuple[Array, Array]] = {}
    for name, group in groups.items():
        last = max((frames[surfaces[i].body][0] for i in group), default=0)
        fine = [name == "arm" and 2 * frames[surfaces[i].body][0] >= last for i in group]
        fitted = _within_budget(
            [surfaces[i] for i in group], [outsides[i] for i in group], fine, _BUDGETS[name]
        )
        covers.update(zip(group, fitted, strict=True))
    order = range(len(surfaces))
    link = np.concatenate([np.full(len(covers[i][1]), i) for i in order])
    centre = np.concatenate([apply(frames[surfaces[i].body][1], covers[i][0]) for i in order])
    radius = np.concatenate([covers[i][1] for i in order])
    parts = [
        Part(s.body, *frames[s.body], points=skin(s.corners, 700, outside)[0], outside=outside)
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
    surfaces: list[Surface], outsides: list[Outside], fine: list[bool], budget: int
) -> list[tuple[Array, Array]]:
    """Cover some links with the least overshoot that needs no more spheres than the budget."""
    found = [candidates(s.corners, outside) for s, outside in zip(surfaces, outsides, strict=True)]
    chosen: list[tuple[Array, Array]] = []
    for overshoot in _OVERSHOOTS:
        chosen = [
            choose(balls, overshoot * (_FINE if is_fine else 1.0))
            for balls, is_fine in zip(found, fine, strict=True)
        ]
        if sum(len(radius) for _, radius in chosen) <= budget:
            break
    return [
        (centres, close(surface.corners, centres, radius, outside))
        for (centres, radius), surface, outside in zip(chosen, surfaces, outsides, strict=True)
    ]


def geometry_hash(tree: Tree) -> str:
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
