"""`robolab export`: a saved program for one more controller."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from robolab.cli.console import RunFolder, console, progress

EXAMPLE = "robolab export runs/demo --format urscript --format csv --out programs"


def _complete_format(incomplete: str) -> list[str]:
    from robolab.export import EXPORTERS

    return [name for name in EXPORTERS.names() if name.startswith(incomplete)]


def command(
    run: RunFolder,
    formats: Annotated[
        list[str],
        typer.Option("--format", help="A format, or several.", autocompletion=_complete_format),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the programs.")],
) -> None:
    """Verify a run's program again and write it for the controllers named, each file read back."""
    from tempfile import TemporaryDirectory

    from robolab.core.files import write_bytes
    from robolab.export import EXPORTERS
    from robolab.jobs.exports import export_all
    from robolab.jobs.rehearse import rehearse
    from robolab.jobs.result import RunResult
    from robolab.jobs.saved import load_run
    from robolab.verify import verify_program

    for name in formats:
        EXPORTERS.get(name)
    with progress(f"export {run}") as say, TemporaryDirectory() as staged:
        saved = load_run(run)
        say("run in the physics")
        tracking = rehearse(saved.scene, saved.seed, saved.program)
        say("verify")
        report = verify_program(saved.program, saved.scene, tracking)
        result = RunResult(saved.scene, saved.seed, saved.robot, saved.program, report, tracking)
        exports = export_all(result, Path(staged), tuple(formats))
        # Only what has read back gets beside what may be in the folder already.
        for file in (file for export in exports.values() for file in export.files):
            write_bytes(out / file, (Path(staged) / file).read_bytes())
    for name, export in exports.items():
        files = ", ".join(str(out / file) for file in export.files)
        error = export.read_back_error or 0.0
        console().print(
            f"{name:9} {files} (reads back within {error:.1e} rad)", markup=False, soft_wrap=True
        )
