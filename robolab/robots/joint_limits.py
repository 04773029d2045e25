"""Limits of joints, put together from a robot's file, its URDF and the scene, and the positions to begin with."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from robolab.core.errors import RobotError, UnknownName
from robolab.robots.model import Array, JointLimits
from robolab.robots.spec import RobotFile
from robolab.robots.urdf import Tree
from robolab.scene.spec import RobotSpec


def limits_of(robot: RobotFile, spec: RobotSpec, tree: Tree, file: Path) -> JointLimits:
    """Return what joints may do: as the robot's file says, else its URDF, positions narrowed by the scene.

    Args:
        file: The robot's, for messages.
    Raises:
        UnknownName: a joint that does not exist.
        RobotError: a limit is missing, is no number, or contradicts another.
    """
    names = [joint.name for joint in robot.joints]
    for name in spec.joint_limits:
        if name not in names:
            raise UnknownName("joint", name, names, field=f"robot {spec.name}: joint_limits")
    rows: list[tuple[float, ...]] = []
    known = {joint.name for joint in tree.joints if joint.moves}
    for index, joint in enumerate(robot.joints):
        field = f"joints.{index}"
        if joint.name not in known:
            raise UnknownName("joint", joint.name, known, file=file, field=f"{field}.name")
        limit = tree.joint_element(joint.name).find("limit")
        given = {} if limit is None else dict(limit.attrib)
        lower, upper = joint.position or (
            _from_urdf(given, "lower", file, f"{field}.position"),
            _from_urdf(given, "upper", file, f"{field}.position"),
        )
        if lower >= upper:
            raise RobotError(
                "position limits contradict each other",
                file=file,
                field=f"{field}.position",
                value=[lower, upper],
                expected="lower < upper",
            )
        velocity = joint.velocity or _positive(given, "velocity", file, f"{field}.velocity")
        torque = joint.torque or _positive(given, "effort", file, f"{field}.torque")
        lower, upper = _narrowed(spec, joint.name, lower, upper)
        rows.append((lower, upper, velocity, joint.acceleration, joint.jerk, torque))
    return JointLimits(*np.array(rows).T.copy())


def _from_urdf(given: Mapping[str, str], key: str, file: Path, field: str) -> float:
    if key not in given:
        raise RobotError(
            "limit is missing", file=file, field=field, expected=f"it here or {key} in the URDF"
        )
    try:
        value = float(given[key])
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise RobotError("limit in the URDF is no number", file=file, field=field, value=given[key])
    return value


def _positive(given: Mapping[str, str], key: str, file: Path, field: str) -> float:
    value = _from_urdf(given, key, file, field)
    if value <= 0.0:
        raise RobotError(
            "limit in the URDF is not positive",
            file=file,
            field=field,
            value=value,
            expected=f"a positive {key} in the URDF, or the limit here",
        )
    return value


def _narrowed(spec: RobotSpec, name: str, lower: float, upper: float) -> tuple[float, float]:
    if name not in spec.joint_limits:
        return lower, upper
    low, high = spec.joint_limits[name]
    if not lower <= low < high <= upper:
        raise RobotError(
            "joint limits of the scene",
            field=f"robot {spec.name}: joint_limits.{name}",
            value=[low, high],
            expected=f"lower < upper, within the robot's own [{lower}, {upper}]",
        )
    return low, high


def write_limits(tree: Tree, robot: RobotFile, limits: JointLimits) -> None:
    """Put the limits that count into the description, so that every simulator has the same."""
    for index, joint in enumerate(robot.joints):
        element = tree.joint_element(joint.name)
        if element.get("type") == "continuous":
            element.set("type", "revolute")
        old = element.find("limit")
        if old is not None:
            element.remove(old)
        ET.SubElement(
            element,
            "limit",
            lower=repr(float(limits.lower[index])),
            upper=repr(float(limits.upper[index])),
            velocity=repr(float(limits.velocity[index])),
            effort=repr(float(limits.torque[index])),
        )


def home_of(robot: RobotFile, spec: RobotSpec, limits: JointLimits, file: Path) -> Array:
    """Return the joint positions to begin with, the scene's if it has some, shape (n,).

    Raises:
        RobotError: they are too many, too few, or outside the limits.
    """
    home = np.array(robot.home if spec.home is None else spec.home, dtype=float)
    field = "home" if spec.home is None else f"robot {spec.name}: home"
    where = file if spec.home is None else None
    if home.size != len(robot.joints):
        raise RobotError(
            "wrong number of joints",
            file=where,
            field=field,
            value=home.size,
            expected=f"{len(robot.joints)}: {', '.join(j.name for j in robot.joints)}",
        )
    outside = np.flatnonzero((home < limits.lower) | (home > limits.upper))
    if outside.size:
        index = int(outside[0])
        raise RobotError(
            f"joint {robot.joints[index].name} is outside its limits",
            file=where,
            field=field,
            value=float(home[index]),
            expected=f"{limits.lower[index]} to {limits.upper[index]}",
        )
    return home
