"""`robolab load slim`: smaller forms of trained load networks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from robolab.cli.console import Seed, console, progress

EXAMPLE = "robolab load slim --robot ur10e --folder policies/load_ur10e"


def command(
    robot: Annotated[str, typer.Option(help="Robot that the networks are of.")],
    folder: Annotated[Path, typer.Option(help="What `robolab load learn` has written.")],
    unseen: Annotated[int, typer.Option(min=1, help="Lifts for the figures.")] = 1_000,
    recordings: Annotated[int, typer.Option(min=10, help="Simulated lifts to learn from.")] = 3_000,
    seed: Seed = 0,
) -> None:
    """Prune, distil and round load networks for small controllers; say what each form loses."""
    from robolab.estimation.model import load_model
    from robolab.estimation.slim import Slimming
    from robolab.estimation.trained import MODEL
    from robolab.jobs.load import robot_of
    from robolab.jobs.load_slim import slim

    arm = robot_of(robot)
    how = Slimming(recordings=recordings, seed=seed)
    with progress(f"slim {robot}") as say:
        metrics = slim(arm, load_model(folder / MODEL, arm), folder, how, unseen, say)
    for name, one in metrics["variants"].items():
        errors = ", ".join(
            f"{e['mass_mean_kg']:.3f} kg after {h}" for h, e in one["fusion"].items()
        )
        console().print(f"{name:<15}{errors}", markup=False, soft_wrap=True)
    console().print(f"networks  {folder}", markup=False, soft_wrap=True)
