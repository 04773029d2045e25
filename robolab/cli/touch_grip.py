"""`robolab touch learn grip`: how hard to press."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from robolab.cli.console import Seed, console, progress

GRIP_EXAMPLE = "robolab touch learn grip --out policies/grip"


def grip(
    out: Annotated[Path, typer.Option(help="Folder for the grip.")],
    lifts: Annotated[int, typer.Option(min=20, help="Simulated lifts to learn from.")] = 1000,
    steps: Annotated[int, typer.Option(min=1, help="Steps of gradient.")] = 1500,
    aside: Annotated[int, typer.Option(min=1, help="Lifts to choose the safety with.")] = 150,
    unseen: Annotated[int, typer.Option(min=1, help="Lifts for the figures.")] = 100,
    seed: Seed = 0,
) -> None:
    """Learn from simulated lifts how hard to press; a run that was broken off goes on where it was."""
    from robolab.jobs.grip_learn import GripLesson, learn_grip

    with progress("learn grip") as say:
        metrics = learn_grip(out, GripLesson(lifts, steps, aside, unseen, seed), say)
    found = metrics["unseen"]
    for name, text in (
        ("held", f"{100 * found['held']:.1f} % of {found['lifts']}"),
        ("force", f"{found['ratio']:.2f} of the least that holds"),
        ("overload", f"{100 * found['overloaded']:.1f} % of {found['fragile']} fragile ones"),
        ("grip", str(out)),
    ):
        console().print(f"{name:<10}{text}", markup=False, soft_wrap=True)
