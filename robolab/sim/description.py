"""A robot's description as PyBullet gets it: with rotors, in convex pieces, and without links that are only frames.

A link without mass or shape that is fixed to another costs PyBullet as much in each step as a true one. A mesh it takes
as its convex hull, so that a bent link would touch what planner and verifier, who know it in pieces, pass at a distance.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robolab.core.assets import cache_dir
from robolab.core.files import content_hash, write_text
from robolab.core.transforms import Array
from robolab.robots.hulls import pieces_of
from robolab.robots.model import RobotModel
from robolab.robots.urdf import Tree, fixed_joint, read_tree
from robolab.sim.meshes import pieces_file
from robolab.sim.rotors import add_rotors


@dataclass(frozen=True)
class Frame:
    """Where a link that was taken out is: its pose in a link that was kept, shape (4, 4)."""

    link: str
    X_link_frame: Array


@dataclass(frozen=True)
class Description:
    """Attributes:
    file: What PyBullet loads.
    moments: Principal moments of inertia to set once it is loaded, by link, shape (3,) [kg m2].
    frames: The links that were taken out.
    tool: Links that were kept and are the flange or behind it.
    """

    file: Path
    moments: dict[str, Array]
    frames: dict[str, Frame]
    tool: tuple[str, ...]


def physics_description(robot: RobotModel, keep: Set[str]) -> Description:
    """Return the robot's description for PyBullet.

    Args:
        keep: Links that stay although they are only frames: those that sensors sit on.
    """
    tree = read_tree(robot.urdf, Path(robot.urdf.anchor))
    behind = tree.behind(robot.flange)
    _cut(tree, skip=behind)
    moments = add_rotors(tree, robot)
    frames = _take_out_frames(tree, keep)
    text = ET.tostring(tree.element, encoding="unicode")
    target = cache_dir() / "physics" / f"{robot.name}-{content_hash(text)}.urdf"
    if not target.is_file():
        write_text(target, text)
    return Description(target, moments, frames, tuple(n for n in tree.links if n in behind))


def _cut(tree: Tree, skip: Set[str]) -> None:
    """Give links that are not convex the shape that exact distances are taken to.

    Args:
        skip: The flange and the tool, which stay whole: there each piece would be a contact more in a grasp.
    """
    pieces: dict[str, list[Array]] = {}
    for body, corners in pieces_of(tree):
        pieces.setdefault(body, []).append(corners)
    for name in pieces.keys() - skip:
        link = _link(tree, name)
        shapes = link.findall("collision")
        if len(pieces[name]) == len(shapes):
            continue
        for shape in shapes:
            link.remove(shape)
        mesh = ET.SubElement(ET.SubElement(ET.SubElement(link, "collision"), "geometry"), "mesh")
        mesh.set("filename", str(pieces_file(pieces[name])))


def _take_out_frames(tree: Tree, keep: Set[str]) -> dict[str, Frame]:
    frames: dict[str, Frame] = {}
    for (
        joint
    ) in tree.joints:  # from the root on, so that what a frame hangs on is settled before it
        X = np.eye(4)
        parent = joint.parent
        if parent in frames:
            X, parent = frames[parent].X_link_frame, frames[parent].link
        X_parent_child = X @ joint.X_parent_joint
        element = tree.joint_element(joint.name)
        if not joint.moves and joint.child not in keep and _is_frame(tree, joint.child):
            frames[joint.child] = Frame(parent, X_parent_child)
            tree.element.remove(element)
            tree.element.remove(_link(tree, joint.child))
        elif joint.parent in frames:
            _hang(element, parent, X_parent_child)
    return frames


def _is_frame(tree: Tree, name: str) -> bool:
    link = _link(tree, name)
    mass = link.find("inertial/mass")
    weightless = mass is None or float(mass.attrib["value"]) == 0.0
    return weightless and link.find("visual") is None and link.find("collision") is None


def _link(tree: Tree, name: str) -> ET.Element:
    return next(link for link in tree.element.findall("link") if link.attrib["name"] == name)


def _hang(element: ET.Element, parent: str, X_parent_child: Array) -> None:
    """Let a joint begin at another link."""
    pattern = fixed_joint("", parent, "", X_parent_child)
    for tag in ("parent", "origin"):
        old, new = element.find(tag), pattern.find(tag)
        if old is not None:
            element.remove(old)
        assert new is not None
        element.append(new)
