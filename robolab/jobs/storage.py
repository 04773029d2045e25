"""Programs as JSON files: exact to the last bit, checked strictly when read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from robolab.core.errors import BadInput
from robolab.core.files import write_json
from robolab.robots.model import Payload
from robolab.trajectory.polynomial import PiecewisePolynomial
from robolab.trajectory.trajectory import (
    Dwell,
    Leg,
    LegRequirements,
    LoadDoubt,
    Output,
    Program,
    Trajectory,
)

_FORMAT = 1


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Payload(_File):
    mass: float
    com: list[float]
    inertia: list[list[float]]


class _Doubt(_File):
    mass: float
    com: float


class _Requirements(_File):
    clearance: float
    carried_clearance: float
    upright: tuple[list[float], float] | None
    tool_speed: float | None
    tool_acceleration: float | None
    straight: bool
    limits_share: float
    contacts: list[tuple[str, str]]


class _Leg(_File):
    type: Literal["leg"]
    name: str
    planner: str
    carried: str | None
    payload: _Payload | None
    requirements: _Requirements
    provenance: dict[str, Any]
    breaks: list[float]
    coefficients: list[list[list[float]]]
    doubt: _Doubt | None = None


class _Dwell(_File):
    type: Literal["dwell"]
    seconds: float


class _Output(_File):
    type: Literal["output"]
    name: str
    value: bool
    grasps: str | None
    releases: str | None


class _Program(_File):
    format: Literal[1]
    name: str
    scene: str
    robot: str
    joints: list[str]
    items: list[Annotated[_Leg | _Dwell | _Output, Field(discriminator="type")]]


def save_program(path: Path, program: Program) -> None:
    """Write a program as JSON, whole or not at all."""
    items = [_item_to_json(item) for item in program.items]
    write_json(
        path,
        {
            "format": _FORMAT,
            "name": program.name,
            "scene": program.scene,
            "robot": program.robot,
            "joints": list(program.joints),
            "items": items,
        },
    )


def load_program(path: Path) -> Program:
    """Read a program.

    Raises:
        BadInput: no such file, not JSON, or not a program of this format.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        file = _Program.model_validate(content)
        joints = tuple(file.joints)
        items = tuple(_item_from_file(item, joints) for item in file.items)
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", file=path) from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise BadInput(
            first["msg"], file=path, field=field, expected="a robolab program"
        ) from error
    except ValueError as error:
        raise BadInput(f"is not a robolab program: {error}", file=path) from error
    return Program(file.name, file.scene, file.robot, joints, items)


def _item_to_json(item: Leg | Dwell | Output) -> dict[str, Any]:
    if isinstance(item, Dwell):
        return {"type": "dwell", "seconds": item.seconds}
    if isinstance(item, Output):
        return {
            "type": "output",
            "name": item.name,
            "value": item.value,
            "grasps": item.grasps,
            "releases": item.releases,
        }
    curve = item.trajectory.curve
    return {
        "type": "leg",
        "name": item.name,
        "planner": item.planner,
        "carried": item.carried,
        "payload": _payload_to_json(item.payload),
        "requirements": _requirements_to_json(item.requirements),
        "provenance": item.provenance,
        "breaks": curve.breaks,
        "coefficients": curve.coefficients,
        **_doubt_to_json(item.doubt),
    }


def _doubt_to_json(doubt: LoadDoubt | None) -> dict[str, Any]:
    """Only what was felt says how sure it is, so that the files of all other programs stay as they are."""
    return {} if doubt is None else {"doubt": {"mass": doubt.mass, "com": doubt.com}}


def _payload_to_json(payload: Payload | None) -> dict[str, Any] | None:
    if payload is None:
        return None
    return {"mass": payload.mass, "com": payload.com, "inertia": payload.inertia}


def _requirements_to_json(requirements: LegRequirements) -> dict[str, Any]:
    upright = requirements.upright
    return {
        "clearance": requirements.clearance,
        "carried_clearance": requirements.carried_clearance,
        "upright": None if upright is None else [upright[0], upright[1]],
        "tool_speed": requirements.tool_speed,
        "tool_acceleration": requirements.tool_acceleration,
        "straight": requirements.straight,
        "limits_share": requirements.limits_share,
        "contacts": sorted(requirements.contacts),
    }


def _item_from_file(item: _Leg | _Dwell | _Output, joints: tuple[str, ...]) -> Leg | Dwell | Output:
    if isinstance(item, _Dwell):
        return Dwell(item.seconds)
    if isinstance(item, _Output):
        return Output(item.name, item.value, item.grasps, item.releases)
    curve = PiecewisePolynomial(np.array(item.breaks), np.array(item.coefficients))
    if curve.dimension != len(joints):
        raise ValueError(f"leg {item.name!r} moves {curve.dimension} joints, not {len(joints)}")
    return Leg(
        item.name,
        Trajectory(joints, curve),
        _requirements_from_file(item.requirements),
        item.planner,
        item.carried,
        _payload_from_file(item.payload),
        item.provenance,
        None if item.doubt is None else LoadDoubt(item.doubt.mass, item.doubt.com),
    )


def _payload_from_file(payload: _Payload | None) -> Payload | None:
    if payload is None:
        return None
    return Payload(payload.mass, np.array(payload.com), np.array(payload.inertia))


def _requirements_from_file(file: _Requirements) -> LegRequirements:
    upright = None if file.upright is None else (np.array(file.upright[0]), file.upright[1])
    return LegRequirements(
        file.clearance,
        file.carried_clearance,
        upright,
        file.tool_speed,
        file.tool_acceleration,
        file.straight,
        file.limits_share,
        frozenset(file.contacts),
    )
