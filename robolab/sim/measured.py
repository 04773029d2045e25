"""A robot's model with the drives and bodies that were measured instead of those of its description."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np

from robolab.core.files import content_hash, write_text
from robolab.core.transforms import Array
from robolab.robots.model import RobotModel
from robolab.robots.urdf import Tree, origin_of, read_tree
from robolab.sim.friction import MeasuredDrives

_ENTRIES = ("ixx", "ixy", "iyy", "ixz", "iyz", "izz")


def as_measured(robot: RobotModel, drives: MeasuredDrives) -> RobotModel:
    """Return a model whose motors and bodies are the measured ones, for physics and controller alike."""
    motors = replace(
        robot.motors,
        torque_constant=drives.gain / robot.motors.gear_ratio,
        coulomb=drives.coulomb * drives.gain,
        viscous=drives.damping(),
        rotor_inertia=np.maximum(drives.rotor, 0.0) * drives.gain / robot.motors.gear_ratio**2,
    )
    tree = read_tree(robot.urdf, Path(robot.urdf.anchor))
    for name, change in zip(robot.linkage.names, drives.bodies, strict=True):
        if np.any(change):
            _change(tree, name, change)
    text = ET.tostring(tree.element, encoding="unicode")
    target = robot.urdf.with_name(f"measured-{content_hash(text)}.urdf")  # beside its meshes
    if not target.is_file():
        write_text(target, text)
    return replace(robot, motors=motors, urdf=target)


def _change(tree: Tree, joint: str, change: Array) -> None:
    """Add inertial parameters to the link behind a joint."""
    child = next(item.child for item in tree.joints if item.name == joint)
    link = next(e for e in tree.element.findall("link") if e.attrib["name"] == child)
    old = link.find("inertial")
    total = change + (np.zeros(10) if old is None else _parameters(old))
    if old is not None:
        link.remove(old)
    mass, com = total[0], total[1:4] / total[0]
    about = _tensor(total[4:]) - mass * (com @ com * np.eye(3) - np.outer(com, com))
    inertial = ET.SubElement(link, "inertial")
    ET.SubElement(inertial, "origin", xyz=" ".join(repr(float(x)) for x in com), rpy="0 0 0")
    ET.SubElement(inertial, "mass", value=repr(float(mass)))
    places = ((0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2))
    entries = {name: repr(float(about[k])) for name, k in zip(_ENTRIES, places, strict=True)}
    ET.SubElement(inertial, "inertia", entries)


def _parameters(inertial: ET.Element) -> Array:
    """Ten parameters of a link in its own frame."""
    X, found, element = origin_of(inertial), inertial.find("mass"), inertial.find("inertia")
    assert found is not None
    assert element is not None
    mass, com = float(found.attrib["value"]), X[:3, 3]
    own = _tensor([float(element.attrib[name]) for name in _ENTRIES])
    tensor = X[:3, :3] @ own @ X[:3, :3].T + mass * (com @ com * np.eye(3) - np.outer(com, com))
    return np.concatenate([[mass], mass * com, tensor[[0, 0, 1, 0, 1, 2], [0, 1, 1, 2, 2, 2]]])


def _tensor(values: Array | list[float]) -> Array:
    """Symmetric matrix of xx, xy, yy, xz, yz, zz."""
    return np.array(values, dtype=float)[[0, 1, 3, 1, 2, 4, 3, 4, 5]].reshape(3, 3)
