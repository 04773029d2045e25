"""The run folder's files that are not programs: reports, manifest and log."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import robolab
from robolab.core.files import content_hash, write_json, write_text
from robolab.export.log import write_log
from robolab.jobs.adapt_report import adaptation_json
from robolab.jobs.explain import LegExplained, explained_json, leg_json
from robolab.jobs.report_html import report_html
from robolab.jobs.result import RunResult
from robolab.jobs.saved import MANIFEST, PROGRAM, SCENE, scene_file
from robolab.jobs.second_opinion import OPINION, opinion_json, opinion_summary
from robolab.jobs.storage import save_program

_VERSIONS = ("numpy", "scipy", "torch", "pybullet", "pin", "coal", "ompl", "open3d", "mujoco")


def write_run(result: RunResult, folder: Path, more: Mapping[str, Any] | None = None) -> None:
    """Write everything about a run into its (staged) folder; `more` goes into the report."""
    save_program(folder / PROGRAM, result.program)
    write_json(folder / SCENE, scene_file(result.scene))
    if result.tracking is not None:
        write_log(result.tracking, result.robot, folder / "log.mcap")
    if result.opinion is not None:
        write_json(folder / OPINION, opinion_json(result.opinion, result.program))
    write_json(folder / "report.json", report_json(result) | dict(more or {}))
    write_text(folder / "report.html", report_html(result))
    write_json(folder / MANIFEST, _manifest(result, folder))


def report_json(result: RunResult) -> dict[str, Any]:
    """Return the machine-readable report: equal for equal scene, seed and versions.

    Wall times are not in it: they stand in the manifest.
    """
    report = result.report
    checks = report.to_json()
    return {
        "scene": result.scene.name,
        "robot": result.robot.name,
        "seed": result.seed,
        "verified": report.verified,
        "cycle_time_s": result.program.duration,
        "largest_share": checks["largest_share"],
        "least_clearance_m": report.least_clearance,
        "limits_used": explained_json(result.explained),
        "legs": [_leg_json(leg) for leg in result.explained.legs],
        "exports": {name: _export_json(result, name) for name in sorted(result.exports)},
        "comparison": _comparison_json(result),
        "second_opinion": _opinion_json(result),
        "adaptation": adaptation_json(result),
        "resolution": checks["resolution"],
        "findings": checks["findings"],
    }


def _leg_json(explained: LegExplained) -> dict[str, Any]:
    leg = explained.leg
    return {
        "name": leg.name,
        "planner": leg.planner,
        "duration_s": leg.trajectory.duration,
        "carried": leg.carried,
        "payload_kg": leg.payload.mass if leg.payload else 0.0,
        "provenance": leg.provenance,
        "shaped_by": leg_json(explained),
    }


def _export_json(result: RunResult, name: str) -> dict[str, Any]:
    export = result.exports[name]
    return {
        "files": list(export.files),
        "read_back_error_rad": export.read_back_error,
        "refused": export.refused,
    }


def _comparison_json(result: RunResult) -> dict[str, Any] | None:
    found = result.comparison
    if found is None:
        return None
    return {
        "poses": found.poses,
        "recorded_motion_s": found.recorded,
        "planned_motion_s": found.planned,
        "ratio": found.ratio,
    }


def _opinion_json(result: RunResult) -> dict[str, Any] | None:
    return None if result.opinion is None else opinion_summary(result.opinion, result.program)


def _manifest(result: RunResult, folder: Path) -> dict[str, Any]:
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return {
        "robolab": robolab.__version__,
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in _VERSIONS},
        "scene": result.scene.name,
        "scene_folder": result.scene.folder,
        "seed": result.seed,
        "robot_digest": result.robot.digest,
        "seconds": result.seconds,
        "training_seconds": result.training,
        "files": {path.name: content_hash(path) for path in files},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
