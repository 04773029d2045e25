"""The jobs behind `robolab load`: from logs to a model, and from a model and a log to a load."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from robolab.core.errors import BadInput
from robolab.core.files import write_json
from robolab.estimation.health import LogHealth, watch_log
from robolab.estimation.identify import Loaded, identify
from robolab.estimation.log import JointLog, read_joint_log
from robolab.estimation.model import LoadModel, load_model, save_model
from robolab.estimation.windows import LogEstimate, estimate_log
from robolab.jobs.problem_set import robot_spec
from robolab.robots import load_robot
from robolab.robots.model import RobotModel

LEAST_WINDOW = 0.2
"""Shorter windows hold no whole span of smoothed samples [s]."""
_MOST_MASS = 1000.0


def robot_of(name: str) -> RobotModel:
    """Return a robot with the tool that it is sold with, at the world's origin.

    Raises:
        UnknownName: no such robot.
    """
    return load_robot(robot_spec(name, None), Path())


def loaded_file(text: str) -> tuple[Path, float]:
    """Take FILE:MASS apart.

    Raises:
        BadInput: there is no mass, or it is not a positive number of kilograms.
    """
    name, _, number = text.rpartition(":")
    try:
        mass = float(number)
    except ValueError:
        mass = float("nan")
    if not name or not 0.0 < mass < _MOST_MASS:
        raise BadInput(
            "is no file with a mass",
            field="--loaded",
            value=text,
            expected="FILE:MASS with the mass in kilograms, such as run.csv:2.8",
        )
    return Path(name), mass


def identify_files(
    robot: RobotModel,
    logs: Sequence[Path],
    loaded: Sequence[str],
    out: Path,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[LoadModel, list[str]]:
    """Identify an arm from files, write the model, and return it with what was left out of the logs.

    Raises:
        LogError: a log that cannot be used.
        BadInput: a loaded file without its mass.
        OutputError: the model cannot be written.
    """
    named = [loaded_file(text) for text in loaded]
    progress("read logs")
    free = [read_joint_log(path, robot) for path in logs]
    heavy = [Loaded(read_joint_log(path, robot), mass) for path, mass in named]
    model = identify(robot, free, heavy, progress)
    save_model(out, model)
    return model, _omitted([*free, *(item.log for item in heavy)])


def estimate_file(
    robot: RobotModel, model: Path, log: Path, window: float, out: Path
) -> tuple[LogEstimate, list[str]]:
    """Estimate the load of a log, write it, and return it with what was left out.

    Raises:
        LoadModelError: the model cannot be used, or is of another robot.
        LogError: the log cannot be used, or is shorter than the window.
        BadInput: no window can be that short.
        OutputError: the estimate cannot be written.
    """
    if not LEAST_WINDOW <= window < float("inf"):
        raise BadInput(
            "no such window", field="--window", value=window, expected=f"at least {LEAST_WINDOW} s"
        )
    known = load_model(model, robot)
    recorded = read_joint_log(log, robot)
    estimate = estimate_log(known, robot, recorded, window)
    write_json(out, estimate.plain())
    return estimate, _omitted([recorded])


def _omitted(logs: Sequence[JointLog]) -> list[str]:
    return [f"{log.file}: left out: {text}" for log in logs for text in log.omitted]


def watch_file(robot: RobotModel, model: Path, log: Path, out: Path) -> tuple[LogHealth, list[str]]:
    """Watch a log for friction that drifts, loads that slip or go, and collisions; write what was told.

    Raises:
        LoadModelError: the model cannot be used, is of another robot, or does not say what is usual.
        LogError: the log cannot be used.
        OutputError: the result cannot be written.
    """
    known = load_model(model, robot)
    recorded = read_joint_log(log, robot)
    result = watch_log(known, robot, recorded)
    write_json(out, result.plain())
    return result, _omitted([recorded])
