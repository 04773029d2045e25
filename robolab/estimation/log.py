"""Recorded joint logs: read, checked against the arm that they are said to be of, and cleared of impossible rows.

No header, 1 + 5 n columns: time [s], then for n joints position [rad], velocity [rad/s], motor current [A],
desired current [A], desired torque [N m].
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robolab.core.errors import LogError
from robolab.core.transforms import Array
from robolab.robots.model import RobotModel

MOST_BAD = 0.1
"""A log with a larger share of impossible rows is refused."""
_BEYOND = 3.0
"""No signal exceeds the arm's limits by more than this factor, whatever was recorded."""
_MOST_ANGLE = 4.0 * np.pi
_SHOWN = 3
_SAME = 1e-9
_STILL = 0.02
_WEIGHED, _BETTER, _WELL = 60, 2.0, 0.5
"""Rows whose weight is compared with the currents; how many times better degrees have to explain those, and how well."""
_DEAD_TIME = 0.2
"""A current that does not change for so long while the arm moves is no measurement [s]."""


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
    if np.abs(log[:, 1 : 1 + joints]).max() > _MOST_ANGLE:
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
    _check_units(table, robot, path)
    good = _possible(table, robot)
    forward = _forward(table[:, 0], good)
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
    dead, said = _dead(q, qd, current, robot, path, period)
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


def _bounds(robot: RobotModel) -> Array:
    """Largest possible magnitude of positions, velocities and currents, shape (3 n,)."""
    motors = robot.motors
    amperes = robot.limits.torque / (motors.gear_ratio * motors.torque_constant)
    return np.concatenate(
        [np.full(robot.dof, _MOST_ANGLE), _BEYOND * robot.limits.velocity, _BEYOND * amperes]
    )


def _possible(table: Array, robot: RobotModel) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return np.isfinite(table[:, 0]) & np.all(np.abs(table[:, 1:]) <= _bounds(robot), axis=1)


def _forward(time: Array, good: np.ndarray) -> np.ndarray:
    """The most rows on which time rises: a stamp far ahead or far behind costs itself and no other.

    References: Fredman (1975), "On computing the length of longest increasing subsequences".
    """
    rows = np.flatnonzero(good).tolist()
    tails: list[float] = []
    ends: list[int] = []
    before = np.full(len(time), -1)
    for row in rows:
        k = bisect_left(tails, float(time[row]))
        before[row] = ends[k - 1] if k else -1
        tails[k : k + 1], ends[k : k + 1] = [float(time[row])], [row]
    kept = np.zeros_like(good)
    row = ends[-1] if ends else -1
    while row >= 0:
        kept[row] = True
        row = int(before[row])
    return kept


def _check_units(table: Array, robot: RobotModel, path: Path) -> None:
    """Refuse a log whose columns, as a whole, are far outside what the arm can do."""
    n, bounds = robot.dof, _bounds(robot)
    named = (
        ("joint positions are no radians", "at most 4 pi", 0),
        ("joint velocities are no rad/s", "no more than three times the arm's limits", n),
        (
            "motor currents are no amperes",
            "no more than three times what the torque limits take",
            2 * n,
        ),
    )
    for problem, expected, first in named:
        part = np.abs(table[:, 1 + first : 1 + first + n])
        part = np.where(np.isfinite(part), part, 0.0)
        beyond = np.mean(part > bounds[first : first + n], axis=0)
        if beyond.max() > MOST_BAD:
            j = int(beyond.argmax())
            raise LogError(
                problem,
                file=path,
                field=robot.joints[j],
                value=round(float(np.quantile(part[:, j], 0.95)), 3),
                expected=expected,
            )
    _check_rates(table, robot, path)
    _check_weight(table, robot, path)


def _check_rates(table: Array, robot: RobotModel, path: Path) -> None:
    """Positions have to move as velocities say; degrees beside radians do not."""
    n = robot.dof
    rows = table[_forward(table[:, 0], _possible(table, robot))]
    if len(rows) < 2:
        return
    moved = np.diff(rows[:, 1 : 1 + n], axis=0)
    said = 0.5 * (rows[1:, 1 + n : 1 + 2 * n] + rows[:-1, 1 + n : 1 + 2 * n])
    said *= np.diff(rows[:, 0])[:, None]
    for j in range(n):
        way, told = float(np.abs(moved[:, j]).sum()), float(np.abs(said[:, j]).sum())
        if max(way, told) < 0.1:
            continue
        both = float(moved[:, j] @ said[:, j]) / max(float(said[:, j] @ said[:, j]), 1e-12)
        if not 0.5 < both < 2.0:
            raise LogError(
                "positions do not move as velocities say",
                file=path,
                field=robot.joints[j],
                value=f"{way:.3g} rad by position, {told:.3g} rad by velocity",
                expected="radians and radians a second, of the same joint",
            )


def _check_weight(table: Array, robot: RobotModel, path: Path) -> None:
    """The arm's weight at the positions has to show in the currents; small angles in degrees hide from all else."""
    n, motors = robot.dof, robot.motors
    rows = table[_possible(table, robot)]
    rows = rows[:: max(len(rows) // _WEIGHED, 1)]
    gain = motors.gear_ratio * motors.torque_constant
    current = rows[:, 1 + 2 * n : 1 + 3 * n]
    left: list[float] = []
    for unit in (1.0, np.pi / 180.0):
        weight = robot.gravity_torque(unit * rows[:, 1 : 1 + n])
        left.append(float(np.linalg.norm(current - weight / gain)))
    if left[0] > _BETTER * left[1] and left[1] < _WELL * float(np.linalg.norm(current)):
        raise LogError(
            "joint positions are no radians",
            file=path,
            value=f"{left[0]:.3g} A unexplained by the arm's weight, {left[1]:.3g} A if they are degrees",
            expected="radians",
        )


def _dead(
    q: Array, qd: Array, current: Array, robot: RobotModel, path: Path, period: float
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Where currents say nothing, shape (k, n), and what there is to say about it.

    A measured current never stands still to the last digit for longer than a few rows while the arm moves.
    """
    if np.all(np.abs(np.diff(current, axis=0)) < _SAME):
        raise LogError("there is no motor current", file=path, expected="currents that change [A]")
    moves = np.any(np.abs(qd) > _STILL, axis=1)
    dead, said = np.zeros(current.shape, dtype=bool), list[str]()
    for j, joint in enumerate(robot.joints):
        same = np.concatenate([[False], np.abs(np.diff(current[:, j])) < _SAME, [False]])
        edges = np.flatnonzero(np.diff(same.astype(int)))
        for first, last in edges.reshape(-1, 2):
            rows = slice(first, last + 1)
            if moves[rows].sum() * period > _DEAD_TIME:
                dead[rows, j] = True
        share = float(dead[:, j].mean())
        if share > 0.0:
            where = "" if share > 0.99 else f" for {share * len(current) * period:.1f} s"
            said.append(f"dead current channel: {joint}{where}")
    return dead, tuple(said)
