"""How far a replay of exported files is from the program that was exported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from robolab.core.errors import ExportError
from robolab.core.transforms import Array
from robolab.export.replay import Replay
from robolab.export.timeline import timeline
from robolab.trajectory.trajectory import Leg, Output, Program


@dataclass(frozen=True)
class ReadBack:
    """How far a replay is from its program.

    Attributes:
        joint_error: Largest, over all joints and times [rad or m].
        time, leg: Where that is: seconds from the program's start, and the leg's name.
        output_error: Largest error of an output's moment [s].
        duration_error: Of the whole, settling not counted [s].
        settling: Time that the controller adds to let the arm catch up [s].
    """

    joint_error: float
    time: float
    leg: str
    output_error: float
    duration_error: float
    settling: float


def read_back_error(program: Program, replay: Replay, step: float = 5e-4) -> ReadBack:
    """Compare a replay with its program along dense time.

    Args:
        step: Between compared times [s].

    Raises:
        ExportError: the replay has other joints or other outputs than the program.
    """
    if replay.joints != program.joints:
        raise ExportError(
            "read back other joints than were written",
            value=replay.joints,
            expected=", ".join(program.joints),
        )
    worst, time, name = -1.0, 0.0, ""
    for label, start, local, asked in _stretches(program, step):
        played = replay.position(start + replay.delay(start) + local)
        error = np.abs(played - asked).max(axis=1)
        index = int(error.argmax())
        if error[index] > worst:
            worst, time, name = float(error[index]), start + float(local[index]), label
    settling = sum(seconds for _, seconds in replay.settles)
    return ReadBack(
        joint_error=worst,
        time=time,
        leg=name,
        output_error=_output_error(program, replay),
        duration_error=abs(replay.duration - settling - program.duration),
        settling=settling,
    )


def _stretches(program: Program, step: float) -> Iterator[tuple[str, float, Array, Array]]:
    """Yield name, start, times from the start (k,), and positions (k, n) of each leg and dwell."""
    first = program.legs[0].trajectory
    held = first.position(first.curve.start)
    for start, item in timeline(program):
        if isinstance(item, Output):
            continue
        seconds = item.trajectory.duration if isinstance(item, Leg) else item.seconds
        local = np.linspace(0.0, seconds, max(int(np.ceil(seconds / step)), 16) + 1)
        if isinstance(item, Leg):
            asked = item.trajectory.position(item.trajectory.curve.start + local)
            held = asked[-1]
            yield item.name, start, local, asked
        else:
            yield "dwell", start, local, np.broadcast_to(held, (local.size, held.size))


def _output_error(program: Program, replay: Replay) -> float:
    asked = [
        (start + replay.delay(start), item.name, item.value)
        for start, item in timeline(program)
        if isinstance(item, Output)
    ]
    if _settings(asked) != _settings(replay.outputs):
        raise ExportError(
            "read back other outputs than were written",
            value=_settings(replay.outputs),
            expected=str(_settings(asked)),
        )
    return max((abs(a[0] - b[0]) for a, b in zip(asked, replay.outputs, strict=True)), default=0.0)


def _settings(outputs: Sequence[tuple[float, str, bool]]) -> list[tuple[str, bool]]:
    return [(name, value) for _, name, value in outputs]
