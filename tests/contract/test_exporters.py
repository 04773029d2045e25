"""What every registered exporter must do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from robolab.core.errors import ExportError, OutputError
from robolab.export import EXPORTERS, Exporter, read_back_error
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import Dwell, Output, Program

ERROR = 1e-3
"""Largest joint error of a read-back that counts as the same program [rad]."""
TICK = 0.002

NAMES = EXPORTERS.names()


@pytest.fixture(params=NAMES)
def exporter(request: pytest.FixtureRequest) -> Exporter:
    return EXPORTERS.get(request.param)


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_at_least_the_promised_ones() -> None:
    assert {"urscript", "ros2_yaml", "ros2_mcap", "gcode", "csv"} <= set(NAMES)


def test_says_what_it_is(exporter: Exporter) -> None:
    assert exporter.name in NAMES
    assert EXPORTERS.get(exporter.name) is exporter
    assert len(exporter.description) > 10


def test_reads_back_what_it_wrote(
    exporter: Exporter, transfer: Program, ur10e: RobotModel, ur10e_scene: SceneSpec, tmp_path: Path
) -> None:
    paths = exporter.write(transfer, ur10e, ur10e_scene, tmp_path)
    assert paths
    assert files_in(tmp_path) == sorted(path.name for path in paths)
    replay = exporter.read(paths, ur10e)
    error = read_back_error(transfer, replay)
    assert error.joint_error <= ERROR
    assert error.output_error <= 1e-6
    assert error.duration_error <= TICK
    assert [(name, value) for _, name, value in replay.outputs] == [
        ("torch", False),
        ("vacuum", True),
        ("vacuum", False),
        ("torch", True),
        ("torch", False),
    ]


def test_a_shifted_program_does_not_read_back_as_the_same(
    exporter: Exporter, transfer: Program, ur10e: RobotModel, ur10e_scene: SceneSpec, tmp_path: Path
) -> None:
    late = replace(transfer, items=(Dwell(0.01), *transfer.items))
    replay = exporter.read(exporter.write(late, ur10e, ur10e_scene, tmp_path), ur10e)
    error = read_back_error(transfer, replay)
    assert error.joint_error > ERROR
    assert error.output_error > 0.005


def test_same_program_same_bytes(
    exporter: Exporter, transfer: Program, ur10e: RobotModel, ur10e_scene: SceneSpec, tmp_path: Path
) -> None:
    first = exporter.write(transfer, ur10e, ur10e_scene, tmp_path / "a")
    second = exporter.write(transfer, ur10e, ur10e_scene, tmp_path / "b")
    assert [p.name for p in first] == [p.name for p in second]
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_refuses_points_that_follow_too_fast(
    exporter: Exporter,
    ur10e: RobotModel,
    ur10e_scene: SceneSpec,
    swing_leg: Any,
    program_of: Any,
    tmp_path: Path,
) -> None:
    quick = swing_leg(ur10e.joints, ur10e.home, ur10e.home + 1e-3, 5e-5)
    with pytest.raises(ExportError, match="too fast"):
        exporter.write(program_of(ur10e.joints, quick), ur10e, ur10e_scene, tmp_path)
    assert files_in(tmp_path) == []


def test_refuses_points_that_are_too_close(
    exporter: Any, transfer: Program, ur10e: RobotModel, ur10e_scene: SceneSpec, tmp_path: Path
) -> None:
    coarse = replace(exporter, capabilities=replace(exporter.capabilities, min_spacing=3.0))
    with pytest.raises(ExportError, match="too close"):
        coarse.write(transfer, ur10e, ur10e_scene, tmp_path)
    assert files_in(tmp_path) == []


def test_refuses_too_many_points_and_outputs(
    exporter: Any, transfer: Program, ur10e: RobotModel, ur10e_scene: SceneSpec, tmp_path: Path
) -> None:
    for field, value in (("max_points", 7), ("max_outputs", 1)):
        small = replace(exporter, capabilities=replace(exporter.capabilities, **{field: value}))
        with pytest.raises(ExportError, match=f"at most {value}"):
            small.write(transfer, ur10e, ur10e_scene, tmp_path)
    assert files_in(tmp_path) == []


def test_refuses_arms_it_cannot_drive(
    exporter: Exporter,
    swing_leg: Any,
    program_of: Any,
    ur10e: RobotModel,
    ur10e_scene: SceneSpec,
    tmp_path: Path,
) -> None:
    can = exporter.capabilities
    dof = can.dof.stop
    names = tuple(f"j{k}" for k in range(dof))
    other: Any = SimpleNamespace(name="other", joints=names, gripper=None)
    program = program_of(names, swing_leg(names, np.zeros(dof), np.ones(dof), 1.0))
    with pytest.raises(ExportError, match="number of joints"):
        exporter.write(program, other, ur10e_scene, tmp_path)
    swapped = replace(transfer_of(ur10e, swing_leg, program_of), joints=ur10e.joints[::-1])
    with pytest.raises(ExportError, match="in another order"):
        exporter.write(swapped, ur10e, ur10e_scene, tmp_path)
    assert files_in(tmp_path) == []


def transfer_of(robot: RobotModel, swing_leg: Any, program_of: Any) -> Program:
    return program_of(robot.joints, swing_leg(robot.joints, robot.home, robot.home + 0.5, 1.0))


def test_refuses_programs_that_do_not_hang_together(
    exporter: Exporter,
    swing_leg: Any,
    program_of: Any,
    ur10e: RobotModel,
    ur10e_scene: SceneSpec,
    tmp_path: Path,
) -> None:
    joints, home = ur10e.joints, ur10e.home
    move = swing_leg(joints, home, home + 0.5, 1.0)
    running = replace(move, trajectory=replace(move.trajectory, curve=_first_half(move)))
    for items, reason in (
        ((Output("vacuum", True),), "no motion"),
        ((move, move), "does not start where"),
        ((running,), "does not rest"),
        ((move, Dwell(-1.0)), "waits for no time"),
        ((move, Dwell(float("nan"))), "waits for no time"),
    ):
        with pytest.raises(ExportError, match=reason):
            exporter.write(program_of(joints, *items), ur10e, ur10e_scene, tmp_path)
    assert files_in(tmp_path) == []


def _first_half(leg: Any) -> Any:
    curve = leg.trajectory.curve
    middle = curve.breaks.size // 2
    return replace(
        curve, breaks=curve.breaks[: middle + 1], coefficients=curve.coefficients[:, :middle]
    )


def test_files_cut_short_are_noticed(
    exporter: Exporter, transfer: Program, ur10e: RobotModel, ur10e_scene: SceneSpec, tmp_path: Path
) -> None:
    paths = exporter.write(transfer, ur10e, ur10e_scene, tmp_path)
    for path in paths:
        whole = path.read_bytes()
        for share in (0.0, 0.37, 0.83):
            path.write_bytes(whole[: int(share * len(whole))])
            with pytest.raises(ExportError) as caught:
                exporter.read(paths, ur10e)
            assert caught.value.file == str(path)
        path.unlink()
        with pytest.raises(ExportError, match="cannot be read"):
            exporter.read(paths, ur10e)
        path.write_bytes(whole)


def test_malformed_lines_are_named(
    exporter: Exporter, transfer: Program, ur10e: RobotModel, ur10e_scene: SceneSpec, tmp_path: Path
) -> None:
    paths = exporter.write(transfer, ur10e, ur10e_scene, tmp_path)
    for path in paths:
        if path.suffix == ".mcap":
            continue
        whole = path.read_text()
        lines = whole.splitlines()
        index = len(lines) // 2
        lines[index] = "$[ broken: 12,,"
        path.write_text("\n".join(lines) + "\n")
        with pytest.raises(ExportError) as caught:
            exporter.read(paths, ur10e)
        assert caught.value.file == str(path)
        assert caught.value.field is not None
        # YAML may notice at the next line, or only when the document turns out to lack something.
        near = {f"line {index + 1}", f"line {index + 2}"}
        assert caught.value.field in near or (
            path.suffix == ".yaml" and caught.value.field.startswith("message ")
        )
        path.write_text(whole)


def test_unwritable_folder(
    exporter: Exporter, transfer: Program, ur10e: RobotModel, ur10e_scene: SceneSpec, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(OutputError):
        exporter.write(transfer, ur10e, ur10e_scene, blocked)
    assert files_in(tmp_path) == ["file"]
