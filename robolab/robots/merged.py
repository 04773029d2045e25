"""The one URDF of arm and tool that every library loads, kept in the cache by content."""

from __future__ import annotations

import copy
import hashlib
import xml.etree.ElementTree as ET
from pathlib import Path

from robolab.core.assets import cache_dir
from robolab.core.files import content_hash, new_folder, write_text
from robolab.robots.meshes import collision_copy, visual_parts
from robolab.robots.urdf import Tree

FORMAT = "3"
"""Changes when the way that files are derived changes, so that old cache entries are not used."""


def tree_hash(tree: Tree) -> str:
    """Name the content of a tree and its meshes, wherever the meshes lie."""
    element = copy.deepcopy(tree.element)
    for mesh in element.iter("mesh"):
        mesh.set("filename", _file_hash(Path(mesh.attrib["filename"])))
    return content_hash(ET.tostring(element))


def write_merged(tree: Tree) -> Path:
    """Return the URDF file of a tree, written to the cache unless it is there already.

    Raises:
        OutputError: the cache cannot be written.
        MissingAsset: a mesh cannot be read.
    """
    root = cache_dir().resolve() / "robots"
    # Mesh paths in the file are absolute: a cache that was moved gets new entries.
    folder = root / content_hash(FORMAT, tree_hash(tree), str(root))
    file = folder / "robot.urdf"
    if not file.is_file():
        with new_folder(folder) as staged:
            _write(tree, staged, folder)
    return file


def _write(tree: Tree, staged: Path, final: Path) -> None:
    element = copy.deepcopy(tree.element)
    meshes = staged / "meshes"
    for link in element.findall("link"):
        for collision in link.findall("collision"):
            for mesh in collision.iter("mesh"):
                source = Path(mesh.attrib["filename"])
                target = collision_copy(source, meshes, f"c_{_file_hash(source)}")
                mesh.set("filename", str(final / "meshes" / target.name))
        for visual in link.findall("visual"):
            if visual.find("geometry/mesh") is not None:
                position = list(link).index(visual)
                link.remove(visual)
                for offset, part in enumerate(_visuals(visual, meshes, final)):
                    link.insert(position + offset, part)
    # MuJoCo would otherwise look for the meshes beside the file by their base names.
    mujoco = ET.Element("mujoco")
    ET.SubElement(mujoco, "compiler", strippath="false", discardvisual="true", fusestatic="false")
    element.insert(0, mujoco)
    ET.indent(element)
    write_text(staged / "robot.urdf", ET.tostring(element, encoding="unicode") + "\n")


def _visuals(visual: ET.Element, meshes: Path, final: Path) -> list[ET.Element]:
    mesh = next(visual.iter("mesh"))
    source = Path(mesh.attrib["filename"])
    result: list[ET.Element] = []
    for target, colour in visual_parts(source, meshes, f"v_{_file_hash(source)}"):
        part = copy.deepcopy(visual)
        next(part.iter("mesh")).set("filename", str(final / "meshes" / target.name))
        if part.find("material") is None and colour is not None:
            red, green, blue = colour
            material = ET.SubElement(part, "material", name=f"c{red:.3f}_{green:.3f}_{blue:.3f}")
            ET.SubElement(material, "color", rgba=f"{red} {green} {blue} 1")
        result.append(part)
    return result


def _file_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
