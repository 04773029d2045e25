"""Read scene files strictly: every mistake names the file, the field and what would be right."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from robolab.core.assets import package_file, shipped
from robolab.core.errors import BadInput, MissingAsset, SceneError, UnknownName
from robolab.core.files import inside
from robolab.scene.spec import (
    GridTarget,
    MeshShape,
    MoveFree,
    MoveStraight,
    Pick,
    Place,
    SceneSpec,
)
from robolab.scene.tracks import check_tracks


def scene_names() -> tuple[str, ...]:
    """Names of the scenes that robolab ships."""
    return tuple(sorted(path.stem for path in shipped("scenes").glob("*.yaml")))


def scene_path(name: str) -> Path:
    """Find a scene by its shipped name or by a path to a YAML file.

    Raises:
        UnknownName: no such scene; the message lists the shipped ones.
    """
    if name.endswith((".yaml", ".yml")):
        path = Path(name)
        if not path.is_file():
            raise MissingAsset("no such scene file", file=path)
        return path
    path = shipped("scenes") / f"{name}.yaml"
    if name not in scene_names():
        raise UnknownName("scene", name, scene_names())
    return path


def load_scene(name: str | Path) -> SceneSpec:
    """Load a scene by shipped name or path.

    Raises:
        SceneError: malformed YAML, an unknown key, a wrong value, or names that do not match.
        MissingAsset: a mesh that the scene names is not there.
    """
    path = scene_path(str(name))
    return parse_scene(_read_yaml(path), path)


def parse_scene(content: Any, path: Path, folder: Path | None = None) -> SceneSpec:
    """Check the content of a scene file and freeze it.

    Args:
        folder: Where what the scene names beside itself lies; without it, where `path` is.
    """
    if not isinstance(content, Mapping):
        raise SceneError("a scene is a mapping of keys to values", file=path)
    try:
        scene = SceneSpec.model_validate({**content, "folder": folder or path.resolve().parent})
    except ValidationError as error:
        raise explain(error, path, SceneSpec) from None
    _check_names(scene, path)
    check_tracks(scene, path)
    _check_meshes(scene, path)
    return scene


def mesh_file(scene: SceneSpec, shape: MeshShape) -> Path:
    """Return the file of a mesh shape, inside the scene's folder or an asset package."""
    if shape.file.startswith("package://"):
        return package_file(shape.file)
    return inside(scene.folder, shape.file)


def _read_yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise SceneError("is not UTF-8 text", file=path) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else None
        raise SceneError(
            f"is not valid YAML: {getattr(error, 'problem', error)}", file=path, field=where
        ) from error


def explain(
    error: ValidationError, path: Path, spec: type[BaseModel], within: tuple[str | int, ...] = ()
) -> SceneError:
    """Say in one line what is wrong with a file's content.

    Args:
        spec: What the content was read as.
        within: Where in the file it stands.
    """
    first = error.errors()[0]
    field = ".".join(str(part) for part in (*within, *first["loc"]))
    if first["type"] == "extra_forbidden":
        valid = _valid_keys(spec, first["loc"][:-1])
        key = str(first["loc"][-1])
        close = difflib.get_close_matches(key, valid, n=1)
        hint = f", did you mean {close[0]!r}?" if close else ""
        expected = "one of: " + ", ".join(sorted(valid)) if valid else None
        return SceneError(f"unknown key{hint}", file=path, field=field, expected=expected)
    value = first["input"] if isinstance(first["input"], str | int | float | bool) else None
    if isinstance(value, float) and not math.isfinite(value):
        value = str(value)
    return SceneError(first["msg"], file=path, field=field, value=value)


def _valid_keys(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """Keys that the spec at a location knows, following unions by their discriminator."""
    specs: list[type[BaseModel]] = [model]
    for part in location:
        if isinstance(part, int):
            continue
        stepped = [
            s
            for spec in specs
            if part in spec.model_fields
            for s in _specs_in(spec.model_fields[part].annotation)
        ]
        tagged = [s for s in specs if _tag_of(s) == part or s.__name__ == part]
        specs = stepped or tagged or specs
    keys = {key for spec in specs for key in spec.model_fields}
    return sorted(keys - {"folder"})


def _tag_of(spec: type[BaseModel]) -> str | None:
    for key in ("do", "type"):
        if key in spec.model_fields:
            values = get_args(spec.model_fields[key].annotation)
            return str(values[0]) if values else None
    return None


def _specs_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [spec for inner in get_args(annotation) for spec in _specs_in(inner)]


def _check_names(scene: SceneSpec, path: Path) -> None:
    for field, items in (
        ("robots", scene.robots),
        ("objects", scene.objects),
        ("sensors", scene.sensors),
    ):
        seen: set[str] = set()
        for index, item in enumerate(items):
            if item.name in seen:
                raise SceneError(
                    "name is used twice", file=path, field=f"{field}.{index}.name", value=item.name
                )
            seen.add(item.name)
    objects = [item.name for item in scene.objects]
    for index, entry in enumerate(scene.randomisation.objects):
        if entry.object not in objects:
            raise UnknownName(
                "object",
                entry.object,
                objects,
                file=path,
                field=f"randomisation.objects.{index}.object",
            )
    _check_steps(scene, path, objects)


def _check_steps(scene: SceneSpec, path: Path, objects: list[str]) -> None:
    targets = target_names(scene)
    for index, step in enumerate(scene.job):
        field = f"job.{index}"
        if isinstance(step, MoveFree | MoveStraight) and isinstance(step.to, str):
            _known("target", step.to, targets, path, f"{field}.to")
        if isinstance(step, Place) and isinstance(step.at, str):
            _known("target", step.at, targets, path, f"{field}.at")
        if isinstance(step, Pick):
            _known("object", step.object, objects, path, f"{field}.object")


def _known(kind: str, name: str, valid: Sequence[str], path: Path, field: str) -> None:
    if name not in valid:
        raise UnknownName(kind, name, valid, file=path, field=field)


def target_names(scene: SceneSpec) -> list[str]:
    """Every name that a step may move to: "home", targets, and slots of grids."""
    names = ["home"]
    for name, target in scene.targets.items():
        if isinstance(target, GridTarget):
            nx, ny, nz = target.count
            names += [f"{name}/{slot}" for slot in range(nx * ny * nz)]
        else:
            names.append(name)
    return names


def _check_meshes(scene: SceneSpec, path: Path) -> None:
    for index, item in enumerate(scene.objects):
        for key, shape in (("shape", item.shape), ("look", item.look)):
            if isinstance(shape, MeshShape):
                _check_mesh(scene, shape, path, f"objects.{index}.{key}.file")


def _check_mesh(scene: SceneSpec, shape: MeshShape, path: Path, field: str) -> None:
    try:
        file = mesh_file(scene, shape)
    except BadInput as error:
        raise MissingAsset(error.problem, file=path, field=field, value=shape.file) from error
    if not file.is_file():
        raise MissingAsset("no such mesh", file=path, field=field, value=shape.file)
