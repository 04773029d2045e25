from pathlib import Path

import numpy as np
import pytest

from robolab.core.assets import data_dir
from robolab.core.errors import LogError
from robolab.estimation.log import read_log
from robolab.jobs.log_poses import standstills


def log_lines(rows: int = 50) -> list[list[str]]:
    """A log that stands still, moves joint 0, and stands still again."""
    lines: list[list[str]] = []
    for k in range(rows):
        moving = 15 <= k < 35
        position = 0.02 * min(max(k - 15, 0), 20)
        values = [0.01 * k, position, *[0.0] * 5, 2.0 if moving else 0.0, *[0.0] * 23]
        lines.append([repr(v) for v in values])
    return lines


def written(folder: Path, lines: list[list[str]]) -> Path:
    path = folder / "log.csv"
    path.write_text("\n".join(",".join(line) for line in lines))
    return path


def test_standstills_at_both_ends_are_found(tmp_path: Path) -> None:
    found = standstills(read_log(written(tmp_path, log_lines())))
    assert found.poses[:, 0] == pytest.approx([0.0, 0.4])
    assert found.motion_time == pytest.approx(0.21)


def test_a_short_halt_is_no_standstill(tmp_path: Path) -> None:
    lines = log_lines()
    for k in range(24, 28):
        lines[k][7] = "0.0"
    assert len(standstills(read_log(written(tmp_path, lines))).poses) == 2


@pytest.mark.parametrize(
    ("row", "column", "value", "said"),
    [
        (4, 3, "nan", "row 5, column 4"),
        (4, 3, "1e999", "row 5, column 4"),
        (4, 3, "many", "line 5"),
        (9, 0, "0.01", "row 10"),
        (4, 1, "90.0", "radians"),
    ],
)
def test_bad_values_name_the_place(
    tmp_path: Path, row: int, column: int, value: str, said: str
) -> None:
    lines = log_lines()
    lines[row][column] = value
    with pytest.raises(LogError, match=said):
        read_log(written(tmp_path, lines))


def test_a_wrong_column_count_names_the_line(tmp_path: Path) -> None:
    lines = log_lines()
    lines[6] = lines[6][:-1]
    with pytest.raises(LogError, match=r"line 7.*got 30.*31 columns"):
        read_log(written(tmp_path, lines))


def test_ten_poses_in_the_real_log() -> None:
    folder = data_dir()
    if folder is None:
        pytest.skip("real data is absent: set ROBOLAB_DATA")
    found = standstills(read_log(folder / "ur10e" / "ur-20_01_17-ptp_10_points.csv"))
    assert found.poses.shape == (10, 6)
    assert np.all(found.start[1:] > found.end[:-1])
