"""ROS 2 messages of a program, and what a joint trajectory controller does with such messages.

One trajectory_msgs/JointTrajectory per leg on `/joint_trajectory`, one std_msgs/Bool per output on
`/outputs/NAME`, each at its time from the program's start. The controller puts quintics between
points that hold position, velocity and acceleration (as ros2_control's joint_trajectory_controller does).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from robolab.core.errors import ExportError
from robolab.core.transforms import Array
from robolab.export.contract import Capabilities, check_count, check_points, check_program
from robolab.export.knots import quintic_knots
from robolab.export.replay import Motion, Replay
from robolab.export.timeline import timeline
from robolab.robots.model import RobotModel
from robolab.trajectory.trajectory import Leg, Output, Program

TRAJECTORY_TOPIC = "/joint_trajectory"
TRAJECTORY_TYPE = "trajectory_msgs/msg/JointTrajectory"
OUTPUT_TOPIC = "/outputs/"
OUTPUT_TYPE = "std_msgs/msg/Bool"
NANO = 1_000_000_000

# Each name between slashes: a letter first, no double underscore, none at the end.
_TOPIC_NAME = re.compile(r"[A-Za-z]+(_?[A-Za-z0-9]+)*(/[A-Za-z]+(_?[A-Za-z0-9]+)*)*")

CAPABILITIES = Capabilities(max_points=20_000, min_dt=1e-4)


@dataclass(frozen=True)
class TrajectoryMessage:
    """A leg.

    Attributes:
        stamp: When it is sent, from the program's start [ns].
        times: time_from_start of each point, shape (m,) [ns].
        points: Position, velocity, acceleration at each point, shape (m, 3, n).
    """

    stamp: int
    joints: tuple[str, ...]
    times: tuple[int, ...]
    points: Array


@dataclass(frozen=True)
class OutputMessage:
    """An output, sent at `stamp` [ns]."""

    stamp: int
    name: str
    value: bool


Message = TrajectoryMessage | OutputMessage


def messages(
    program: Program, robot: RobotModel, can: Capabilities, exporter: str
) -> list[Message]:
    """Return a program's messages in order.

    Raises:
        ExportError: the program does not fit the controller, or an output's name no topic.
    """
    check_program(program, robot, can, exporter)
    result: list[Message] = []
    points = 0
    for start, item in timeline(program):
        if isinstance(item, Leg):
            message = _trajectory(item, start, can, exporter)
            points += len(message.times)
            result.append(message)
        elif isinstance(item, Output):
            _check_topic(item.name, exporter)
            result.append(OutputMessage(round(start * NANO), item.name, item.value))
    check_count(points, can, exporter)
    return result


def _trajectory(leg: Leg, start: float, can: Capabilities, exporter: str) -> TrajectoryMessage:
    curve = leg.trajectory.curve
    times = quintic_knots(curve, min_dt=can.min_dt)
    points = np.stack([curve(times, k) for k in range(3)], axis=1)
    check_points(times, points[:, 0], can, exporter, leg.name)
    points[[0, -1], 1:] = 0.0
    stamp = round(start * NANO)
    # Relative to the rounded stamp, so that errors do not add up over the legs.
    local = tuple(round((start + t - curve.start) * NANO) - stamp for t in times)
    return TrajectoryMessage(stamp, leg.trajectory.joints, local, points)


def _check_topic(name: str, exporter: str) -> None:
    if not _TOPIC_NAME.fullmatch(name):
        raise ExportError(
            "output's name is no topic name",
            field=exporter,
            value=name,
            expected="letters, digits and single underscores",
        )


def replay(found: Sequence[Message], robot: RobotModel, path: Path) -> Replay:
    """Return what a controller does with messages that were read from a file.

    Raises:
        ExportError: no trajectory, joints that are not the robot's, times that do not increase
            strictly, points that are not finite, or a trajectory that does not end at rest.
    """
    motions: list[Motion] = []
    outputs: list[tuple[float, str, bool]] = []
    for index, message in enumerate(found):
        field = f"message {index + 1}"
        if isinstance(message, TrajectoryMessage):
            motions.append(_motion(message, robot, path, field))
        else:
            outputs.append((message.stamp / NANO, message.name, message.value))
    if not motions:
        raise ExportError("holds no trajectory", file=path)
    for before, after in pairwise(motions):
        if after.times[0] < before.times[-1] - 1e-9:
            raise ExportError(
                "a trajectory starts before the last one ends",
                file=path,
                value=float(after.times[0]),
                expected=f"{float(before.times[-1])} s or later",
            )
    end = max([motions[-1].times[-1], *(time for time, _, _ in outputs)])
    return Replay(robot.joints, tuple(motions), tuple(outputs), float(end))


def _motion(message: TrajectoryMessage, robot: RobotModel, path: Path, field: str) -> Motion:
    times = np.array(message.times, dtype=np.int64)
    points = message.points
    if sorted(message.joints) != sorted(robot.joints):
        raise ExportError(
            "moves other joints than the robot's",
            file=path,
            field=field,
            value=message.joints,
            expected=", ".join(robot.joints),
        )
    if points.shape != (times.size, 3, len(robot.joints)) or times.size < 2:
        raise ExportError(
            "has points of the wrong shape", file=path, field=field, value=points.shape
        )
    if times[0] < 0 or np.any(np.diff(times) <= 0):
        raise ExportError("time_from_start does not increase strictly", file=path, field=field)
    if not np.all(np.isfinite(points)):
        raise ExportError("has points that are not finite", file=path, field=field)
    if np.any(points[-1, 1]):
        raise ExportError("does not end at rest", file=path, field=field)
    order = [message.joints.index(name) for name in robot.joints]
    return Motion((message.stamp + times) / NANO, points[:, :, order])
