"""Recorded joint logs: read, checked against the arm that they are said to be of, and cleared of impossible rows.

No header, 1 + 5 n columns: time [s], then for n joints position [rad], velocity [rad/s], motor current [A],
desired current [A], desired torque [N m].
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robolab.core.errors import LogError
from robolab.core.transforms import Array
from robolab.estimation.log_checks import (
    MOST_ANGLE,
    MOST_BAD,
    check_units,
    dead_currents,
    possible,
    rising,
)
from robolab.robots.model import RobotModel

_SHOWN = 3


@dataclass(frozen=True)
class JointLog:
    """What is left of a log after checks.

    Attributes:
        time: Strictly rising, shape (k,) [s].
        q, qd, current: Shape (k, n); a dead current channel is NaN throughout.
        period: Usual time between two rows [s].
        omitted: What was left out and why, one sentence each.
    """

    file: Path
    time: Array
    q: Array
    qd: Array
    current: Array
    period: float
    omitted: tuple[str, ...]

    def part(self, start: float, end: float) -> JointLog:
        """Return the rows with start <= time < end."""
        rows = (self.time >= start) & (self.time < end)
        return self.rows(rows)

    def rows(self, rows: np.ndarray) -> JointLog:
        """Return some rows of it."""
        return JointLog(
            self.file,
            self.time[rows],
            self.q[rows],
            self.qd[rows],
            self.current[rows],
            self.period,
            self.omitted,
        )


def read_table(path: Path, joints: int = 6) -> Array:
    """Read the numbers of a log, whatever they are, shape (rows, 1 + 5 joints).

    Raises:
        LogError: no such file, a wrong column count, something that is no number; the message names the line.
    """
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError as error:
        raise LogError(f"cannot be read: {error.strerror}", file=path) from error
    except UnicodeDecodeError as error:
        raise LogError(
            "is not a text file", file=path, expected="comma-separated numbers"
        ) from error
    columns = 1 + 5 * joints
    rows = [
        _row(line, path, number, columns) for number, line in enumerate(lines, 1) if line.strip()
    ]
    if len(rows) < 2:
        raise LogError("holds no motion", file=path, value=len(rows), expected="at least 2 rows")
    return np.array(rows)


def _row(line: str, path: Path, number: int, columns: int) -> list[float]:
    fields = line.split(",")
    if len(fields) != columns:
        raise LogError(
            "wrong column count",
            file=path,
            field=f"line {number}",
            value=len(fields),
            expected=f"{columns} columns",
        )
    try:
        return [float(value) for value in fields]
    except ValueError as error:
        raise LogError(
            "not a number", file=path, field=f"line {number}", value=str(error).split(": ")[-1]
        ) from error


def read_log(path: Path, joints: int = 6) -> Array:
    """Read a log in which every row has to be good, shape (rows, 1 + 5 joints).

    Raises:
        LogError: as `read_table`, and a value that is not finite, or time that does not run forward.
    """
    log = read_table(path, joints)
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
    if np.abs(log[:, 1 : 1 + joints]).max() > MOST_ANGLE:
        raise LogError("joint positions are no radians", file=path, expected="at most 4 pi")
    return log


def read_joint_log(path: Path, robot: RobotModel) -> JointLog:
    """Read a log of one arm; rows that cannot be are left out and reported.

    Raises:
        LogError: as `read_table`; more than a tenth of the rows cannot be; units other than rad, rad/s and A;
            no current at all; positions or velocities that stand while the others move.
    """
    n = robot.dof
    table = read_table(path, n)[:, : 1 + 3 * n]
    check_units(table, robot, path)
    good = possible(table, robot)
    forward = rising(table[:, 0], good)
    lost = len(table) - int(forward.sum())
    if lost > MOST_BAD * len(table):
        row = int(np.flatnonzero(~forward)[0]) + 1
        raise LogError(
            "too many rows cannot be",
            file=path,
            field=f"row {row} and others",
            value=f"{lost} of {len(table)}",
            expected=f"at most {100 * MOST_BAD:.0f} % with values that are not finite, beyond the arm or out of time",
        )
    time, q, qd, current = np.split(table[forward], [1, 1 + n, 1 + 2 * n], axis=1)
    period = float(np.median(np.diff(time[:, 0])))
    dead, said = dead_currents(q, qd, current, robot, path, period)
    current[dead] = np.nan
    return JointLog(
        file=path,
        time=time[:, 0],
        q=q,
        qd=qd,
        current=current,
        period=period,
        omitted=(*_rows_said(forward), *said),
    )


def _rows_said(kept: np.ndarray) -> tuple[str, ...]:
    lost = np.flatnonzero(~kept) + 1
    if not lost.size:
        return ()
    listed = ", ".join(str(row) for row in lost[:_SHOWN]) + (", …" if lost.size > _SHOWN else "")
    return (f"{lost.size} rows that cannot be: {listed}",)
