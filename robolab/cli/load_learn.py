"""`robolab load learn`: networks that tell a load from the first moments of a motion."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from robolab.cli.console import Seed, console, progress
from robolab.cli.load import RobotName, app


@app.command(
    epilog="Example: robolab load learn --robot ur10e --model MODEL --out policies/load_ur10e"
)
def learn(
    robot: RobotName,
    model: Annotated[Path, typer.Option(help="What `robolab load identify` has written.")],
    out: Annotated[Path, typer.Option(help="Folder for the networks.")],
    recordings: Annotated[
        int, typer.Option(min=10, help="Simulated lifts to learn from.")
    ] = 12_000,
    steps: Annotated[int, typer.Option(min=10, help="Steps of gradient.")] = 4_000,
    unseen: Annotated[int, typer.Option(min=1, help="Lifts for the figures.")] = 1_000,
    seed: Seed = 0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from what an interrupted run left beside --out.")
    ] = False,
) -> None:
    """Teach the network and its fusion with the filter on simulated lifts; say what all estimators reach."""
    from robolab.estimation.model import load_model
    from robolab.estimation.teach import Lesson
    from robolab.jobs.load import robot_of
    from robolab.jobs.load_learn import learn as run

    arm = robot_of(robot)
    known = load_model(model, arm)
    lesson = Lesson(recordings=recordings, steps=steps, seed=seed)
    with progress(f"learn {robot}") as say:
        metrics = run(arm, known, out, lesson, unseen, say, resume)
    for name, horizons in metrics["estimators"].items():
        errors = ", ".join(f"{e['mass_mean_kg']:.3f} kg after {h}" for h, e in horizons.items())
        console().print(f"{name:<14}{errors}", markup=False, soft_wrap=True)
    console().print(f"networks  {out}", markup=False, soft_wrap=True)
