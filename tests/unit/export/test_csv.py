from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from robolab.core.errors import ExportError
from robolab.export import EXPORTERS
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import Program


@pytest.fixture
def files(
    transfer: Program, ur10e: RobotModel, ur10e_scene: SceneSpec, tmp_path: Path
) -> list[Path]:
    return EXPORTERS.get("csv").write(transfer, ur10e, ur10e_scene, tmp_path)


def test_columns_rate_and_exact_numbers(files: list[Path], transfer: Program) -> None:
    assert [path.name for path in files] == ["trajectory.csv", "outputs.csv"]
    header = files[0].read_text().partition("\n")[0].split(",")
    assert header[0] == "time"
    assert header[1:7] == [f"q_{joint}" for joint in transfer.joints]
    assert header[7:13] == [f"qd_{joint}" for joint in transfer.joints]
    assert header[13:] == [f"qdd_{joint}" for joint in transfer.joints]
    table = np.loadtxt(files[0], delimiter=",", skiprows=1)
    assert np.diff(table[:, 0]) == pytest.approx(0.002, abs=1e-12)
    assert 0.0 <= table[-1, 0] - transfer.duration < 0.002
    first = transfer.legs[0].trajectory
    index = 300
    local = table[index, 0] - 0.0305
    for order in range(3):
        columns = table[index, 1 + 6 * order : 7 + 6 * order]
        assert np.array_equal(columns, first.curve(local, order))


def test_rests_where_the_program_rests(files: list[Path], transfer: Program) -> None:
    table = np.loadtxt(files[0], delimiter=",", skiprows=1)
    end = 0.0305 + transfer.legs[0].trajectory.duration
    dwelling = (table[:, 0] > end) & (table[:, 0] < end + 0.2)
    assert not np.any(table[dwelling, 7:])
    assert np.ptp(table[dwelling, 1:7]) == pytest.approx(np.ptp(table[dwelling][0, 1:7]))
    assert not np.any(table[-1, 7:])


def test_outputs_at_their_moments(files: list[Path], transfer: Program) -> None:
    lines = files[1].read_text().splitlines()
    assert lines[0] == "time,output,value"
    assert lines[1] == "0.0,torch,0"
    time, name, value = lines[2].split(",")
    assert float(time) == 0.0305 + transfer.legs[0].trajectory.duration
    assert (name, value) == ("vacuum", "1")


@pytest.mark.parametrize(
    ("file", "line", "text"),
    [
        (0, 0, "time,a,b"),
        (0, 40, "0.0" + ",0.0" * 18),
        (0, 40, "1.0,2.0"),
        (0, 40, "nan" + ",0.0" * 18),
        (1, 0, "time,name"),
        (1, 2, "0.5,vacuum,2"),
        (1, 2, "soon,vacuum,1"),
    ],
)
def test_wrong_rows_are_named(
    files: list[Path], ur10e: RobotModel, file: int, line: int, text: str
) -> None:
    lines = files[file].read_text().splitlines()
    lines[line] = text
    files[file].write_text("\n".join(lines) + "\n")
    with pytest.raises(ExportError) as caught:
        EXPORTERS.get("csv").read(files, ur10e)
    assert caught.value.file == str(files[file])
    assert caught.value.field == f"line {line + 1}"
