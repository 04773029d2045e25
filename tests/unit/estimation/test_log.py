from pathlib import Path

import numpy as np
import pytest

from robolab.core.errors import LogError
from robolab.core.transforms import Array
from robolab.estimation.log import JointLog, read_joint_log
from robolab.robots.model import RobotModel
from tests.unit.estimation.conftest import Record, table_of, written


@pytest.fixture
def table(record: Record) -> Array:
    return table_of(record(4, 6.0))


def read(table: Array, folder: Path, arm: RobotModel) -> JointLog:
    return read_joint_log(written(table, folder / "log.csv"), arm)


def test_a_good_log_is_read_whole(table: Array, tmp_path: Path, arm: RobotModel) -> None:
    log = read(table, tmp_path, arm)
    assert log.omitted == ()
    assert log.period == pytest.approx(0.01)
    assert np.column_stack([log.time, log.q, log.qd, log.current]) == pytest.approx(table[:, :19])


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        (50, 0, 3.0),
        (50, 0, 1e152),
        (50, 4, 1e152),
        (50, 14, np.nan),
        (50, 9, -1e152),
        (50, 0, np.inf),
    ],
)
def test_rows_that_cannot_be_are_left_out_and_said(
    table: Array, tmp_path: Path, arm: RobotModel, row: int, column: int, value: float
) -> None:
    table[row, column] = value
    log = read(table, tmp_path, arm)
    assert len(log.time) == len(table) - 1
    assert log.omitted == ("1 rows that cannot be: 51",)


def test_a_dead_current_channel_is_left_out_and_said(
    table: Array, tmp_path: Path, arm: RobotModel
) -> None:
    table[:, 14] = 0.25
    log = read(table, tmp_path, arm)
    assert np.isnan(log.current[:, 1]).all()
    assert np.isfinite(np.delete(log.current, 1, axis=1)).all()
    assert log.omitted == ("dead current channel: shoulder_lift_joint",)


def test_a_channel_that_dies_on_the_way_is_left_out_from_there(
    table: Array, tmp_path: Path, arm: RobotModel
) -> None:
    table[400:, 14] = 0.0
    log = read(table, tmp_path, arm)
    assert np.isfinite(log.current[:400, 1]).all()
    assert np.isnan(log.current[400:, 1]).all()
    assert "shoulder_lift_joint" in log.omitted[0]


def test_small_angles_in_degrees_are_told_by_the_arms_weight(
    tmp_path: Path, arm: RobotModel
) -> None:
    """A slow move about the stretched arm: no angle, no speed and no rate is out of the ordinary."""
    time = np.arange(0.0, 10.0, 0.01)[:, None]
    phase = 0.4 * time + np.arange(arm.dof)
    q, qd = 0.15 * np.sin(phase), 0.06 * np.cos(phase)
    motors = arm.motors
    torque = arm.gravity_torque(q) + motors.coulomb * np.tanh(qd / 0.01)
    current = torque / (motors.gear_ratio * motors.torque_constant)
    current += 0.05 * np.random.default_rng(1).normal(size=q.shape)
    rest = np.zeros((len(time), 12))
    good = np.concatenate([time, q, qd, current, rest], axis=1)
    assert read(good, tmp_path, arm).omitted == ()
    good[:, 1:13] *= 180.0 / np.pi
    with pytest.raises(LogError, match=r"positions are no radians.*if they are degrees"):
        read(good, tmp_path, arm)


@pytest.mark.parametrize(
    ("columns", "factor", "said"),
    [
        (slice(1, 7), 180 / np.pi, "radians"),
        (slice(7, 13), 180 / np.pi, "velocit"),
        (slice(1, 13), 180 / np.pi, "radians"),
        (slice(13, 19), 1000.0, "amperes"),
        (slice(13, 19), 0.0, "no motor current"),
        (slice(7, 13), 0.0, "velocit"),
        (slice(1, 7), 0.0, "velocit"),
    ],
)
def test_wrong_units_are_refused(
    table: Array, tmp_path: Path, arm: RobotModel, columns: slice, factor: float, said: str
) -> None:
    table[:, columns] *= factor
    with pytest.raises(LogError, match=said):
        read(table, tmp_path, arm)


def test_a_log_of_mostly_impossible_rows_is_refused(
    table: Array, tmp_path: Path, arm: RobotModel
) -> None:
    table[::9, [5, 10]] = np.nan
    with pytest.raises(LogError, match="cannot be"):
        read(table, tmp_path, arm)


def test_a_log_that_runs_backwards_is_refused(
    table: Array, tmp_path: Path, arm: RobotModel
) -> None:
    table[:, 0] = table[::-1, 0]
    with pytest.raises(LogError, match="cannot be"):
        read(table, tmp_path, arm)


def test_a_wrong_column_count_is_refused(table: Array, tmp_path: Path, arm: RobotModel) -> None:
    with pytest.raises(LogError, match=r"line 1: wrong column count.*30.*31"):
        read(table[:, :30], tmp_path, arm)
