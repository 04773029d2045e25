"""Make a RobotModel from a scene's robot entry and the description files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robolab.core.assets import descriptions, package_file
from robolab.core.errors import MissingAsset, RobotError, UnknownName
from robolab.core.files import content_hash, inside
from robolab.robots.joint_limits import home_of, limits_of, write_limits
from robolab.robots.merged import tree_hash, write_merged
from robolab.robots.model import TCP, Array, Gripper, Motors, RobotModel
from robolab.robots.spec import (
    ROBOT_FILE,
    TOOL_FILE,
    GripperFile,
    MotorFile,
    RobotFile,
    ToolFile,
    read_description,
)
from robolab.robots.urdf import Tree, add_frame, attach, mass_of, read_tree, set_inertial
from robolab.scene.spec import RobotSpec, ToolSpec


@dataclass(frozen=True)
class _Tool:
    """A tool's file and tree, where it was read, and its gripper with the scene's figures."""

    file: Path
    spec: ToolFile
    tree: Tree
    gripper: Gripper


def names_of(file: str) -> tuple[str, ...]:
    """Names of the shipped descriptions that hold a file."""
    return tuple(sorted(path.parent.name for path in descriptions().glob(f"*/{file}")))


def load_robot(spec: RobotSpec, folder: Path) -> RobotModel:
    """Load a robot with its tool.

    Args:
        spec: The scene's robot entry. `model` and `tool.model` are shipped names, or begin with
            "./" and name a folder that holds `robot.yaml` or `tool.yaml`.
        folder: The scene's folder; the user's own descriptions lie inside it.
    Raises:
        UnknownName: a robot, tool, joint, link or figure that does not exist.
        MissingAsset: a description file or mesh that is not there.
        RobotError: a description that is malformed, incomplete or contradicts itself.
    """
    file = _description_file(spec.model, folder, ROBOT_FILE, "robot")
    robot = read_description(file, RobotFile)
    arm = _read_urdf(robot, file, robot.base_link)
    for name, frame in robot.frames.items():
        _known_link(frame.link, arm, file, f"frames.{name}.link")
        arm = add_frame(arm, name, frame.link, frame.pose.matrix())
    _known_link(robot.flange, arm, file, "flange")
    tool = None if spec.tool is None else _load_tool(spec.tool, folder)
    tree = _with_tcp(arm, robot, file, tool)
    limits = limits_of(robot, spec, tree, file)
    locked = {**robot.locked, **({} if tool is None else tool.spec.locked)}
    _check_joints(robot, locked, tree, file)
    write_limits(tree, robot, limits)
    home = home_of(robot, spec, limits, file)
    return RobotModel(
        name=robot.name,
        urdf=write_merged(tree),
        base_link=robot.base_link,
        flange=robot.flange,
        joints=tuple(joint.name for joint in robot.joints),
        bodies=tree.links,
        X_world_base=spec.base.matrix(),
        limits=limits,
        motors=_motors([joint.motor for joint in robot.joints]),
        home=home,
        locked=locked,
        coupled=_coupled(robot, file),
        gripper=_gripper(robot, tool),
        digest=_digest(tree, robot, tool, spec),
        rated_load=_rated_load(robot, tool, file),
    )


def _rated_load(robot: RobotFile, tool: _Tool | None, file: Path) -> float | None:
    """Return what the flange may carry besides the tool [kg]."""
    if robot.payload is None:
        return None
    of_tool = 0.0 if tool is None else mass_of(tool.tree)
    if of_tool >= robot.payload:
        raise RobotError(
            f"the tool alone, of {of_tool:g} kg, is more than the flange may carry",
            file=file,
            field="payload",
            value=robot.payload,
            expected="a lighter tool",
        )
    return robot.payload - of_tool


def usual_tool(model: str, folder: Path = Path()) -> str | None:
    """Name of the tool that a robot is sold with, or None.

    Raises:
        UnknownName: no such robot.
    """
    file = _description_file(model, folder, ROBOT_FILE, "robot")
    return read_description(file, RobotFile).usual_tool


def _description_file(model: str, folder: Path, file: str, kind: str) -> Path:
    if model.startswith("."):
        own = inside(folder, model, field=f"{kind} model")
        if not (own / file).is_file():
            raise MissingAsset(f"no such {kind}", value=model, expected=f"{file} inside {own}")
        return own / file
    names = names_of(file)
    if model not in names:
        raise UnknownName(kind, model, (*names, "./FOLDER of your own"))
    return descriptions() / model / file


def _read_urdf(spec: RobotFile | ToolFile, file: Path, root: str | None) -> Tree:
    path = _urdf_file(spec.urdf, file)
    folder = path.parent if spec.urdf.startswith("package://") else file.parent
    tree = read_tree(path, folder, root, spec.prune)
    for name, inertial in spec.inertial.items():
        _known_link(name, tree, file, "inertial")
        set_inertial(tree, name, inertial.mass, inertial.com, inertial.inertia)
    return tree


def _urdf_file(uri: str, file: Path) -> Path:
    if uri.startswith("package://"):
        try:
            return package_file(uri)
        except MissingAsset as error:
            raise MissingAsset("no such file", file=file, field="urdf", value=uri) from error
    path = inside(file.parent, uri, file=file, field="urdf")
    if not path.is_file():
        raise MissingAsset("no such file", file=file, field="urdf", value=uri)
    return path


def _load_tool(spec: ToolSpec, folder: Path) -> _Tool:
    file = _description_file(spec.model, folder, TOOL_FILE, "tool")
    tool = read_description(file, ToolFile)
    tree = _read_urdf(tool, file, None)
    _known_link(tool.tcp.link, tree, file, "tcp.link")
    moving = [joint.name for joint in tree.joints if joint.moves]
    for name in (*tool.locked, *tool.gripper.finger_joints):
        if name not in moving:
            raise UnknownName("joint", name, moving, file=file, field="locked or finger_joints")
    for name in moving:
        if name not in tool.locked:
            raise RobotError("moving joint has no position", file=file, field="locked", value=name)
    return _Tool(file, tool, tree, _figures(tool.gripper, spec.parameters, file))


def _figures(gripper: GripperFile, given: Mapping[str, float], file: Path) -> Gripper:
    for name in given:
        if name not in gripper.figures:
            raise UnknownName(
                "tool parameter", name, gripper.figures, file=file, field="gripper.figures"
            )
    figures = {**gripper.figures, **given}
    return Gripper(gripper.kind, gripper.output, figures, gripper.finger_joints)


def _gripper(robot: RobotFile, tool: _Tool | None) -> Gripper | None:
    if tool is not None:
        return tool.gripper
    built_in = robot.gripper
    if built_in is None:
        return None
    return Gripper(built_in.kind, built_in.output, dict(built_in.figures), built_in.finger_joints)


def _with_tcp(arm: Tree, robot: RobotFile, file: Path, tool: _Tool | None) -> Tree:
    if TCP in arm.links:
        raise RobotError("link name is taken", file=file, field="urdf", value=TCP)
    if tool is None:
        if robot.tcp is None:
            return add_frame(arm, TCP, robot.flange, np.eye(4))
        _known_link(robot.tcp.link, arm, file, "tcp.link")
        return add_frame(arm, TCP, robot.tcp.link, robot.tcp.pose.matrix())
    tree = attach(arm, tool.tree, robot.flange, tool.spec.mount.matrix())
    return add_frame(tree, TCP, tool.spec.tcp.link, tool.spec.tcp.pose.matrix())


def _known_link(name: str, tree: Tree, file: Path, field: str) -> None:
    if name not in tree.links:
        raise UnknownName("link", name, tree.links, file=file, field=field)


def _check_joints(robot: RobotFile, locked: dict[str, float], tree: Tree, file: Path) -> None:
    moving = {joint.name for joint in tree.joints if joint.moves}
    uses = [(joint.name, f"joints.{i}.name") for i, joint in enumerate(robot.joints)]
    uses += [(name, f"locked.{name}") for name in robot.locked]
    uses += [(name, f"coupled.{name}") for name in robot.coupled]
    seen: set[str] = set()
    for name, field in uses:
        if name not in moving:
            raise UnknownName("joint", name, moving, file=file, field=field)
        if name in seen:
            raise RobotError("joint has two roles", file=file, field=field, value=name)
        seen.add(name)
    for name in sorted(moving - seen - set(locked)):
        raise RobotError(
            "moving joint of the URDF has no role",
            file=file,
            value=name,
            expected="each in joints, locked or coupled, or its link in prune",
        )
    fingers = () if robot.gripper is None else robot.gripper.finger_joints
    for name in fingers:
        if name not in robot.locked:
            raise UnknownName("joint", name, robot.locked, file=file, field="gripper.finger_joints")


def _motors(motors: list[MotorFile]) -> Motors:
    return Motors(
        **{name: np.array([getattr(m, name) for m in motors]) for name in MotorFile.model_fields}
    )


def _coupled(robot: RobotFile, file: Path) -> dict[str, tuple[Array, float]]:
    names = [joint.name for joint in robot.joints]
    result: dict[str, tuple[Array, float]] = {}
    for passive, rule in robot.coupled.items():
        weights = np.zeros(len(names))
        for name, weight in rule.weights.items():
            if name not in names:
                raise UnknownName("joint", name, names, file=file, field=f"coupled.{passive}")
            weights[names.index(name)] = weight
        result[passive] = (weights, rule.offset)
    return result


def _digest(tree: Tree, robot: RobotFile, tool: _Tool | None, spec: RobotSpec) -> str:
    return content_hash(
        tree_hash(tree),
        robot.model_dump_json(exclude={"description", "sources", "payload"}),
        "" if tool is None else tool.spec.model_dump_json(exclude={"description", "sources"}),
        spec.model_dump_json(exclude={"name", "model", "home"}),
    )
