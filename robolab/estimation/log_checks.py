"""What a joint log must be to be one of an arm: in its units, within its limits, forward in time, with currents that live.

Tables have a row a sample: time [s], then of n joints position, velocity and motor current.
"""

from __future__ import annotations

from bisect import bisect_left
from pathlib import Path

import numpy as np

from robolab.core.errors import LogError
from robolab.core.transforms import Array
from robolab.robots.model import RobotModel

MOST_BAD = 0.1
"""A log with a larger share of impossible rows is refused."""
_BEYOND = 3.0
"""No signal exceeds the arm's limits by more than this factor, whatever was recorded."""
MOST_ANGLE = 4.0 * np.pi
"""No joint is turned farther [rad]."""
_SAME, _STILL = 1e-9, 0.02
"""Change of a current that is none [A], and speed up to which a joint stands [rad/s]."""
_WEIGHED, _BETTER, _WELL = 60, 2.0, 0.5
"""Rows whose weight is compared with the currents; how many times better degrees have to explain those, and how well."""
_DEAD_TIME = 0.2
"""A current that does not change for so long while the arm moves is no measurement [s]."""


def _bounds(robot: RobotModel) -> Array:
    """Largest possible magnitude of positions, velocities and currents, shape (3 n,)."""
    motors = robot.motors
    amperes = robot.limits.torque / (motors.gear_ratio * motors.torque_constant)
    return np.concatenate(
        [np.full(robot.dof, MOST_ANGLE), _BEYOND * robot.limits.velocity, _BEYOND * amperes]
    )


def possible(table: Array, robot: RobotModel) -> np.ndarray:
    """Return which rows an arm may have been in, shape (k,)."""
    with np.errstate(invalid="ignore"):
        return np.isfinite(table[:, 0]) & np.all(np.abs(table[:, 1:]) <= _bounds(robot), axis=1)


def rising(time: Array, good: np.ndarray) -> np.ndarray:
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


def check_units(table: Array, robot: RobotModel, path: Path) -> None:
    """Refuse a log whose columns, as a whole, are far outside what the arm can do.

    Args:
        path: The log's, for messages.
    Raises:
        LogError: units other than rad, rad/s and A.
    """
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
    rows = table[rising(table[:, 0], possible(table, robot))]
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
    rows = table[possible(table, robot)]
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


def dead_currents(
    q: Array, qd: Array, current: Array, robot: RobotModel, path: Path, period: float
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Where currents say nothing, shape (k, n), and what there is to say about it.

    A measured current never stands still to the last digit for longer than a few rows while the arm moves.

    Args:
        q, qd, current: Shape (k, n) each. path: The log's, for messages. period: Between rows [s].
    Raises:
        LogError: no current at all.
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
