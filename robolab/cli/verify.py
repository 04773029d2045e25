"""`robolab verify`: check a saved program again."""

from __future__ import annotations

from typing import Annotated

import typer

from robolab.cli.console import RunFolder, console, progress

EXAMPLE = "robolab verify runs/demo"


def command(
    run: RunFolder,
    track: Annotated[
        bool, typer.Option(help="Run the program in the physics as part of verification.")
    ] = True,
) -> None:
    """Check a run's program once more against its scene, by code that no planner uses."""
    from rich.table import Table

    from robolab.jobs.rehearse import rehearse
    from robolab.jobs.saved import load_run
    from robolab.verify import verify_program

    with progress(f"verify {run}") as say:
        saved = load_run(run)
        tracking = None
        if track:
            say("run in the physics")
            tracking = rehearse(saved.scene, saved.seed, saved.program)
        say("check")
        report = verify_program(saved.program, saved.scene, tracking)
    table = Table(box=None, pad_edge=False)
    for heading in ("check", "largest share", "where"):
        table.add_column(heading)
    for check in report.checks:
        worst = report.worst(check)
        assert worst is not None
        style = None if worst.ok else "red"
        table.add_row(check, f"{worst.share:.3f}", worst.line(), style=style)
    console().print(table)
    if not report.verified:
        for line in report.explain():
            console(error=True).print(f"not verified: {line}", markup=False, soft_wrap=True)
        raise typer.Exit(1)
    console().print(f"[bold green]verified[/] in {saved.program.duration:.2f} s cycle time")
