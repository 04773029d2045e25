"""Poses from a recorded joint log: where a real arm stood still, and for how long it moved between.

The format is that of the public UR10e logs: no header, 31 columns: time [s], then for six joints position
[rad], velocity [rad/s], motor current [A], desired current [A], desired torque [N m].
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robolab.core.errors import LogError
from robolab.core.transforms import Array

_JOINTS = 6
_COLUMNS = 1 + 5 * _JOINTS
_STILL_SPEED = 0.05
"""All joints below this are at a standstill [rad/s]."""
_STILL_TIME = 0.05
"""A standstill lasts at least this long [s]."""


@dataclass(frozen=True)
class Standstills:
    """Where the arm stood.

    Attributes:
        poses: Mean joint positions of each standstill in time order, shape (k, 6) [rad].
        start, end: First and last instant of each, shape (k,) [s].
    """

    poses: Array
    start: Array
    end: Array

    @property
    def motion_time(self) -> float:
        """Time that the arm spent between standstills [s]."""
        return float(np.sum(self.start[1:] - self.end[:-1]))


def read_log(path: Path) -> Array:
    """Read a joint log, shape (rows, 31).

    Raises:
        LogError: no such file, a wrong column count, a value that is not finite, or time that does not
            run forward; the message names the line.
    """
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError as error:
        raise LogError(f"cannot be read: {error.strerror}", file=path) from error
    except UnicodeDecodeError as error:
        raise LogError(
            "is not a text file", file=path, expected="comma-separated numbers"
        ) from error
    rows = [_row(line, path, number) for number, line in enumerate(lines, 1) if line.strip()]
    if len(rows) < 2:
        raise LogError("holds no motion", file=path, value=len(rows), expected="at least 2 rows")
    log = np.array(rows)
    _check_values(log, path)
    return log


def _row(line: str, path: Path, number: int) -> list[float]:
    fields = line.split(",")
    if len(fields) != _COLUMNS:
        raise LogError(
            "wrong column count",
            file=path,
            field=f"line {number}",
            value=len(fields),
            expected=f"{_COLUMNS} columns",
        )
    try:
        return [float(value) for value in fields]
    except ValueError as error:
        raise LogError(
            "not a number", file=path, field=f"line {number}", value=str(error).split(": ")[-1]
        ) from error


def _check_values(log: Array, path: Path) -> None:
    bad = np.argwhere(~np.isfinite(log))
    if bad.size:
        row, column = bad[0]
        raise LogError(
            "not a finite number",
            file=path,
            field=f"row {row + 1}, column {column + 1}",
            value=str(log[row, column]),
        )
    back = np.flatnonzero(np.diff(log[:, 0]) <= 0.0)
    if back.size:
        row = int(back[0]) + 1
        raise LogError(
            "time does not run forward", file=path, field=f"row {row + 1}", value=float(log[row, 0])
        )
    if np.abs(log[:, 1 : 1 + _JOINTS]).max() > 4.0 * np.pi:
        raise LogError("joint positions are no radians", file=path, expected="at most 4 pi")


def standstills(log: Array) -> Standstills:
    """Find where all joints stay under 0.05 rad/s for at least 0.05 s, both ends of the log included."""
    time = log[:, 0]
    still = np.all(np.abs(log[:, 1 + _JOINTS : 1 + 2 * _JOINTS]) < _STILL_SPEED, axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], still, [False]]).astype(int)))
    spans = [(a, b - 1) for a, b in edges.reshape(-1, 2) if time[b - 1] - time[a] >= _STILL_TIME]
    poses = [log[a : b + 1, 1 : 1 + _JOINTS].mean(axis=0) for a, b in spans]
    return Standstills(
        np.array(poses).reshape(-1, _JOINTS),
        np.array([time[a] for a, _ in spans]),
        np.array([time[b] for _, b in spans]),
    )
