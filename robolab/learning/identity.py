"""What a policy was trained for, read without loading what it takes to use one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from robolab.core.errors import WeightsError
from robolab.core.files import content_hash
from robolab.robots.model import RobotModel

PROCESSOR, METRICS = "processor.json", "metrics.json"
MINUTES = "minutes_in_all"
"""Key of the metrics: how long it took to train the policy and to measure it [min]."""


def trained_for(folder: Path, robot: RobotModel) -> bool:
    """Whether the policy in a folder is for a robot with this kinematics and these limits.

    Raises:
        WeightsError: the folder holds no policy.
    """
    return bool(read_processor(folder)["for"].get("robot_digest") == robot_digest(robot))


def minutes_of(folder: Path) -> float | None:
    """How long it took to train a policy and to measure it [min]; None where that is not known."""
    try:
        found = json.loads(read_text(folder / METRICS)).get(MINUTES)
    except (WeightsError, ValueError, AttributeError):
        return None
    return float(found) if isinstance(found, int | float) else None


def robot_digest(robot: RobotModel) -> str:
    """Name what a policy depends on in a robot with its tool: kinematics and limits, not drives or looks."""
    chain, limits = robot.chain, robot.limits
    arrays = (
        *(
            chain.X_world_base,
            chain.fixed,
            chain.axis,
            chain.prismatic,
            chain.weights,
            chain.offset,
        ),
        *(chain.X_last_tcp, limits.lower, limits.upper, limits.velocity, limits.acceleration),
    )
    # Rounded, and without negative zeros, so that another machine's arithmetic gives the same name.
    rounded = [(np.round(np.asarray(a, dtype=float), 6) + 0.0).tolist() for a in arrays]
    return content_hash(json.dumps([list(robot.joints), *rounded]))


def read_processor(folder: Path) -> dict[str, Any]:
    """Read `processor.json`: under "for", what the policy was trained for.

    Raises:
        WeightsError: it cannot be read, or is none.
    """
    path = folder / PROCESSOR
    try:
        content = json.loads(read_text(path))
    except ValueError as error:
        raise WeightsError("is cut short or not JSON", file=path) from error
    if not isinstance(content, dict) or not isinstance(content.get("for"), dict):
        raise WeightsError("is not a policy's processor", file=path)
    return content  # pyright: ignore[reportUnknownVariableType]


def read_text(path: Path) -> str:
    """Read one of a policy's files.

    Raises:
        WeightsError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WeightsError("cannot be read", file=path, expected="a policy's folder") from error
