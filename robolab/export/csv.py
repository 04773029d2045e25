"""CSV: the whole program sampled at a fixed rate, for any tool; also the run folder's trajectory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robolab.core.errors import ExportError
from robolab.core.files import write_text
from robolab.core.transforms import Array
from robolab.export.contract import (
    EXPORTERS,
    Capabilities,
    check_count,
    check_points,
    check_program,
)
from robolab.export.lines import files, malformed, number, read_lines
from robolab.export.replay import Motion, Replay
from robolab.export.timeline import timeline
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import Leg, Output, Program

PERIOD = 0.002
PREFIXES = ("q_", "qd_", "qdd_")
CAPABILITIES = Capabilities(max_points=1_000_000, min_dt=PERIOD)


@dataclass(frozen=True)
class Csv:
    """Writes `trajectory.csv` (time, q, qd, qdd of each joint) and `outputs.csv` (time, name, value).

    Numbers are written so that they read back exactly; the last row comes at or after the end.
    """

    name: str = "csv"
    description: str = f"CSV samples every {1000 * PERIOD:g} ms, outputs in a second file"
    capabilities: Capabilities = CAPABILITIES

    def write(
        self, program: Program, robot: RobotModel, scene: SceneSpec, folder: Path
    ) -> list[Path]:
        """See `Exporter`."""
        check_program(program, robot, self.capabilities, self.name)
        for leg in program.legs:
            ends = np.array([0.0, leg.trajectory.duration])
            check_points(
                ends, leg.trajectory.position(ends), self.capabilities, self.name, leg.name
            )
        count = int(np.ceil(program.duration / PERIOD - 1e-9)) + 1
        check_count(count, self.capabilities, self.name)
        # Dividing by the rate gives the decimals one expects; multiplying by the period does not.
        times = np.arange(count) / round(1.0 / PERIOD)
        names = [prefix + joint for prefix in PREFIXES for joint in program.joints]
        table = np.column_stack([times, _samples(program, times)]) + 0.0
        paths = [folder / "trajectory.csv", folder / "outputs.csv"]
        write_text(paths[0], _csv(["time", *names], table.tolist()))
        outputs = [
            [start, item.name, int(item.value)]
            for start, item in timeline(program)
            if isinstance(item, Output)
        ]
        write_text(paths[1], _csv(["time", "output", "value"], outputs))
        return paths

    def read(self, paths: Sequence[Path], robot: RobotModel) -> Replay:
        """See `Exporter`."""
        trajectory, outputs = files(paths, 2)
        motion = _motion(trajectory, robot)
        found = tuple(_outputs(outputs))
        return Replay(robot.joints, (motion,), found, float(motion.times[-1]))


def _samples(program: Program, times: Array) -> Array:
    """Position, velocity and acceleration at times, shape (k, 3 n)."""
    n = len(program.joints)
    first = program.legs[0].trajectory
    result = np.zeros((times.size, 3, n))
    result[:, 0] = first.position(first.curve.start)
    for start, item in timeline(program):
        if isinstance(item, Output):
            continue
        from_here = times >= start
        result[from_here, 1:] = 0.0
        if isinstance(item, Leg):
            curve = item.trajectory.curve
            local = curve.start + times[from_here] - start
            inside = (local <= curve.end)[:, None]
            result[from_here, 0] = curve(local)
            result[from_here, 1] = np.where(inside, curve(local, 1), 0.0)
            result[from_here, 2] = np.where(inside, curve(local, 2), 0.0)
    return result.reshape(times.size, 3 * n)


def _csv(header: list[str], rows: list[list[float | str]]) -> str:
    lines = [",".join(header)]
    lines += [
        ",".join(item if isinstance(item, str) else repr(item) for item in row) for row in rows
    ]
    return "\n".join(lines) + "\n"


def _motion(path: Path, robot: RobotModel) -> Motion:
    lines = read_lines(path)
    expected = ",".join(["time", *(p + joint for p in PREFIXES for joint in robot.joints)])
    if lines[0] != expected:
        raise malformed(path, 0, lines[0], expected)
    columns = expected.count(",") + 1
    rows: list[list[float]] = []
    for index, text in enumerate(lines[1:], start=1):
        cells = text.split(",")
        if len(cells) != columns:
            raise malformed(path, index, text, f"{columns} columns")
        rows.append([number(path, index, cell) for cell in cells])
        if len(rows) > 1 and rows[-1][0] <= rows[-2][0]:
            raise malformed(path, index, text, f"a time after {rows[-2][0]}")
    if len(rows) < 2:
        raise ExportError("holds no motion", file=path, value=len(rows), expected="2 rows or more")
    table = np.array(rows)
    return Motion(table[:, 0], table[:, None, 1 : 1 + len(robot.joints)])


def _outputs(path: Path) -> list[tuple[float, str, bool]]:
    lines = read_lines(path)
    if lines[0] != "time,output,value":
        raise malformed(path, 0, lines[0], "time,output,value")
    found: list[tuple[float, str, bool]] = []
    for index, text in enumerate(lines[1:], start=1):
        cells = text.split(",")
        if len(cells) != 3 or cells[2] not in ("0", "1"):
            raise malformed(path, index, text, "time, name, 0 or 1")
        found.append((number(path, index, cells[0]), cells[1], cells[2] == "1"))
    return found


EXPORTERS.register("csv")(Csv())
