"""The drives' rotors, as inertia of the links that they turn.

PyBullet knows no rotor inertia. A description for the physics adds each rotor's, as the gear reflects
it, to the link behind its joint, about the joint's axis only. That is exact for the joint's own motion;
a joint upstream with a parallel axis feels it too, which true rotors spare it: some per cent of its inertia.
Without it a wrist weighs next to nothing, and no real drive's gains would be stable.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np

from robolab.core.assets import cache_dir
from robolab.core.files import content_hash, write_text
from robolab.core.transforms import Array
from robolab.robots.model import RobotModel
from robolab.robots.urdf import Joint, Tree, origin_of, read_tree, rpy_of

_ENTRIES = (("ixx", "ixy", "ixz"), ("ixy", "iyy", "iyz"), ("ixz", "iyz", "izz"))


def reflected_inertia(robot: RobotModel) -> Array:
    """Return what each joint feels of its rotor, shape (n,) [kg m2 or kg]."""
    return robot.motors.gear_ratio**2 * robot.motors.rotor_inertia


def physics_description(robot: RobotModel) -> tuple[Path, dict[str, Array]]:
    """Return the robot's description for PyBullet, and moments of inertia to set after it is loaded.

    PyBullet refuses the inertia of a thin rotor in a file, but takes it afterwards about the principal
    axes, which the file gives.

    Returns:
        The file, and for each link behind a drive its principal moments, shape (3,) [kg m2].
    """
    tree = read_tree(robot.urdf, Path(robot.urdf.anchor))
    joints = {joint.name: joint for joint in tree.joints}
    moments: dict[str, Array] = {}
    for name, inertia in zip(robot.joints, reflected_inertia(robot).tolist(), strict=True):
        if inertia > 0.0 and joints[name].kind != "prismatic":
            moments[joints[name].child] = _add(tree, joints[name], inertia)
    text = ET.tostring(tree.element, encoding="unicode")
    target = cache_dir() / "physics" / f"{robot.name}-{content_hash(text)}.urdf"
    if not target.is_file():
        write_text(target, text)
    return target, moments


def _add(tree: Tree, joint: Joint, inertia: float) -> Array:
    link = next(e for e in tree.element.findall("link") if e.attrib["name"] == joint.child)
    inertial = link.find("inertial")
    element = None if inertial is None else inertial.find("inertia")
    assert inertial is not None
    assert element is not None
    X_link_com = origin_of(inertial)
    axis = X_link_com[:3, :3].T @ joint.axis
    tensor = np.array([[float(element.attrib[name]) for name in row] for row in _ENTRIES])
    moments, axes = np.linalg.eigh(tensor + inertia * np.outer(axis, axis))
    X_link_com[:3, :3] = X_link_com[:3, :3] @ axes * np.sign(np.linalg.det(axes))
    old = inertial.find("origin")
    if old is not None:
        inertial.remove(old)
    xyz = " ".join(repr(float(v)) for v in X_link_com[:3, 3])
    rpy = " ".join(repr(v) for v in rpy_of(X_link_com))
    ET.SubElement(inertial, "origin", xyz=xyz, rpy=rpy)
    for name in ("ixx", "iyy", "izz"):
        element.set(name, repr(float(moments.max())))
    for name in ("ixy", "ixz", "iyz"):
        element.set(name, "0")
    return moments
