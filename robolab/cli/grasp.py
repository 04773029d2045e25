"""`robolab grasp`: where to take objects that nobody has described."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from robolab.cli.console import Seed, console, progress

app = typer.Typer(
    help="Grasp objects that nobody has described, by a depth image.",
    no_args_is_help=True,
    epilog="Start with: robolab grasp propose view.npz --out grasps.json",
)


@app.command(
    epilog="Example: robolab grasp propose view.npz --at 0.5 --at 0.0 --at 0.62 --out grasps.json"
)
def propose(
    view: Annotated[
        Path,
        typer.Argument(
            help="NumPy archive: `depth` (h, w) [m], `intrinsics` (3, 3), `X_world_cam` (4, 4)."
        ),
    ],
    out: Annotated[Path, typer.Option(help="JSON file for the grasps, best first.")],
    at: Annotated[
        list[float] | None,
        typer.Option(
            help="Middle of the table's square in world [m]: x, y and z, one each.",
            show_default="0 0 0",
        ),
    ] = None,
    side: Annotated[float, typer.Option(min=0.02, max=2.0, help="Of that square [m].")] = 0.44,
    most: Annotated[int, typer.Option(min=1, help="Grasps to write.")] = 20,
    policy: Annotated[
        Path | None, typer.Option(help="Folder of the network; the shipped one without it.")
    ] = None,
    seed: Seed = 0,
) -> None:
    """Say where to take what a depth image shows, how wide to open, and how likely that is to hold."""
    from robolab.core.errors import BadInput
    from robolab.core.files import write_json
    from robolab.jobs.grasp_propose import propose as proposed
    from robolab.perception.heightmap import Region

    middle = at or [0.0, 0.0, 0.0]
    if len(middle) != 3:
        raise BadInput("is not a place", field="--at", value=middle, expected="x, y and z")
    region = Region((middle[0], middle[1], middle[2]), side)
    found = proposed(view, region, policy, most, seed)
    write_json(out, found)
    if found["reason"]:
        console().print(f"none      {found['reason']}", markup=False, soft_wrap=True)
    for one in found["grasps"][:3]:
        x, y, z = (row[3] for row in one["X_world_tcp"][:3])
        text = f"{x:.3f} {y:.3f} {z:.3f} m, {1e3 * one['width_m']:.0f} mm wide, {one['probability']:.0%}"
        console().print(f"grasp     {text}", soft_wrap=True)
    console().print(f"grasps    {out}", markup=False, soft_wrap=True)


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
