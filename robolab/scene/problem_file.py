"""Planning problems as MotionBenchMaker's sets are exchanged: a JSON list of start, goal and obstacles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import numpy as np
from pydantic import Field, ValidationError, model_validator

from robolab.core.errors import BadInput, MissingAsset
from robolab.scene.load import explain
from robolab.scene.spec import (
    BoxShape,
    CylinderShape,
    ObjectSpec,
    PoseSpec,
    Positive,
    Quaternion,
    RequirementsSpec,
    RobotSpec,
    SceneSpec,
    Spec,
    Vector3,
)

Joints = Annotated[tuple[float, ...], Field(min_length=1)]


class SolidSpec(Spec):
    """An obstacle: a box of [x, y, z], or a cylinder of [height, radius] along z [m]."""

    id: Annotated[str, Field(min_length=1)]
    type: Literal["box", "cylinder"]
    dimensions: Annotated[tuple[Positive, ...], Field(min_length=2, max_length=3)]
    position: Vector3
    quat_xyzw: Quaternion = (0.0, 0.0, 0.0, 1.0)

    @model_validator(mode="after")
    def _consistent(self) -> SolidSpec:
        wanted = 3 if self.type == "box" else 2
        if len(self.dimensions) != wanted:
            raise ValueError(f"a {self.type} has {wanted} dimensions")
        if abs(sum(c * c for c in self.quat_xyzw) - 1.0) > 1e-3:
            raise ValueError("quat_xyzw must have length 1")
        return self

    def shape(self) -> BoxShape | CylinderShape:
        if self.type == "box":
            x, y, z = self.dimensions
            return BoxShape(type="box", size=(x, y, z))
        height, radius = self.dimensions
        return CylinderShape(type="cylinder", radius=radius, length=height)


class ProblemSpec(Spec):
    """One problem; joint positions [rad] in the robot's order, obstacles in its base frame."""

    set: str
    index: int
    robot: str
    start: Joints
    goal: Joints
    objects: tuple[SolidSpec, ...] = ()


def load_problems(path: Path) -> tuple[ProblemSpec, ...]:
    """Read a problem file strictly.

    Raises:
        MissingAsset: there is no such file.
        BadInput: it is no JSON list of problems; the message names the problem and the field.
    """
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MissingAsset(f"cannot be read: {error.strerror}", file=path) from error
    except ValueError as error:
        raise BadInput(f"is not valid JSON: {error}", file=path) from error
    if not isinstance(content, list) or not content:
        raise BadInput("holds no problems", file=path, expected="a JSON list of problems")
    entries = cast(list[Any], content)
    return tuple(_problem(entry, path, place) for place, entry in enumerate(entries))


def _problem(entry: Any, path: Path, place: int) -> ProblemSpec:
    try:
        return ProblemSpec.model_validate(entry)
    except ValidationError as error:
        raise explain(error, path, ProblemSpec, (place,)) from None


def scene_of(problem: ProblemSpec, robot: RobotSpec) -> SceneSpec:
    """Return the problem as a scene: the robot at its base among fixed objects, without a floor."""
    objects = tuple(
        ObjectSpec(
            name=f"o{place}",
            shape=solid.shape(),
            pose=PoseSpec(position=solid.position, quat_xyzw=_unit(solid.quat_xyzw)),
        )
        for place, solid in enumerate(problem.objects)
    )
    return SceneSpec(
        name="problem",
        floor=False,
        robots=(robot,),
        objects=objects,
        requirements=RequirementsSpec(clearance=0.0, carried_clearance=0.0),
    )


def _unit(quat: Quaternion) -> Quaternion:
    x, y, z, w = (np.asarray(quat) / np.linalg.norm(quat)).tolist()
    return x, y, z, w
