"""Write a verified program for every controller that can run it, and read each file back."""

from __future__ import annotations

from pathlib import Path

from robolab.core.errors import ExportError
from robolab.export import EXPORTERS, read_back_error
from robolab.jobs.result import ExportResult, RunResult

READ_BACK_LIMIT = 1e-3
"""Largest joint error between a program and what its file says [rad]."""


def export_all(
    result: RunResult, folder: Path, formats: tuple[str, ...] | None = None
) -> dict[str, ExportResult]:
    """Export a program in all formats, or in the ones named.

    A controller that cannot run this arm refuses, and the refusal is part of the result, unless the
    format was asked for by name.

    Raises:
        ExportError: the report is not verified, a named format refuses, or a file does not read back.
    """
    if not result.report.verified:
        raise ExportError("the program is not verified", expected="a report without failures")
    exports: dict[str, ExportResult] = {}
    for name in formats or EXPORTERS.names():
        try:
            exports[name] = _export(name, result, folder)
        except ExportError as error:
            if formats is not None:
                raise
            exports[name] = ExportResult(refused=str(error).removeprefix(f"{name}: "))
    return exports


def _export(name: str, result: RunResult, folder: Path) -> ExportResult:
    exporter = EXPORTERS.get(name)
    files = exporter.write(result.program, result.robot, result.scene, folder)
    error = read_back_error(result.program, exporter.read(files, result.robot))
    if error.joint_error > READ_BACK_LIMIT:
        for file in files:
            file.unlink()
        raise ExportError(
            "does not read back as it was planned",
            field=name,
            value=error.joint_error,
            expected=f"at most {READ_BACK_LIMIT} rad",
        )
    return ExportResult(tuple(file.name for file in files), error.joint_error)
