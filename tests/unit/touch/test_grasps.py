"""Files of grasps: what is read, and what is refused with file, line and column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from robolab.core.errors import TouchError
from robolab.touch.electrodes import BIOTAC_SP
from robolab.touch.grasps import Grasps, read_grasps

Write = Callable[..., Path]


def changed(path: Path, line: int, column: int, text: str) -> Path:
    rows = [row.split(",") for row in path.read_text().splitlines()]
    rows[line - 1][column] = text
    path.write_text("\n".join(",".join(row) for row in rows))
    return path


def test_reads_what_was_written(unknown: Grasps, written: Write) -> None:
    paths = [written(f"{k}.csv", unknown.part(unknown.files == k)) for k in range(2)]
    read = read_grasps(paths)
    np.testing.assert_array_equal(read.readings, unknown.readings)
    np.testing.assert_array_equal(read.slipped, unknown.slipped)
    np.testing.assert_array_equal(read.files, unknown.files)
    assert read.objects.tolist() == unknown.objects.tolist()
    bare = written("none.csv", unknown, labels=False)
    assert read_grasps([bare]).slipped is None
    with pytest.raises(TouchError, match=r"none\.csv: slipped: column missing"):
        read_grasps([paths[0], bare], labelled=True)


@pytest.mark.parametrize(
    ("line", "column", "text", "named"),
    [
        (5, 7, "nan", "line 5, column ff_biotac_6"),
        (3, 40, "", "line 3, column mf_biotac_15"),
        (4, 2, "4096", "line 4, column ff_biotac_1"),
        (4, 73, "-1", "line 4, column th_biotac_24"),
        (2, 1, "2", "line 2, column slipped"),
        (1, 10, "ff_biotac_99", "ff_biotac_9"),
        (1, 0, "thing", "object"),
    ],
)
def test_says_where_it_is_wrong(
    unknown: Grasps, written: Write, line: int, column: int, text: str, named: str
) -> None:
    path = changed(written("bad.csv", unknown), line, column, text)
    with pytest.raises(TouchError, match=named) as caught:
        read_grasps([path])
    assert "bad.csv" in str(caught.value)


def test_refuses_what_is_no_table(unknown: Grasps, written: Write, tmp_path: Path) -> None:
    path = written("short.csv", unknown)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:3], lines[3].rpartition(",")[0]]))
    with pytest.raises(TouchError, match="line 4"):
        read_grasps([path])
    path.write_text("\n".join([*lines[:2], "", *lines[2:4], ""]))
    with pytest.raises(TouchError, match="line 3: wrong column count"):
        read_grasps([path])
    path.write_text(lines[0])
    with pytest.raises(TouchError, match="no grasps"):
        read_grasps([path])
    path.write_text("")
    with pytest.raises(TouchError, match="empty"):
        read_grasps([path])
    path.write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(TouchError, match="not a text file"):
        read_grasps([path])
    with pytest.raises(TouchError, match=r"absent\.csv: cannot be read"):
        read_grasps([tmp_path / "absent.csv"])


def test_refuses_another_sensor(unknown: Grasps, written: Write) -> None:
    other = Grasps(unknown.readings / 4095.0, unknown.slipped, unknown.objects, unknown.files)
    with pytest.raises(TouchError, match="no readings of biotac_sp"):
        read_grasps([written("scaled.csv", other)])


def test_a_dead_electrode_is_left_out_and_told(unknown: Grasps, written: Write) -> None:
    readings = unknown.readings.copy()
    readings[:, 1, 4] = 3010.0
    read = read_grasps([written("dead.csv", Grasps(readings, None, unknown.objects, unknown.files), False)])  # fmt: skip
    assert np.isnan(read.readings[:, 1, 4]).all()
    assert np.isnan(read.readings).sum() == len(read)
    assert read.omitted == ("dead.csv: mf_biotac_5 reads the same in every grasp: left out",)


def test_electrodes_lie_on_a_fingertip() -> None:
    x, _, z = BIOTAC_SP.positions.T
    np.testing.assert_allclose(z[:10], -z[10:20])
    assert 0.018 < np.ptp(x) < 0.022
    heard = BIOTAC_SP.neighbours()
    np.testing.assert_allclose(heard.sum(axis=1), 1.0)
    assert np.diag(heard).max() == 0.0
    assert heard[0].argmax() == 1
