"""Read URDF files, keep what robolab needs of them, and join arm and tool in one."""

from __future__ import annotations

import copy
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robolab.core.assets import package_file
from robolab.core.errors import MissingAsset, RobotError, UnknownName
from robolab.core.transforms import Array, pose_rpy

MOVING = ("revolute", "continuous", "prismatic")
ASSET_PACKAGES = ("robolab", "example-robot-data", "pybullet_data")


@dataclass(frozen=True)
class Joint:
    """A joint of a URDF: `X_parent_joint` holds at position 0, `axis` is in the joint's frame."""

    name: str
    kind: str
    parent: str
    child: str
    X_parent_joint: Array
    axis: Array

    @property
    def moves(self) -> bool:
        return self.kind in MOVING


@dataclass(frozen=True)
class Tree:
    """The links and joints below one root link.

    Attributes:
        element: The `<robot>` element; its links come before its joints, parents first.
        file: Where it was read, for messages.
    """

    element: ET.Element
    root: str
    file: Path

    @property
    def links(self) -> tuple[str, ...]:
        return tuple(link.attrib["name"] for link in self.element.findall("link"))

    @property
    def joints(self) -> tuple[Joint, ...]:
        return tuple(_joint(item, self.file) for item in self.element.findall("joint"))

    def joint_element(self, name: str) -> ET.Element:
        """Return the element of a joint that exists."""
        return next(j for j in self.element.findall("joint") if j.attrib["name"] == name)

    def way_to(self, link: str) -> tuple[Joint, ...]:
        """All joints, fixed ones too, from the root to a link."""
        above = {joint.child: joint for joint in self.joints}
        way: list[Joint] = []
        while link != self.root:
            way.append(above[link])
            link = above[link].parent
        return tuple(reversed(way))

    def behind(self, link: str) -> set[str]:
        """A link and all that hang on it."""
        behind = {link}
        for joint in self.joints:
            if joint.parent in behind:
                behind.add(joint.child)
        return behind


def read_tree(file: Path, folder: Path, root: str | None = None, prune: Iterable[str] = ()) -> Tree:
    """Read a URDF from `root` down, with absolute mesh files.

    Links in `prune` go, with all below them; so do transmissions, plugins and mimic tags.

    Args:
        folder: Where meshes that are not of an asset package must lie.
        root: The link to begin at; by default the one without a parent.
    Raises:
        RobotError: not XML, no single root, a joint between unknown links.
        UnknownName: `root` or a pruned link is not in the file.
        MissingAsset: a mesh is not there.
    """
    try:
        source = ET.fromstring(file.read_bytes())
    except ET.ParseError as error:
        raise RobotError(f"is not valid XML: {error}", file=file) from error
    links = {_name(link, file): link for link in source.findall("link")}
    joints = [_joint(item, file) for item in source.findall("joint")]
    _check_ends(joints, links, file)
    start = root if root is not None else _only_root(joints, links, file)
    for name in (start, *prune):
        if name not in links:
            raise UnknownName("link", name, links, file=file)
    elements = {_name(item, file): item for item in source.findall("joint")}
    below: dict[str, list[Joint]] = {}
    for joint in joints:
        below.setdefault(joint.parent, []).append(joint)
    result = ET.Element("robot", name=source.get("name", file.stem))
    materials = {m.attrib["name"]: m for m in source.findall("material") if "name" in m.attrib}
    kept_joints: list[ET.Element] = []
    waiting = [start]
    while waiting:
        name = waiting.pop(0)
        result.append(_clean_link(links[name], materials, file, folder))
        for joint in below.get(name, []):
            if joint.child not in prune:
                kept_joints.append(_clean_joint(elements[joint.name]))
                waiting.append(joint.child)
    result.extend(kept_joints)
    return Tree(result, start, file)


def attach(tree: Tree, tool: Tree, flange: str, X_flange_tool: Array) -> Tree:
    """Return one tree with the tool's root fixed to a link of the arm.

    Raises:
        RobotError: a link or joint name is in both.
    """
    ours, theirs = _all_names(tree), _all_names(tool)
    twice = sorted(ours & theirs)
    if twice:
        raise RobotError("link or joint name is in arm and tool", file=tool.file, value=twice[0])
    element = copy.deepcopy(tree.element)
    element.extend(copy.deepcopy(list(tool.element)))
    element.append(fixed_joint(f"{flange}-{tool.root}", flange, tool.root, X_flange_tool))
    return Tree(element, tree.root, tree.file)


def add_frame(tree: Tree, name: str, link: str, X_link_frame: Array) -> Tree:
    """Return the tree with a massless link fixed to one of its links."""
    element = copy.deepcopy(tree.element)
    frame = ET.SubElement(element, "link", name=name)
    frame.append(_massless())
    element.append(fixed_joint(f"{link}-{name}", link, name, X_link_frame))
    return Tree(element, tree.root, tree.file)


def set_inertial(
    tree: Tree, link: str, mass: float, com: Sequence[float], inertia: Sequence[float]
) -> None:
    """Replace a link's inertial: mass [kg], centre of mass [m], principal inertia [kg m2]."""
    element = next(item for item in tree.element.findall("link") if item.attrib["name"] == link)
    old = element.find("inertial")
    if old is not None:
        element.remove(old)
    inertial = ET.Element("inertial")
    ET.SubElement(inertial, "origin", xyz=" ".join(map(repr, com)), rpy="0 0 0")
    ET.SubElement(inertial, "mass", value=repr(mass))
    values = dict(zip(("ixx", "iyy", "izz"), map(repr, inertia), strict=True))
    ET.SubElement(inertial, "inertia", **values, ixy="0", ixz="0", iyz="0")
    element.insert(0, inertial)


def mass_of(tree: Tree) -> float:
    """Return the mass of all links together [kg]."""
    return sum(
        float(mass.get("value", "0")) for mass in tree.element.iterfind("link/inertial/mass")
    )


def fixed_joint(name: str, parent: str, child: str, X_parent_child: Array) -> ET.Element:
    """Build a fixed joint."""
    joint = ET.Element("joint", name=name, type="fixed")
    ET.SubElement(joint, "parent", link=parent)
    ET.SubElement(joint, "child", link=child)
    xyz, rpy = _numbers(X_parent_child[:3, 3]), _numbers(rpy_of(X_parent_child))
    ET.SubElement(joint, "origin", xyz=xyz, rpy=rpy)
    return joint


def rpy_of(X: Array) -> tuple[float, float, float]:
    """Return roll, pitch, yaw about fixed axes [rad] of a pose."""
    pitch = float(np.arctan2(-X[2, 0], np.hypot(X[0, 0], X[1, 0])))
    if abs(np.cos(pitch)) < 1e-9:
        return float(np.arctan2(-X[1, 2], X[1, 1])), pitch, 0.0
    return float(np.arctan2(X[2, 1], X[2, 2])), pitch, float(np.arctan2(X[1, 0], X[0, 0]))


def origin_of(element: ET.Element) -> Array:
    """Return the pose that an element's `<origin>` gives, identity if it has none."""
    origin = element.find("origin")
    if origin is None:
        return np.eye(4)
    return pose_rpy(vector(origin.get("xyz", "0 0 0")), vector(origin.get("rpy", "0 0 0")))


def _numbers(values: Iterable[float]) -> str:
    """Write numbers so that the last bits, which differ between machines, do not show."""
    return " ".join(f"{round(float(value), 12) + 0.0:.12g}" for value in values)


def vector(text: str) -> Array:
    """Parse numbers between blanks."""
    return np.array([float(part) for part in text.split()])


def _name(element: ET.Element, file: Path) -> str:
    name = element.get("name")
    if not name:
        raise RobotError(f"a <{element.tag}> has no name", file=file)
    return name


def _joint(element: ET.Element, file: Path) -> Joint:
    name = _name(element, file)
    parent, child = element.find("parent"), element.find("child")
    if parent is None or child is None:
        raise RobotError("joint lacks parent or child", file=file, field=name)
    kind = element.get("type", "")
    if kind != "fixed" and kind not in MOVING:
        expected = ", ".join((*MOVING, "fixed"))
        raise RobotError("joint type", file=file, field=name, value=kind, expected=expected)
    axis_element = element.find("axis")
    try:
        axis = vector("1 0 0" if axis_element is None else axis_element.get("xyz", "1 0 0"))
        X = origin_of(element)
    except ValueError as error:
        raise RobotError(f"a number is malformed: {error}", file=file, field=name) from error
    length = float(np.linalg.norm(axis))
    if kind != "fixed" and length < 1e-9:
        raise RobotError("joint axis is zero", file=file, field=name)
    axis = axis / length if length > 0.0 else axis
    return Joint(name, kind, parent.get("link", ""), child.get("link", ""), X, axis)


def _check_ends(joints: list[Joint], links: dict[str, ET.Element], file: Path) -> None:
    children: set[str] = set()
    for joint in joints:
        for end in (joint.parent, joint.child):
            if end not in links:
                raise UnknownName("link", end, links, file=file, field=f"joint {joint.name}")
        if joint.child in children:
            raise RobotError("link has two parents", file=file, field=joint.name, value=joint.child)
        children.add(joint.child)


def _only_root(joints: list[Joint], links: dict[str, ET.Element], file: Path) -> str:
    roots = sorted(set(links) - {joint.child for joint in joints})
    if len(roots) != 1:
        raise RobotError("no single root link", file=file, value=roots, expected="one link")
    return roots[0]


def _all_names(tree: Tree) -> set[str]:
    return set(tree.links) | {joint.name for joint in tree.joints}


def _clean_joint(element: ET.Element) -> ET.Element:
    joint = ET.Element("joint", name=element.attrib["name"], type=element.attrib["type"])
    for tag in ("parent", "child", "origin", "axis", "limit"):
        part = element.find(tag)
        if part is not None:
            joint.append(copy.deepcopy(part))
    return joint


def _clean_link(
    element: ET.Element, materials: dict[str, ET.Element], file: Path, folder: Path
) -> ET.Element:
    name = element.attrib["name"]
    link = ET.Element("link", name=name)
    inertial = element.find("inertial")
    link.append(copy.deepcopy(inertial) if inertial is not None else _massless())
    for tag in ("visual", "collision"):
        for part in element.findall(tag):
            shape = copy.deepcopy(part)
            for mesh in shape.iter("mesh"):
                uri = mesh.get("filename", "")
                mesh.set("filename", str(_mesh_file(uri, file, folder, f"link {name}: {tag}")))
            material = shape.find("material")
            if material is not None and material.find("color") is None:
                named = materials.get(material.get("name", ""))
                shape.remove(material)
                if named is not None:
                    shape.append(copy.deepcopy(named))
            link.append(shape)
    return link


def _massless() -> ET.Element:
    inertial = ET.Element("inertial")
    ET.SubElement(inertial, "mass", value="0")
    ET.SubElement(inertial, "inertia", ixx="0", ixy="0", ixz="0", iyy="0", iyz="0", izz="0")
    return inertial


def _mesh_file(uri: str, file: Path, folder: Path, field: str) -> Path:
    """Resolve a mesh: of an asset package, relative to the URDF, or of a package that is `folder`."""
    relative = uri.removeprefix("package://")
    if uri.startswith("package://"):
        # example-robot-data's own URIs carry the folder that our asset root stands in already.
        relative = relative.replace("example-robot-data/robots/", "example-robot-data/", 1)
        if relative.partition("/")[0] in ASSET_PACKAGES:
            try:
                return package_file(f"package://{relative}")
            except MissingAsset as error:
                raise MissingAsset("no such mesh", file=file, field=field, value=uri) from error
        tails = (relative, relative.partition("/")[2])
        candidates = [base / tail for base in (folder, file.parent) for tail in tails if tail]
    else:
        candidates = [file.parent / relative]
    for candidate in candidates:
        path = candidate.resolve()
        if path.is_file() and path.is_relative_to(folder.resolve()):
            return path
    raise MissingAsset(
        "no such mesh", file=file, field=field, value=uri, expected=f"a file inside {folder}"
    )
