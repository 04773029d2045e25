"""`robolab view`: look at a scene, move its joints, watch a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robolab.cli.console import SceneName, Seed, console, realised
from robolab.cli.view_asked import Asked, look_at_pallet, need_display, only_for_pallets
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
    level: Annotated[
        str | None, typer.Option(help="Of a mixed pallet: easy, mixed (if not said) or hard.")
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            help="Watch a mixed pallet being emptied: by depalletise, highest_first or a folder."
        ),
    ] = None,
    perception: Annotated[
        str | None,
        typer.Option(help="With --policy: camera (if not said), geometry or perfect."),
    ] = None,
    film: Annotated[
        Path | None, typer.Option(help="With --policy: write an animated WebP instead, and end.")
    ] = None,
    cases: Annotated[int, typer.Option(min=1, help="With --film: cases that are shown.")] = 3,
) -> None:
    """Open a window with joint sliders, camera images and playback; Escape or q closes it.

    Of a mixed pallet, the window shows one that is drawn by --seed; with --policy, how it is emptied.
    """
    from robolab.jobs.pallet_cell import SCENES

    if scene in SCENES and run is None:
        asked = Asked(scene, seed, level or "mixed", policy, perception or "camera", film, cases)
        look_at_pallet(asked, screenshot)
        return
    only_for_pallets(
        {"--level": level, "--policy": policy, "--perception": perception, "--film": film}
    )
    spec, playback = (realised(scene, seed), None) if run is None else _played(scene, run)
    if screenshot is not None:
        _picture(spec, seed, screenshot)
    else:
        _window(spec, seed, playback)


def _picture(spec: SceneSpec, seed: int, file: Path) -> None:
    from robolab.core.files import write_bytes
    from robolab.jobs.rehearse import photograph

    write_bytes(file, photograph(spec, seed))
    console().print(str(file), markup=False, soft_wrap=True)


def _window(spec: SceneSpec, seed: int, playback: Playback | None) -> None:
    """Open it; without a run to play, its joints can be moved."""
    need_display()
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
