"""`robolab train`: a planner network for one cell."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from robolab.cli.console import SceneName, Seed, console, progress

EXAMPLE = "robolab train ur10e_transfer --minutes 10 --out policies/ur10e_transfer"


def command(
    scene: SceneName,
    minutes: Annotated[float, typer.Option(min=0.01, help="How long to train.")] = 10.0,
    seed: Seed = 0,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the policy; without it, policies/SCENE."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the policy that is in the folder.")
    ] = False,
) -> None:
    """Train the network that plans in a scene's cell, by gradients through kinematics and distances."""
    from robolab.learning.train import train_policy
    from robolab.scene.load import load_scene

    spec = load_scene(scene)
    folder = out or Path("policies") / spec.name
    with progress(f"train {spec.name}") as say:
        train_policy(spec, folder, minutes, seed, resume, say)
    console().print(f"policy    {folder}", markup=False, soft_wrap=True)
