from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from rosbags.highlevel import AnyReader

from robolab.core.errors import ExportError
from robolab.export import EXPORTERS, read_back_error
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import Output, Program


@pytest.fixture
def bag(transfer: Program, ur10e: RobotModel, ur10e_scene: SceneSpec, tmp_path: Path) -> Path:
    (path,) = EXPORTERS.get("ros2_mcap").write(transfer, ur10e, ur10e_scene, tmp_path)
    return path


@pytest.fixture
def document(transfer: Program, ur10e: RobotModel, ur10e_scene: SceneSpec, tmp_path: Path) -> Path:
    (path,) = EXPORTERS.get("ros2_yaml").write(transfer, ur10e, ur10e_scene, tmp_path)
    return path


def test_rosbags_reads_the_bag(bag: Path, transfer: Program) -> None:
    with AnyReader([bag]) as reader:
        found: list[tuple[int, str, Any]] = [
            (stamp, connection.topic, reader.deserialize(raw, connection.msgtype))
            for connection, stamp, raw in reader.messages()
        ]
    trajectories: list[Any] = [m for _, topic, m in found if topic == "/joint_trajectory"]
    assert len(trajectories) == len(transfer.legs)
    for message, leg in zip(trajectories, transfer.legs, strict=True):
        assert tuple(message.joint_names) == transfer.joints
        assert message.header.stamp.sec == message.header.stamp.nanosec == 0
        times = [p.time_from_start.sec + p.time_from_start.nanosec * 1e-9 for p in message.points]
        assert times[0] == 0.0
        assert np.all(np.diff(times) > 0.0)
        assert times[-1] == pytest.approx(leg.trajectory.duration, abs=2e-9)
        assert not np.any(message.points[-1].velocities)
        assert message.points[-1].positions == pytest.approx(
            leg.trajectory.position(leg.trajectory.duration)
        )
    outputs = [(topic, m.data) for _, topic, m in found if topic.startswith("/outputs/")]
    assert outputs[1] == ("/outputs/vacuum", True)
    stamps = [stamp for stamp, _, _ in found]
    assert stamps == sorted(stamps)


def test_documents_are_what_ros_takes(document: Path, transfer: Program) -> None:
    first, second, *_ = list(yaml.safe_load_all(document.read_text()))
    assert first == {
        "at": {"sec": 0, "nanosec": 0},
        "topic": "/outputs/torch",
        "type": "std_msgs/msg/Bool",
        "message": {"data": False},
    }
    assert second["type"] == "trajectory_msgs/msg/JointTrajectory"
    assert set(second["message"]) == {"header", "joint_names", "points"}
    assert set(second["message"]["points"][0]) == {
        "positions",
        "velocities",
        "accelerations",
        "time_from_start",
    }


def test_joints_in_another_order_are_put_right(
    document: Path, transfer: Program, ur10e: RobotModel
) -> None:
    documents = list(yaml.safe_load_all(document.read_text()))
    for content in documents:
        message = content["message"]
        if "points" not in message:
            continue
        message["joint_names"].reverse()
        for point in message["points"]:
            for key in ("positions", "velocities", "accelerations"):
                point[key].reverse()
    document.write_text(yaml.safe_dump_all(documents))
    replay = EXPORTERS.get("ros2_yaml").read([document], ur10e)
    assert read_back_error(transfer, replay).joint_error < 2e-5


def _same_time(message: Any) -> None:
    message["points"][3]["time_from_start"] = message["points"][2]["time_from_start"]


def _still_moving(message: Any) -> None:
    message["points"][-1]["velocities"][0] = 0.1


def _wrong_joint(message: Any) -> None:
    message["joint_names"][2] = "knee_joint"


def _nan(message: Any) -> None:
    message["points"][2]["positions"][1] = float("nan")


def _short(message: Any) -> None:
    message["points"][2]["positions"].pop()


def _no_points(message: Any) -> None:
    del message["points"]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_same_time, "increase strictly"),
        (_still_moving, "end at rest"),
        (_wrong_joint, "other joints"),
        (_nan, "not finite"),
        (_short, "known form"),
        (_no_points, "known form"),
    ],
)
def test_what_a_controller_would_refuse(
    document: Path, ur10e: RobotModel, spoil: Any, reason: str
) -> None:
    documents = list(yaml.safe_load_all(document.read_text()))
    spoil(documents[1]["message"])
    document.write_text(yaml.safe_dump_all(documents))
    with pytest.raises(ExportError, match=reason) as caught:
        EXPORTERS.get("ros2_yaml").read([document], ur10e)
    assert caught.value.field == "message 2"


def test_output_names_must_be_topics(
    transfer: Program, ur10e: RobotModel, ur10e_scene: SceneSpec, tmp_path: Path
) -> None:
    odd = replace(transfer, items=(*transfer.items, Output("lamp-1", True)))
    with pytest.raises(ExportError, match="lamp-1"):
        EXPORTERS.get("ros2_mcap").write(odd, ur10e, ur10e_scene, tmp_path)
    assert not list(tmp_path.iterdir())
