"""What `robot.yaml` and `tool.yaml` say, as frozen values. Unknown keys are errors.

Lengths are metres, angles radians unless the key ends in `_deg`.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import Field, ValidationError, model_validator

from robolab.core.errors import MissingAsset, RobotError
from robolab.scene.spec import NotNegative, PoseSpec, Positive, Spec, Vector3

ROBOT_FILE = "robot.yaml"
TOOL_FILE = "tool.yaml"

Text = Annotated[str, Field(min_length=1)]


class MotorFile(Spec):
    """A joint's drive. The default is an ideal one, whose current is its torque.

    `torque_constant` [N m/A] acts before the gear, `rotor_inertia` [kg m2] too; friction acts at
    the joint: `coulomb` [N m], `viscous` [N m s/rad]; `current_noise` is a standard deviation [A].
    """

    gear_ratio: Positive = 1.0
    torque_constant: Positive = 1.0
    coulomb: NotNegative = 0.0
    viscous: NotNegative = 0.0
    current_noise: NotNegative = 0.0
    rotor_inertia: NotNegative = 0.0


class JointFile(Spec):
    """One actuated joint. Position, velocity and torque default to the URDF's `<limit>`."""

    name: Text
    position: tuple[float, float] | None = None
    velocity: Positive | None = None
    acceleration: Positive
    jerk: Positive
    torque: Positive | None = None
    motor: MotorFile = MotorFile()

    @model_validator(mode="after")
    def _ordered(self) -> JointFile:
        if self.position is not None and self.position[0] >= self.position[1]:
            raise ValueError("position must be [lower, upper] with lower < upper")
        return self


class CoupledFile(Spec):
    """A passive joint that follows: position = sum of weight * joint + offset."""

    weights: Annotated[dict[str, float], Field(min_length=1)]
    offset: float = 0.0


class InertialFile(Spec):
    """A link's mass [kg], centre of mass in the link's frame [m], and inertia about it [kg m2].

    `inertia` is ixx, iyy, izz along the link's axes. It replaces what the URDF says.
    """

    mass: Positive
    com: Vector3 = (0.0, 0.0, 0.0)
    inertia: tuple[Positive, Positive, Positive]

    @model_validator(mode="after")
    def _possible(self) -> InertialFile:
        if 2.0 * max(self.inertia) > sum(self.inertia) * (1.0 + 1e-9):
            raise ValueError("no rigid body has this inertia: one exceeds the sum of the others")
        return self


class GripperFile(Spec):
    """What the tool can do. The figures are named in the tool's own file."""

    kind: Literal["vacuum", "jaw", "finray"]
    output: Text
    figures: dict[str, float] = {}
    finger_joints: tuple[str, ...] = ()


class FrameFile(Spec):
    """A frame fixed to a link. The tool centre point is one: z points out of the tool."""

    link: Text
    pose: PoseSpec = PoseSpec()


class _Described(Spec):
    """What robot and tool files share.

    `urdf` lies beside the file, or is `package://example-robot-data/...` or
    `package://pybullet_data/...`. `prune` names links that are left out with all below them.
    `sources` says, by quantity, where the figures come from.
    """

    name: Text
    description: str = ""
    urdf: Text
    prune: tuple[str, ...] = ()
    locked: dict[str, float] = {}
    inertial: dict[str, InertialFile] = {}
    sources: dict[str, Text] = {}


class RobotFile(_Described):
    """A robot's description beside its URDF.

    `frames` adds links that the URDF lacks, as a flange; `usual_tool` names the tool it is sold with;
    `payload` is the greatest mass at the flange, tool included [kg].
    """

    base_link: Text
    flange: Text
    joints: Annotated[tuple[JointFile, ...], Field(min_length=1)]
    frames: dict[str, FrameFile] = {}
    coupled: dict[str, CoupledFile] = {}
    home: tuple[float, ...]
    tcp: FrameFile | None = None
    gripper: GripperFile | None = None
    usual_tool: Text | None = None
    payload: Positive | None = None

    @model_validator(mode="after")
    def _consistent(self) -> RobotFile:
        names = [joint.name for joint in self.joints]
        if len(set(names)) != len(names):
            raise ValueError("a joint is listed twice")
        if len(self.home) != len(names):
            raise ValueError(f"home must have {len(names)} values, one for each joint")
        given = {"acceleration", "jerk"}
        for joint in self.joints:
            given |= {key for key in ("position", "velocity", "torque") if getattr(joint, key)}
            given |= {"inertial"} if self.inertial else set()
            given |= {"payload"} if self.payload else set()
            given |= {"motor"} if joint.motor != MotorFile() else set()
        missing = sorted(given - set(self.sources))
        if missing:
            raise ValueError(f"sources must say where the figures come from: {', '.join(missing)}")
        return self


class ToolFile(_Described):
    """A tool's description; the root link of its URDF is fixed to the flange at `mount`."""

    mount: PoseSpec = PoseSpec()
    tcp: FrameFile
    gripper: GripperFile


F = TypeVar("F", bound=_Described)


def read_description(file: Path, kind: type[F]) -> F:
    """Read a robot or tool file.

    Raises:
        MissingAsset: the file is not there.
        RobotError: malformed YAML, an unknown key, a missing or impossible figure.
    """
    if not file.is_file():
        raise MissingAsset("no such file", file=file, expected=f"a folder that holds {file.name}")
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        where = None if mark is None else f"line {mark.line + 1}, column {mark.column + 1}"
        raise RobotError("is not valid YAML in UTF-8", file=file, field=where) from error
    if not isinstance(content, dict):
        raise RobotError("a description is a mapping of keys to values", file=file)
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise _explain(error, file, kind) from None


def _explain(error: ValidationError, file: Path, kind: type[Spec]) -> RobotError:
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        valid = _keys_at(kind, first["loc"][:-1])
        close = difflib.get_close_matches(str(first["loc"][-1]), valid, n=1)
        hint = f", did you mean {close[0]!r}?" if close else ""
        return RobotError(
            f"unknown key{hint}", file=file, field=field, expected=f"one of: {', '.join(valid)}"
        )
    if first["type"] == "missing":
        return RobotError("is missing", file=file, field=field)
    value: Any = first["input"]
    return RobotError(
        first["msg"].removeprefix("Value error, "),
        file=file,
        field=field or None,
        value=str(value) if isinstance(value, str | int | float | bool) else None,
    )


def _keys_at(kind: type[Spec], location: tuple[int | str, ...]) -> list[str]:
    parts: dict[str, type[Spec]] = {
        "joints": JointFile,
        "motor": MotorFile,
        "coupled": CoupledFile,
        "frames": FrameFile,
        "inertial": InertialFile,
        "gripper": GripperFile,
        "tcp": FrameFile,
        "pose": PoseSpec,
        "mount": PoseSpec,
    }
    named = [part for part in location if isinstance(part, str) and part in parts]
    spec = parts[named[-1]] if named else kind
    return sorted(spec.model_fields)
