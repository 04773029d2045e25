"""`robolab replay`: a saved program in a second physics engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from robolab.cli.console import RunFolder, console, progress

if TYPE_CHECKING:
    from rich.table import Table

    from robolab.sim.engines import SecondOpinion
    from robolab.trajectory.trajectory import Program

EXAMPLE = "robolab replay runs/demo"


def command(run: RunFolder) -> None:
    """Replay a run's program in MuJoCo beside PyBullet and write second_opinion.json into its folder."""
    from robolab.jobs.rehearse import rehearse
    from robolab.jobs.saved import load_run
    from robolab.jobs.second_opinion import add_opinion, ask_mujoco, headline, judged, need_mujoco
    from robolab.verify.report import VerificationReport

    need_mujoco()
    with progress(f"replay {run}") as say:
        saved = load_run(run)
        say("run in PyBullet")
        rehearsal = rehearse(saved.scene, saved.seed, saved.program)
        say("run in MuJoCo")
        opinion = ask_mujoco(saved.scene, saved.robot, saved.program, rehearsal)
        file = add_opinion(run, saved, opinion)
    report = judged(VerificationReport(()), opinion, saved.scene, saved.program)
    console().print(_table(opinion, saved.program))
    console().print(headline(opinion, saved.program), markup=False, soft_wrap=True)
    console().print(f"written to {file}", markup=False, soft_wrap=True)
    if not report.verified:
        for line in report.explain():
            console(error=True).print(f"not confirmed: {line}", markup=False, soft_wrap=True)
        raise typer.Exit(1)


def _table(opinion: SecondOpinion, program: Program) -> Table:
    """One row a joint: how far apart it went, and its tracking error in each engine."""
    from rich.table import Table

    from robolab.jobs.second_opinion import opinion_rows

    table = Table(box=None, pad_edge=False)
    engines = [engine.partition(" ")[0] for engine in opinion.engines]
    for heading in ("joint", "apart", "at", "leg", *engines):
        table.add_column(heading, no_wrap=heading != "leg")
    for row in opinion_rows(opinion, program):
        table.add_row(row["joint"], row["apart"], row["time"], row["leg"], *row["errors"])
    return table
