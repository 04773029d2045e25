from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from robolab.core.errors import ExportError
from robolab.export import EXPORTERS, read_back_error
from robolab.export.gcode import GCode
from robolab.export.gcode_read import LONGEST_LINE
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import Dwell, Output, Program

needs_rs274 = pytest.mark.skipif(
    shutil.which("rs274") is None,
    reason="LinuxCNC's rs274 is not installed (scripts/install-linuxcnc installs it)",
)


@pytest.fixture
def ngc(transfer: Program, ur10e: RobotModel, ur10e_scene: SceneSpec, tmp_path: Path) -> Path:
    (path,) = EXPORTERS.get("gcode").write(transfer, ur10e, ur10e_scene, tmp_path)
    return path


def interpret(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["rs274", "-g", str(path)], capture_output=True, text=True, check=False, timeout=60
    )


@needs_rs274
def test_linuxcnc_accepts_it_and_understands_the_same(ngc: Path, transfer: Program) -> None:
    done = interpret(ngc)
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-500:]
    feeds = re.findall(r"STRAIGHT_FEED\(([^)]*)\)", done.stdout)
    reached = np.deg2rad([float(value) for value in feeds[-1].split(",")])
    last = transfer.legs[-1].trajectory
    # The interpreter prints four decimals of a degree.
    assert reached == pytest.approx(last.position(last.duration), abs=2e-6)
    assert done.stdout.count("SET_AUX_OUTPUT_BIT") == 2
    assert done.stdout.count("CLEAR_AUX_OUTPUT_BIT") == 3
    assert "PROGRAM_END" in done.stdout


@needs_rs274
def test_linuxcnc_would_refuse_a_broken_one(ngc: Path) -> None:
    ngc.write_text(ngc.read_text().replace("G1 X", "G1 XX", 1))
    assert interpret(ngc).returncode != 0


@needs_rs274
def test_four_axes(ur10e_scene: SceneSpec, swing_leg: Any, program_of: Any, tmp_path: Path) -> None:
    joints = ("turn", "lift", "reach", "wrist")
    chain = SimpleNamespace(prismatic=np.zeros(4, dtype=bool))
    robot: Any = SimpleNamespace(name="palletiser", joints=joints, gripper=None, chain=chain)
    still = swing_leg(joints, np.ones(4), np.ones(4), 0.5)
    move = swing_leg(joints, np.ones(4), -np.ones(4), 2.0)
    program = program_of(joints, still, move, Output("valve", True), Dwell(0.3))
    exporter = EXPORTERS.get("gcode")
    paths = exporter.write(program, robot, ur10e_scene, tmp_path)
    assert interpret(paths[0]).returncode == 0
    error = read_back_error(program, exporter.read(paths, robot))
    assert error.joint_error <= 1e-3
    assert error.output_error <= 1e-6


def test_error_follows_the_tolerance_asked_for(
    transfer: Program, ur10e: RobotModel, ur10e_scene: SceneSpec, tmp_path: Path
) -> None:
    sizes: list[int] = []
    for tolerance in (7e-4, 7e-5):
        exporter = GCode(tolerance=tolerance)
        paths = exporter.write(transfer, ur10e, ur10e_scene, tmp_path)
        error = read_back_error(transfer, exporter.read(paths, ur10e))
        assert 0.3 * tolerance < error.joint_error < 1.1 * tolerance + 3e-6
        sizes.append(paths[0].read_text().count("G1"))
    assert sizes[1] > 2 * sizes[0]


def test_lines_are_short_and_modes_are_set(ngc: Path) -> None:
    lines = ngc.read_text().splitlines()
    assert max(map(len, lines)) < LONGEST_LINE / 2
    assert "(axis X is shoulder_pan_joint)" in lines
    text = "\n".join(lines)
    assert text.index("G21") < text.index("G64 P") < text.index("G93") < text.index("M2")
    assert "M62" not in text


def test_seven_joints_are_refused(
    ur10e_scene: SceneSpec, swing_leg: Any, program_of: Any, tmp_path: Path
) -> None:
    joints = tuple(f"j{k}" for k in range(7))
    robot: Any = SimpleNamespace(name="seven", joints=joints, gripper=None)
    program = program_of(joints, swing_leg(joints, np.zeros(7), np.ones(7), 1.0))
    with pytest.raises(ExportError, match="1 to 6 joints"):
        EXPORTERS.get("gcode").write(program, robot, ur10e_scene, tmp_path)


def test_sliding_joints_are_refused(
    ur10e_scene: SceneSpec, swing_leg: Any, program_of: Any, tmp_path: Path
) -> None:
    chain = SimpleNamespace(prismatic=np.array([True, False]))
    robot: Any = SimpleNamespace(name="lift", joints=("z", "turn"), gripper=None, chain=chain)
    program = program_of(robot.joints, swing_leg(robot.joints, np.zeros(2), np.ones(2), 1.0))
    with pytest.raises(ExportError, match="sliding"):
        EXPORTERS.get("gcode").write(program, robot, ur10e_scene, tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("G21 ", ""),
        ("(axis Y", "(axle Y"),
        ("G93\n", "\n"),
        (" F600", ""),
        ("M2\n", ""),
        ("M64 P1", "M64 P9"),
        ("M64 P1", "M62 P1"),
        ("G4 P0.2", "G4 P-0.2"),
        ("M2\n", "M2\nG1 X0 F100\n"),
    ],
)
def test_wrong_programs_are_refused(ngc: Path, ur10e: RobotModel, old: str, new: str) -> None:
    text = ngc.read_text()
    assert old in text
    ngc.write_text(text.replace(old, new, 1))
    with pytest.raises(ExportError, match=r"line \d+"):
        EXPORTERS.get("gcode").read([ngc], ur10e)


def test_a_long_line_is_refused(ngc: Path, ur10e: RobotModel) -> None:
    ngc.write_text(f"({'x' * 300})\n" + ngc.read_text())
    with pytest.raises(ExportError, match="255 characters"):
        EXPORTERS.get("gcode").read([ngc], ur10e)


def test_a_changed_target_shows_in_the_error(
    ngc: Path, transfer: Program, ur10e: RobotModel
) -> None:
    lines = ngc.read_text().splitlines()
    index = len(lines) // 2
    lines[index] = re.sub(r"Y\S+", "Y0", lines[index])
    ngc.write_text("\n".join(lines) + "\n")
    error = read_back_error(transfer, EXPORTERS.get("gcode").read([ngc], ur10e))
    assert error.joint_error > 0.1


def test_output_order_is_compared(transfer: Program, ngc: Path, ur10e: RobotModel) -> None:
    other = replace(transfer, items=transfer.items[:-1])
    with pytest.raises(ExportError, match="other outputs"):
        read_back_error(other, EXPORTERS.get("gcode").read([ngc], ur10e))
