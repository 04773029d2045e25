"""What a leg must keep to: the stricter of what the scene asks and what the leg itself says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.scene.spec import SceneSpec
from robolab.verify.story import Situation


@dataclass(frozen=True)
class Demands:
    """See `LegRequirements`; `upright` holds every cone that applies: direction (3,), angle [rad]."""

    clearance: float
    carried_clearance: float
    upright: tuple[tuple[Array, float], ...]
    tool_speed: float | None
    tool_acceleration: float | None
    limits_share: float


def demands(situation: Situation, scene: SceneSpec) -> Demands:
    """Join a leg's requirements with the scene's, so that a leg cannot ask less than the scene."""
    own, asked = situation.leg.requirements, scene.requirements
    cones: list[tuple[Array, float]] = []
    if own.upright is not None:
        cones.append((_unit(own.upright[0]), float(own.upright[1])))
    if asked.upright is not None and (asked.upright_when == "always" or situation.held is not None):
        cones.append((_unit(asked.upright.axis), float(np.deg2rad(asked.upright.within_deg))))
    return Demands(
        float(max(own.clearance, asked.clearance)),
        float(max(own.carried_clearance, asked.carried_clearance)),
        tuple(cones),
        _least(own.tool_speed, asked.tool_speed),
        _least(own.tool_acceleration, asked.tool_acceleration),
        float(min(own.limits_share, asked.limits_share)),
    )


def _least(*values: float | None) -> float | None:
    return min((float(value) for value in values if value is not None), default=None)


def _unit(axis: object) -> Array:
    vector = np.asarray(axis, dtype=float)
    return vector / np.linalg.norm(vector)
