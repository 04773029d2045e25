"""The job behind `robolab load export`: from a model to an estimator that a controller can run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from robolab.core.errors import BadInput, LoadModelError
from robolab.estimation.model import load_model
from robolab.export.load import STEP_WRITERS, STEPS
from robolab.jobs.load import robot_of

LEAST_PERIOD, MOST_PERIOD = 1e-4, 0.04
"""Shorter ones take much memory; longer ones leave a span without enough samples [s]."""


def export_estimator(
    model: Path,
    formats: Sequence[str],
    out: Path,
    period: float,
    kind: str = "kalman",
    variant: str = "full",
) -> dict[str, list[Path]]:
    """Write the on-line estimator of a model in every format named; return the files of each.

    Args:
        period: Time between two samples [s].
        kind: Which estimator.
        variant: Which of its sizes.
    Raises:
        UnknownName: no such format, estimator, variant or robot.
        BadInput: no controller samples at that period.
        LoadModelError: the model cannot be used.
        WeightsError: what was trained for this robot is not there.
        ExportError: a format needs a package that is not there, or does not have this estimator.
        OutputError: the folder cannot be written.
    """
    writers, make = {name: STEP_WRITERS.get(name) for name in formats}, STEPS.get(kind)
    if not LEAST_PERIOD <= period <= MOST_PERIOD:
        raise BadInput(
            "no such time between samples",
            field="--period",
            value=period,
            expected=f"{LEAST_PERIOD:g} to {MOST_PERIOD:g} s",
        )
    robot = robot_of(_robot_named(model))
    step = make(load_model(model, robot), robot, period, variant)
    return {name: writer.write(step, out) for name, writer in writers.items()}


def _robot_named(path: Path) -> str:
    """Name of the robot that a model is of; everything else about the model is checked later."""
    try:
        value: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LoadModelError(f"cannot be read: {error.strerror}", file=path) from error
    except ValueError as error:
        raise LoadModelError(f"is not valid JSON: {error}", file=path) from error
    name = cast("dict[str, Any]", value).get("robot") if isinstance(value, dict) else None
    if not isinstance(name, str):
        raise LoadModelError(
            "names no robot",
            file=path,
            field="robot",
            expected="a file that `robolab load identify` has written",
        )
    return name
