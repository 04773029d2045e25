"""`robolab grasp`: where to take objects that nobody has described."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from robolab.cli.console import Seed, console, progress

app = typer.Typer(
    help="Grasp objects that nobody has described, by a depth image.",
    no_args_is_help=True,
    epilog="Start with: robolab grasp learn --out policies/grasp",
)


@app.callback()
def _grasp() -> None:  # pyright: ignore[reportUnusedFunction]  # typer keeps it
    """Keep `learn` a command of its own."""


@app.command(epilog="Example: robolab grasp learn --out policies/grasp")
def learn(
    out: Annotated[Path, typer.Option(help="Folder for the network.")],
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of attempts and teaching.")] = 3,
    piles: Annotated[int, typer.Option(min=1, help="Piles of five objects in each round.")] = 100,
    steps: Annotated[int, typer.Option(min=1, help="Steps of gradient after the last.")] = 3000,
    aside: Annotated[int, typer.Option(min=1, help="Piles to watch the rounds by.")] = 20,
    unseen: Annotated[int, typer.Option(min=1, help="Piles for the figures.")] = 40,
    seed: Seed = 0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from what an interrupted run left beside --out.")
    ] = False,
) -> None:
    """Learn from own attempts at simulated piles which grasps hold."""
    from robolab.jobs.grasp_learn import GraspLesson, learn_grasp

    lesson = GraspLesson(rounds, piles, steps, aside, unseen, seed)
    with progress("learn grasps") as say:
        metrics = learn_grasp(out, lesson, say, resume)
    for name, found in metrics["unseen"].items():
        text = f"{found['cleared']:.1%} of unseen objects, {found['hits']:.1%} of attempts"
        console().print(f"{name:<10}{text}", markup=False, soft_wrap=True)
    console().print(f"{'network':<10}{out}", markup=False, soft_wrap=True)
