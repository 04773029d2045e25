"""What a controller must know of the tool: where its centre point is, and what hangs on the flange."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from robolab.core.errors import ExportError
from robolab.core.transforms import Array, inverse, pose_rpy
from robolab.robots.model import Payload, RobotModel


@dataclass(frozen=True)
class FlangeLoad:
    """A load in the flange's frame: mass [kg], centre of mass (3,) [m], inertia about it (3, 3) [kg m2]."""

    mass: float
    com: Array
    inertia: Array


def flange_tcp(robot: RobotModel, flange: str) -> Array:
    """Return X_flange_tcp, shape (4, 4).

    Raises:
        ExportError: the robot has no such link.
    """
    _require(robot, flange)
    return inverse(robot.fk(robot.home, flange)) @ robot.fk(robot.home)


def flange_load(robot: RobotModel, payload: Payload | None, flange: str) -> FlangeLoad:
    """Return tool and payload together, as the flange carries them.

    Raises:
        ExportError: the robot has no such link.
    """
    parts = _tool_parts(robot, flange)
    if payload is not None:
        parts.append(_moved(flange_tcp(robot, flange), payload.mass, payload.com, payload.inertia))
    mass = sum(part.mass for part in parts)
    if mass <= 0.0:
        return FlangeLoad(0.0, np.zeros(3), np.zeros((3, 3)))
    com = sum((part.mass * part.com for part in parts), np.zeros(3)) / mass
    inertia = sum(
        (part.inertia + _steiner(part.mass, part.com - com) for part in parts), np.zeros((3, 3))
    )
    return FlangeLoad(mass, com, inertia)


def _tool_parts(robot: RobotModel, flange: str) -> list[FlangeLoad]:
    """The links below the flange of the merged description."""
    root = ET.parse(robot.urdf).getroot()
    children: dict[str, list[str]] = {}
    for joint in root.findall("joint"):
        parent, child = joint.find("parent"), joint.find("child")
        if parent is not None and child is not None:
            children.setdefault(parent.attrib["link"], []).append(child.attrib["link"])
    links = {link.attrib["name"]: link for link in root.findall("link")}
    if flange not in links:
        raise ExportError("the robot has no such flange", value=flange, expected=_names(links))
    X_flange_world = inverse(robot.fk(robot.home, flange))
    parts, waiting = list[FlangeLoad](), list(children.get(flange, ()))
    while waiting:
        name = waiting.pop()
        waiting += children.get(name, ())
        inertial = links[name].find("inertial")
        if inertial is not None:
            parts.append(_inertial(inertial, X_flange_world @ robot.fk(robot.home, name)))
    return parts


def _inertial(element: ET.Element, X_flange_link: Array) -> FlangeLoad:
    def numbers(tag: str, *keys: str) -> list[float]:
        found = element.find(tag)
        given = {} if found is None else found.attrib
        return [float(given.get(key, 0.0)) for key in keys]

    def vector(tag: str, key: str) -> list[float]:
        found = element.find(tag)
        text = "0 0 0" if found is None else found.attrib.get(key, "0 0 0")
        return [float(part) for part in text.split()]

    xx, yy, zz, xy, xz, yz = numbers("inertia", "ixx", "iyy", "izz", "ixy", "ixz", "iyz")
    inertia = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
    X_link_com = pose_rpy(vector("origin", "xyz"), vector("origin", "rpy"))
    (mass,) = numbers("mass", "value")
    return _moved(X_flange_link @ X_link_com, mass, np.zeros(3), inertia)


def _moved(X: Array, mass: float, com: Array, inertia: Array) -> FlangeLoad:
    R = X[:3, :3]
    return FlangeLoad(mass, R @ com + X[:3, 3], R @ inertia @ R.T)


def _steiner(mass: float, d: Array) -> Array:
    return mass * (float(d @ d) * np.eye(3) - np.outer(d, d))


def _require(robot: RobotModel, flange: str) -> None:
    if flange not in robot.bodies:
        raise ExportError(
            "the robot has no such flange", value=flange, expected=_names(robot.bodies)
        )


def _names(links: Iterable[str]) -> str:
    return "one of: " + ", ".join(sorted(links))
