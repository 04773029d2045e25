"""A run's log as an MCAP bag: what was commanded, what happened, and what the sensors said.

Topics: `/reference/joint_states` and `/joint_states` (sensor_msgs/JointState, effort in N m),
`/motor_currents` and `/tcp_error` (A and m), `/outputs/NAME`, `/gripper_events` (JSON text), and
`/sensors/SENSOR/CHANNEL` of each sensor: images (`CHANNEL_labels` names what their numbers stand
for, as JSON text), wrenches, or arrays whose dimensions are named.
A message's header holds when it was measured, its log time when it arrived. Faster signals are
thinned to `RATE_HZ`: the log is there to look at, the report has the peaks of every sample.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from robolab.core.files import write_bytes
from robolab.core.transforms import Array
from robolab.export.bag import Stamped, mcap_bytes, typestore
from robolab.export.ros2 import NANO, OUTPUT_TOPIC
from robolab.export.timeline import plain_name
from robolab.robots.model import RobotModel

if TYPE_CHECKING:  # the log's type, not the physics that filled it
    from robolab.sim.readings import Series
    from robolab.sim.tracking import TrackingLog

RATE_HZ = 100.0
"""Most messages a second on a topic."""
SMALLEST_IMAGE = 16
"""Arrays of fewer columns or rows are sent as numbers."""
LARGEST_IMAGE = 160
"""Images are thinned to at most this many columns and rows."""

_ENCODINGS = {
    "uint8": "8UC1",
    "uint16": "16UC1",
    "int16": "16SC1",
    "int32": "32SC1",
    "float32": "32FC1",
}


def write_log(tracking: TrackingLog, robot: RobotModel, path: Path) -> None:
    """Write a tracking log and its sensor readings into one file.

    Raises:
        OutputError: the file cannot be written; nothing is left half-written.
    """
    messages = [*_joints(tracking, robot), *_moments(tracking)]
    for name in tracking.readings:
        messages += _sensor(name, tracking.readings[name])
    messages.sort(key=lambda message: message[:2])
    write_bytes(path, mcap_bytes(messages))


def _joints(tracking: TrackingLog, robot: RobotModel) -> Iterator[Stamped]:
    names = list(tracking.joints)
    none = np.empty(0)
    for k in _thinned(tracking.time):
        stamp = round(float(tracking.time[k]) * NANO)
        head = _header(stamp, robot.name)
        reference = _state(head, names, tracking.q_ref[k], tracking.qd_ref[k], none)
        yield stamp, "/reference/joint_states", reference
        actual = _state(head, names, tracking.q[k], tracking.qd[k], tracking.torque[k])
        yield stamp, "/joint_states", actual
        yield stamp, "/motor_currents", _array(tracking.current[k], {0: tracking.joints})
        error = typestore().types["std_msgs/msg/Float64"](data=float(tracking.tcp_error[k]))
        yield stamp, "/tcp_error", error


def _moments(tracking: TrackingLog) -> Iterator[Stamped]:
    types = typestore().types
    for time, name, value in tracking.outputs:
        topic = OUTPUT_TOPIC + plain_name(name)
        yield round(time * NANO), topic, types["std_msgs/msg/Bool"](data=value)
    for event in tracking.events:
        said = {"what": event.what, "object": event.object, "reason": event.reason}
        text = types["std_msgs/msg/String"](data=json.dumps(said))
        yield round(event.time * NANO), "/gripper_events", text


def _sensor(name: str, series: Series) -> Iterator[Stamped]:
    for channel, values in sorted(series.values.items()):
        topic = f"/sensors/{plain_name(name)}/{plain_name(channel)}"
        labels = series.labels.get(channel, ())
        if labels and _is_image(values[0]):
            names = typestore().types["std_msgs/msg/String"](data=json.dumps(labels))
            yield round((float(series.times[0]) + series.delay) * NANO), f"{topic}_labels", names
        for k in _thinned(series.times):
            time = float(series.times[k])
            header = _header(round(time * NANO), name)
            arrival = round((time + series.delay) * NANO)
            yield arrival, topic, _value(header, channel, np.asarray(values[k]), labels)


def _thinned(times: Array) -> range:
    """Indices of evenly spaced samples, at most RATE_HZ of them a second."""
    if times.size < 2:
        return range(times.size)
    period = float(times[-1] - times[0]) / (times.size - 1)
    return range(0, times.size, max(int(np.ceil(1.0 / (RATE_HZ * period) - 1e-6)), 1))


def _value(header: Any, channel: str, value: np.ndarray, labels: tuple[str, ...]) -> Any:
    if _is_image(value):
        return _image(header, value)
    if channel == "wrench" and value.shape == (6,):
        types = typestore().types
        vector = types["geometry_msgs/msg/Vector3"]
        force, torque = (vector(*map(float, part)) for part in (value[:3], value[3:]))
        wrench = types["geometry_msgs/msg/Wrench"](force=force, torque=torque)
        return types["geometry_msgs/msg/WrenchStamped"](header=header, wrench=wrench)
    # Labels belong to the axis that is as long: joints, or fingers before rows and columns.
    axis = value.shape.index(len(labels)) if len(labels) in value.shape else None
    named = {} if axis is None else {axis: labels}
    return _array(np.asarray(value, dtype=float), named)


def _is_image(value: np.ndarray) -> bool:
    return value.ndim >= 2 and min(value.shape[:2]) >= SMALLEST_IMAGE


def _image(header: Any, value: np.ndarray) -> Any:
    stride = -(-max(value.shape[:2]) // LARGEST_IMAGE)
    pixels = np.ascontiguousarray(value[::stride, ::stride])
    if pixels.ndim == 3:
        encoding, pixels = "rgb8", np.ascontiguousarray(pixels[..., :3], dtype=np.uint8)
    else:
        if str(pixels.dtype) not in _ENCODINGS:
            floating = np.issubdtype(pixels.dtype, np.floating)
            pixels = pixels.astype(np.float32 if floating else np.int32)
        encoding = _ENCODINGS[str(pixels.dtype)]
    data = pixels.view(np.uint8).reshape(-1)
    height, width = pixels.shape[:2]
    return typestore().types["sensor_msgs/msg/Image"](
        header=header,
        height=height,
        width=width,
        encoding=encoding,
        is_bigendian=0,
        step=data.size // height,
        data=data,
    )


def _state(header: Any, names: list[str], q: Any, qd: Any, effort: Any) -> Any:
    return typestore().types["sensor_msgs/msg/JointState"](
        header=header, name=names, position=q, velocity=qd, effort=effort
    )


def _header(stamp: int, frame: str) -> Any:
    types = typestore().types
    time = types["builtin_interfaces/msg/Time"](sec=stamp // NANO, nanosec=stamp % NANO)
    return types["std_msgs/msg/Header"](stamp=time, frame_id=frame)


def _array(values: np.ndarray, labels: dict[int, tuple[str, ...]]) -> Any:
    """A Float64MultiArray; a dimension's label holds the names of its entries."""
    types = typestore().types
    dimension = types["std_msgs/msg/MultiArrayDimension"]
    strides = [int(np.prod(values.shape[axis:])) for axis in range(values.ndim)]
    dims: list[Any] = [
        dimension(label=",".join(labels.get(axis, ())), size=size, stride=strides[axis])
        for axis, size in enumerate(values.shape)
    ]
    layout = types["std_msgs/msg/MultiArrayLayout"](dim=dims, data_offset=0)
    return types["std_msgs/msg/Float64MultiArray"](layout=layout, data=values.reshape(-1))
