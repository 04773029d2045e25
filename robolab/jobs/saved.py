"""What a run folder holds, read back: to verify it again, to export it again, or to watch it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robolab.core.errors import BadInput
from robolab.jobs.storage import load_program
from robolab.robots import load_robot
from robolab.robots.model import RobotModel
from robolab.scene.load import parse_scene
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import Program

PROGRAM, SCENE, MANIFEST = "program.json", "scene.json", "manifest.json"


@dataclass(frozen=True)
class SavedRun:
    """A run's program with the realised scene and the robot that it was planned for."""

    scene: SceneSpec
    seed: int
    robot: RobotModel
    program: Program


def load_run(folder: Path) -> SavedRun:
    """Read a run folder.

    Raises:
        BadInput: no run folder, a file in it is damaged, or the robot's description has changed since.
    """
    if not folder.is_dir():
        raise BadInput(
            "no such folder", file=folder, expected="a folder that robolab run has written"
        )
    manifest = read_mapping(folder / MANIFEST)
    scene = _scene(folder, manifest)
    robot = load_robot(scene.robot, scene.folder)
    program = load_program(folder / PROGRAM)
    if manifest.get("robot_digest") != robot.digest or program.joints != robot.joints:
        raise BadInput(
            "the robot's description is not the one that the run used",
            file=folder / MANIFEST,
            field="robot_digest",
            value=manifest.get("robot_digest"),
            expected=robot.digest,
        )
    return SavedRun(scene, int(manifest.get("seed", 0)), robot, program)


def scene_file(scene: SceneSpec) -> dict[str, Any]:
    """Return a realised scene as it goes into a run folder."""
    return scene.model_dump(mode="json", exclude_none=True)


def _scene(folder: Path, manifest: dict[str, Any]) -> SceneSpec:
    """Read the realised scene; what it names beside itself lies where the original stands."""
    content = read_mapping(folder / SCENE)
    origin = Path(str(manifest.get("scene_folder", folder)))
    return parse_scene(content, folder / SCENE, origin)


def read_mapping(path: Path) -> dict[str, Any]:
    """Read a JSON file of a run folder.

    Raises:
        BadInput: it is not there, no JSON, or no mapping.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", file=path) from error
    except ValueError as error:
        raise BadInput(f"is not JSON: {error}", file=path) from error
    if not isinstance(content, dict):
        raise BadInput("is not what robolab run writes", file=path, expected="a mapping")
    return {str(key): value for key, value in content.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
