from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mcap_ros2.reader import read_ros2_messages
from rosbags.highlevel import AnyReader

from robolab.core.errors import OutputError
from robolab.export.log import LARGEST_IMAGE, RATE_HZ, write_log
from robolab.robots.model import RobotModel
from robolab.sim.gripper import GripEvent
from robolab.sim.readings import Readings, Series
from robolab.sim.tracking import TrackingLog

FAST, SLOW = 500, 10


@pytest.fixture
def tracking(ur10e: RobotModel) -> TrackingLog:
    rng = np.random.default_rng(0)
    k, frames = FAST, SLOW
    camera = Series(
        "rgbd",
        0.03,
        np.arange(frames) / 10.0,
        {
            "colour": rng.integers(0, 255, (frames, 240, 320, 3), dtype=np.uint8),
            "depth": rng.uniform(0.5, 2.0, (frames, 240, 320)).astype(np.float32),
            "segmentation": rng.integers(0, 9, (frames, 240, 320)).astype(np.int16),
        },
        {"segmentation": ("floor", "table")},
    )
    wrist = Series("force_torque", 0.0, np.arange(k) / 500.0, {"wrench": rng.normal(size=(k, 6))})
    pressure = Series("vacuum", 0.0, np.arange(100) / 100.0, {"pressure": rng.normal(size=100)})
    named = Series(
        "encoder", 0.0, np.arange(20) / 50.0, {"q": rng.normal(size=(20, 2))}, {"q": ("a", "b")}
    )
    fingers = Series(
        "finger_pressure",
        0.0,
        np.arange(20) / 50.0,
        {"pressure": rng.normal(size=(20, 2, 4, 3))},
        {"pressure": ("left", "right")},
    )
    sensors = {
        "fingers": fingers,
        "cam-1": camera,
        "wrist": wrist,
        "vacuum": pressure,
        "encoder": named,
    }
    q = rng.normal(size=(6, k, 6))
    return TrackingLog(
        ur10e.joints,
        np.arange(k) / 500.0,
        *q,
        tcp_error=rng.uniform(size=k),
        leg=np.zeros(k, dtype=int),
        outputs=((0.1, "vacuum", True), (0.6, "vacuum", False)),
        events=(GripEvent(0.2, "held", "carton"), GripEvent(0.7, "dropped", "carton", "too heavy")),
        dropped=(),
        readings=Readings(sensors),
    )


def rosbags_messages(path: Path) -> dict[str, list[tuple[int, Any]]]:
    found: dict[str, list[tuple[int, Any]]] = {}
    with AnyReader([path]) as reader:
        for connection, stamp, raw in reader.messages():
            message = reader.deserialize(raw, connection.msgtype)
            found.setdefault(connection.topic, []).append((stamp, message))
    return found


def test_rosbags_reads_everything(tracking: TrackingLog, ur10e: RobotModel, tmp_path: Path) -> None:
    path = tmp_path / "log.mcap"
    write_log(tracking, ur10e, path)
    found = rosbags_messages(path)
    assert set(found) == {
        "/reference/joint_states",
        "/joint_states",
        "/motor_currents",
        "/tcp_error",
        "/outputs/vacuum",
        "/gripper_events",
        "/sensors/cam_1/colour",
        "/sensors/cam_1/depth",
        "/sensors/cam_1/segmentation",
        "/sensors/cam_1/segmentation_labels",
        "/sensors/fingers/pressure",
        "/sensors/wrist/wrench",
        "/sensors/vacuum/pressure",
        "/sensors/encoder/q",
    }
    stamp, state = found["/joint_states"][7]
    index = round(stamp * 1e-9 * 500)
    assert state.position == pytest.approx(tracking.q[index])
    assert state.effort == pytest.approx(tracking.torque[index])
    assert tuple(state.name) == tracking.joints
    assert [m.data for _, m in found["/outputs/vacuum"]] == [True, False]
    assert json.loads(found["/gripper_events"][1][1].data)["reason"] == "too heavy"
    wrench = found["/sensors/wrist/wrench"][0][1].wrench
    assert wrench.torque.z == tracking.readings["wrist"]["wrench"][0, 5]
    layout = found["/sensors/fingers/pressure"][0][1].layout
    assert [(d.label, d.size) for d in layout.dim] == [("left,right", 2), ("", 4), ("", 3)]
    labels = found["/sensors/cam_1/segmentation_labels"]
    assert [json.loads(message.data) for _, message in labels] == [["floor", "table"]]
    assert found["/sensors/encoder/q"][0][1].layout.dim[0].label == "a,b"


def test_images_are_thinned_and_late(
    tracking: TrackingLog, ur10e: RobotModel, tmp_path: Path
) -> None:
    path = tmp_path / "log.mcap"
    write_log(tracking, ur10e, path)
    found = rosbags_messages(path)
    camera = tracking.readings["cam-1"]
    stamp, image = found["/sensors/cam_1/depth"][3]
    assert stamp == 330_000_000
    assert image.header.stamp.nanosec == 300_000_000
    assert (image.width, image.height, image.encoding) == (160, 120, "32FC1")
    assert max(image.width, image.height) <= LARGEST_IMAGE
    depth = image.data.view(np.float32).reshape(120, 160)
    assert np.array_equal(depth, camera["depth"][3, ::2, ::2])
    colour = found["/sensors/cam_1/colour"][3][1]
    assert colour.step == 3 * 160
    assert np.array_equal(colour.data.reshape(120, 160, 3), camera["colour"][3, ::2, ::2])


def test_mcap_ros2_support_reads_it_too(
    tracking: TrackingLog, ur10e: RobotModel, tmp_path: Path
) -> None:
    path = tmp_path / "log.mcap"
    write_log(tracking, ur10e, path)
    with path.open("rb") as file:
        topics = [message.channel.topic for message in read_ros2_messages(file)]
    assert topics.count("/joint_states") == RATE_HZ * FAST / 500
    assert topics.count("/sensors/cam_1/depth") == SLOW


def test_same_log_same_bytes(tracking: TrackingLog, ur10e: RobotModel, tmp_path: Path) -> None:
    write_log(tracking, ur10e, tmp_path / "a.mcap")
    write_log(tracking, ur10e, tmp_path / "b.mcap")
    assert (tmp_path / "a.mcap").read_bytes() == (tmp_path / "b.mcap").read_bytes()


def test_a_log_without_sensors(tracking: TrackingLog, ur10e: RobotModel, tmp_path: Path) -> None:
    bare = replace(tracking, readings=Readings(), events=(), outputs=())
    write_log(bare, ur10e, tmp_path / "log.mcap")
    assert len(rosbags_messages(tmp_path / "log.mcap")) == 4


def test_unwritable(tracking: TrackingLog, ur10e: RobotModel, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        write_log(tracking, ur10e, tmp_path / "file" / "log.mcap")
