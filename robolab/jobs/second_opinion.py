"""A program's second opinion: replayed in MuJoCo, compared with its rehearsal, and judged.

Both engines must keep the tool as near the program as the scene asks. How far they are apart is told, not judged:
there is no limit that a scene could give it.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from robolab.core.errors import BadInput
from robolab.core.files import content_hash, write_json
from robolab.jobs.saved import MANIFEST, SavedRun, read_mapping
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.sim.engines import Apart, SecondOpinion, compare
from robolab.sim.mujoco_model import mujoco_library
from robolab.sim.mujoco_replay import replay
from robolab.sim.tracking import TrackingLog
from robolab.trajectory.trajectory import Program
from robolab.verify.report import Finding, VerificationReport

OPINION = "second_opinion.json"
CHECK = "second_opinion"


def need_mujoco(track: bool = True) -> None:
    """Make sure of what a second opinion needs, before anything takes time.

    Raises:
        BadInput: MuJoCo is not installed, or there is no rehearsal to compare with.
    """
    mujoco_library()
    if not track:
        raise BadInput(
            "a second opinion compares with the rehearsal",
            field="--second-opinion",
            expected="it without --no-track",
        )


def ask_mujoco(
    scene: SceneSpec, robot: RobotModel, program: Program, rehearsal: TrackingLog
) -> SecondOpinion:
    """Replay a program in MuJoCo and compare with its rehearsal in PyBullet.

    Raises:
        BadInput: MuJoCo is not installed, or the arm runs away in it.
        RobotError: MuJoCo refuses the robot's description.
    """
    engines = (f"PyBullet {version('pybullet')}", f"MuJoCo {version('mujoco')}")
    return compare(robot, engines, rehearsal, replay(robot, program, scene.physics))


def judged(
    report: VerificationReport, opinion: SecondOpinion, scene: SceneSpec, program: Program
) -> VerificationReport:
    """Return a report with what the second opinion finds on each leg and in the pauses."""
    found = tuple(_findings(opinion, scene, program))
    return report.with_more(found)


def opinion_summary(opinion: SecondOpinion, program: Program) -> dict[str, Any]:
    """Return the figures that stand first, ready for JSON; pairs are in the order of `engines`."""
    worst = opinion.tcp_errors.max(axis=1).tolist()
    return {
        "engines": list(opinion.engines),
        "largest_joint_difference": _row_json(opinion.largest, opinion, program),
        "largest_tcp_difference_m": float(opinion.tcp_difference.max()),
        "largest_tcp_error_m": worst,
    }


def opinion_json(opinion: SecondOpinion, program: Program) -> dict[str, Any]:
    """Return all figures, by joint and by leg."""
    return opinion_summary(opinion, program) | {
        "joints": [_row_json(row, opinion, program) for row in opinion.joints],
        "legs": [_row_json(row, opinion, program) for row in opinion.legs],
    }


def add_opinion(folder: Path, saved: SavedRun, opinion: SecondOpinion) -> Path:
    """Write a second opinion into a run folder, and its hash into the folder's manifest."""
    file = folder / OPINION
    manifest = read_mapping(folder / MANIFEST)
    write_json(file, opinion_json(opinion, saved.program))
    files = {**manifest.get("files", {}), OPINION: content_hash(file)}
    write_json(folder / MANIFEST, {**manifest, "files": dict(sorted(files.items()))})
    return file


def leg_name(row: Apart, program: Program) -> str:
    """Return where a row's difference was: a leg's name, or that it was in a pause."""
    return "a pause" if row.leg < 0 else program.legs[row.leg].name


def opinion_rows(opinion: SecondOpinion, program: Program) -> list[dict[str, Any]]:
    """Return one row a joint, as text that needs no more formatting."""
    return [
        {
            "joint": row.joint,
            "apart": _thousandths(row.difference, row),
            "time": f"{row.time:.3f} s",
            "leg": leg_name(row, program),
            "errors": [_thousandths(error, row) for error in row.errors],
        }
        for row in opinion.joints
    ]


def headline(opinion: SecondOpinion, program: Program) -> str:
    """Say in one line how far the engines are apart."""
    worst = opinion.largest
    number = f"{_thousandths(worst.difference, worst)} in {worst.joint}"
    tool = f"{float(opinion.tcp_difference.max()) * 1e3:.3f} mm at the tool"
    place = f"on leg {leg_name(worst, program)!r}" if worst.leg >= 0 else "in a pause"
    return (
        f"{' and '.join(opinion.engines)}: at most {number} {place} at {worst.time:.3f} s; {tool}"
    )


def _thousandths(value: float, row: Apart) -> str:
    return f"{value * 1e3:.3f} m{row.unit}"


def _row_json(row: Apart, opinion: SecondOpinion, program: Program) -> dict[str, Any]:
    return {
        "joint": row.joint,
        "unit": row.unit,
        "difference": row.difference,
        "time_s": row.time,
        "leg": None if row.leg < 0 else program.legs[row.leg].name,
        "index": None if row.leg < 0 else row.leg,
        "tracking_error": list(row.errors),
    }


def _findings(opinion: SecondOpinion, scene: SceneSpec, program: Program) -> Iterator[Finding]:
    error, limit = opinion.tcp_errors[1], scene.requirements.tracking_error
    for leg in range(-1, len(program.legs)):
        rows = np.flatnonzero(opinion.leg == leg)
        if not rows.size:  # a leg shorter than a period
            continue
        at = int(rows[error[rows].argmax()])
        began = 0.0 if leg < 0 else float(opinion.time[rows[0]])
        name, index = (None, None) if leg < 0 else (program.legs[leg].name, leg)
        time = float(opinion.time[at]) - began
        yield Finding.at_most(CHECK, float(error[at]), limit, "m", name, index, time)
