"""`robolab view`: look at a scene, move its joints, watch a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from robolab.cli.console import SceneName, Seed

EXAMPLE = "robolab view panda_table"


def command(
    scene: SceneName,
    run: Annotated[
        Path | None, typer.Option(help="Folder of a run to play back, again and again.")
    ] = None,
    screenshot: Annotated[
        Path | None, typer.Option(help="Write a picture of the scene as PNG, and end.")
    ] = None,
    seed: Seed = 0,
) -> None:
    """Open a window with joint sliders, camera images and playback."""
    del scene, run, screenshot, seed
