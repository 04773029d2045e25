"""`robolab view`: look at a scene, move its joints, watch a run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robolab.cli.console import SceneName, Seed, console, realised
from robolab.core.errors import BadInput

if TYPE_CHECKING:
    from robolab.jobs.playback import Playback
    from robolab.scene.spec import SceneSpec

EXAMPLE = "robolab view panda_table"


def command(
    scene: SceneName,
    run: Annotated[
        Path | None, typer.Option(help="Folder of a run of this scene to play back, over and over.")
    ] = None,
    screenshot: Annotated[
        Path | None, typer.Option(help="Write a picture of the scene as PNG, and end.")
    ] = None,
    seed: Seed = 0,
) -> None:
    """Open a window with joint sliders, camera images and playback; Escape or q closes it."""
    if run is None:
        spec, playback = realised(scene, seed), None
    else:
        spec, playback = _played(scene, run)
    if screenshot is not None:
        from robolab.core.files import write_bytes
        from robolab.jobs.rehearse import photograph

        write_bytes(screenshot, photograph(spec, seed))
        console().print(str(screenshot), markup=False, soft_wrap=True)
        return
    if not os.environ.get("DISPLAY"):
        # PyBullet would end the whole program without a word that helps.
        raise BadInput(
            "no display to open a window on",
            expected="DISPLAY to be set, or --screenshot FILE, or: xvfb-run robolab view …",
        )
    from robolab.cli.view_window import Window

    with Window(spec, seed) as window:
        if playback is None:
            window.let_joints_be_moved()
        else:
            window.play(playback)


def _played(scene: str, run: Path) -> tuple[SceneSpec, Playback]:
    """The realised scene that a run used, and its program to watch."""
    from robolab.jobs.playback import Playback
    from robolab.jobs.saved import load_run
    from robolab.scene.load import load_scene

    saved = load_run(run)
    if load_scene(scene).name != saved.scene.name:
        raise BadInput(
            "the run is of another scene", file=run, value=saved.scene.name, expected=scene
        )
    return saved.scene, Playback(saved.program, saved.scene, saved.robot)
