"""ROS 2 messages as a stream of YAML documents that people can read and tools can publish."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from robolab.core.errors import ExportError
from robolab.core.files import write_text
from robolab.core.transforms import Array
from robolab.export.contract import EXPORTERS, Capabilities
from robolab.export.lines import files
from robolab.export.replay import Replay
from robolab.export.ros2 import (
    CAPABILITIES,
    NANO,
    OUTPUT_TOPIC,
    OUTPUT_TYPE,
    TRAJECTORY_TOPIC,
    TRAJECTORY_TYPE,
    Message,
    OutputMessage,
    TrajectoryMessage,
    messages,
    replay,
)
from robolab.export.timeline import plain_name
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import Program

HEAD = """\
# One document per message: when to send it from the program's start, topic, type, message.
"""


@dataclass(frozen=True)
class Ros2Yaml:
    """Writes one `.yaml` file; each document's `message` is what `ros2 topic pub` takes."""

    name: str = "ros2_yaml"
    description: str = "ROS 2 JointTrajectory and output messages as YAML documents"
    capabilities: Capabilities = CAPABILITIES

    def write(
        self, program: Program, robot: RobotModel, scene: SceneSpec, folder: Path
    ) -> list[Path]:
        """See `Exporter`."""
        found = messages(program, robot, self.capabilities, self.name)
        text = HEAD + "".join(_document(message) for message in found)
        path = folder / f"{plain_name(program.name)}.ros2.yaml"
        write_text(path, text)
        return [path]

    def read(self, paths: Sequence[Path], robot: RobotModel) -> Replay:
        """See `Exporter`."""
        (path,) = files(paths, 1)
        found = [_message(content, path, k) for k, content in enumerate(_load(path))]
        return replay(found, robot, path)


def _document(message: Message) -> str:
    head = f"---\nat: {_duration(message.stamp)}\n"
    if isinstance(message, OutputMessage):
        value = "true" if message.value else "false"
        return (
            f"{head}topic: {OUTPUT_TOPIC}{message.name}\n"
            f"type: {OUTPUT_TYPE}\nmessage: {{data: {value}}}\n"
        )
    lines = [
        f"topic: {TRAJECTORY_TOPIC}",
        f"type: {TRAJECTORY_TYPE}",
        "message:",
        "  header: {stamp: {sec: 0, nanosec: 0}, frame_id: ''}",
        f"  joint_names: [{', '.join(message.joints)}]",
        "  points:",
    ]
    for time, (q, v, a) in zip(message.times, message.points, strict=True):
        lines.append(f"  - positions: {_list(q)}")
        lines.append(f"    velocities: {_list(v)}")
        lines.append(f"    accelerations: {_list(a)}")
        lines.append(f"    time_from_start: {_duration(time)}")
    return head + "\n".join(lines) + "\n"


def _duration(nanoseconds: int) -> str:
    return f"{{sec: {nanoseconds // NANO}, nanosec: {nanoseconds % NANO}}}"


def _list(values: Array) -> str:
    return "[" + ", ".join(f"{v:.9f}" for v in np.round(values, 9) + 0.0) + "]"


def _load(path: Path) -> Iterable[Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return list(yaml.load_all(path.read_text(encoding="utf-8"), Loader=loader))
    except OSError as error:
        raise ExportError(f"cannot be read: {error.strerror}", file=path) from error
    except UnicodeDecodeError as error:
        raise ExportError("is not UTF-8 text", file=path) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else None
        problem = getattr(error, "problem", None) or "malformed"
        raise ExportError(f"is not valid YAML: {problem}", file=path, field=where) from error


def _message(content: Any, path: Path, index: int) -> Message:
    """Turn one document into the message that it describes."""
    try:
        stamp = _nanoseconds(content["at"])
        topic, kind, body = content["topic"], content["type"], content["message"]
        if kind == TRAJECTORY_TYPE and topic == TRAJECTORY_TOPIC:
            return _trajectory(stamp, body)
        if kind == OUTPUT_TYPE and topic.startswith(OUTPUT_TOPIC) and body["data"] in (True, False):
            return OutputMessage(stamp, topic.removeprefix(OUTPUT_TOPIC), body["data"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ExportError(
            "is no message of a known form",
            file=path,
            field=f"message {index + 1}",
            value=str(error),
        ) from error
    raise ExportError(
        "is no message of a known form",
        file=path,
        field=f"message {index + 1}",
        value=f"{topic}: {kind}",
        expected=f"{TRAJECTORY_TYPE} or {OUTPUT_TYPE}",
    )


def _trajectory(stamp: int, body: Mapping[str, Any]) -> TrajectoryMessage:
    points = body["points"]
    derivatives = ("positions", "velocities", "accelerations")
    return TrajectoryMessage(
        stamp,
        tuple(body["joint_names"]),
        tuple(_nanoseconds(point["time_from_start"]) for point in points),
        np.array([[point[key] for key in derivatives] for point in points], dtype=float),
    )


def _nanoseconds(duration: Mapping[str, int]) -> int:
    return int(duration["sec"]) * NANO + int(duration["nanosec"])


EXPORTERS.register("ros2_yaml")(Ros2Yaml())
