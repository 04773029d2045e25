"""ROS 2 messages as an MCAP file that `ros2 bag play` sends at their times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mcap_ros2.reader import read_ros2_messages

from robolab.core.errors import ExportError
from robolab.core.files import write_bytes
from robolab.export.bag import mcap_bytes, typestore
from robolab.export.contract import EXPORTERS, Capabilities
from robolab.export.lines import files
from robolab.export.replay import Replay
from robolab.export.ros2 import (
    CAPABILITIES,
    NANO,
    OUTPUT_TOPIC,
    TRAJECTORY_TOPIC,
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


@dataclass(frozen=True)
class Ros2Mcap:
    """Writes one `.mcap` file by `rosbags`, and reads it by `mcap-ros2-support`."""

    name: str = "ros2_mcap"
    description: str = "ROS 2 JointTrajectory and output messages in an MCAP bag"
    capabilities: Capabilities = CAPABILITIES

    def write(
        self, program: Program, robot: RobotModel, scene: SceneSpec, folder: Path
    ) -> list[Path]:
        """See `Exporter`."""
        found = messages(program, robot, self.capabilities, self.name)
        path = folder / f"{plain_name(program.name)}.mcap"
        write_bytes(path, mcap_bytes(_stamped(message) for message in found))
        return [path]

    def read(self, paths: Sequence[Path], robot: RobotModel) -> Replay:
        """See `Exporter`."""
        (path,) = files(paths, 1)
        try:
            with path.open("rb") as file:
                found = [
                    _message(m.channel.topic, m.log_time_ns, m.ros_msg)
                    for m in read_ros2_messages(file)
                ]
        except OSError as error:
            raise ExportError(f"cannot be read: {error.strerror}", file=path) from error
        except Exception as error:  # the decoder meets damage with errors of a dozen kinds
            raise ExportError(f"is no whole MCAP bag: {error}", file=path) from error
        return replay(found, robot, path)


def _stamped(message: Message) -> tuple[int, str, Any]:
    types = typestore().types
    if isinstance(message, OutputMessage):
        topic = OUTPUT_TOPIC + message.name
        return message.stamp, topic, types["std_msgs/msg/Bool"](data=message.value)
    time = types["builtin_interfaces/msg/Time"](sec=0, nanosec=0)
    duration = types["builtin_interfaces/msg/Duration"]
    point = types["trajectory_msgs/msg/JointTrajectoryPoint"]
    trajectory = types["trajectory_msgs/msg/JointTrajectory"](
        header=types["std_msgs/msg/Header"](stamp=time, frame_id=""),
        joint_names=list(message.joints),
        points=[
            point(
                positions=q,
                velocities=v,
                accelerations=a,
                effort=np.empty(0),
                time_from_start=duration(sec=moment // NANO, nanosec=moment % NANO),
            )
            for moment, (q, v, a) in zip(message.times, message.points, strict=True)
        ],
    )
    return message.stamp, TRAJECTORY_TOPIC, trajectory


def _message(topic: str, stamp: int, content: Any) -> Message:
    if topic.startswith(OUTPUT_TOPIC):
        return OutputMessage(stamp, topic.removeprefix(OUTPUT_TOPIC), bool(content.data))
    times = tuple(p.time_from_start.sec * NANO + p.time_from_start.nanosec for p in content.points)
    points = np.array([[p.positions, p.velocities, p.accelerations] for p in content.points])
    return TrajectoryMessage(stamp, tuple(content.joint_names), times, points)


EXPORTERS.register("ros2_mcap")(Ros2Mcap())
