"""`robolab see`: what cameras see of cases, and where cameras are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from robolab.cli.console import SceneName, Seed, console, progress

CALIBRATE_EXAMPLE = "robolab see calibrate ur10e_transfer --out camera.json"

app = typer.Typer(
    help="Find the faces of cases in pictures: teach the network, try it, calibrate the camera.",
    no_args_is_help=True,
    epilog=f"Start with: {CALIBRATE_EXAMPLE}",
)


@app.command("calibrate", epilog=f"Example: {CALIBRATE_EXAMPLE}")
def calibrate(
    scene: SceneName,
    out: Annotated[Path, typer.Option(help="JSON file for the camera's pose and its error.")],
    camera: Annotated[
        str | None, typer.Option(help="Name of the camera in the scene; else its first.")
    ] = None,
    poses: Annotated[int, typer.Option(min=6, max=200, help="How often to show the ball.")] = 20,
    off_mm: Annotated[
        float, typer.Option(min=0.0, max=200.0, help="How far off the camera stands [mm].")
    ] = 20.0,
    off_deg: Annotated[
        float, typer.Option(min=0.0, max=20.0, help="How far it is turned [deg].")
    ] = 1.5,
    seed: Seed = 0,
) -> None:
    """Find out where a scene's camera really is, by a ball on the robot's tool; say how sure, and how far off."""
    from robolab.core.files import write_json
    from robolab.jobs.see_calibrate import Installed, see_calibrate
    from robolab.scene.load import load_scene

    with progress(f"calibrate the camera of {scene}") as say:
        found = see_calibrate(
            load_scene(scene), camera, poses, seed, Installed(off_mm, off_deg), say
        )
    write_json(out, found)
    console().print(f"before    {found['before_mm']:.1f} mm, {found['before_deg']:.2f} deg off")
    console().print(f"now       {found['error_mm']:.2f} mm, {found['error_deg']:.3f} deg off")
    console().print(f"expected  {found['std_mm']:.2f} mm, {found['std_deg']:.3f} deg")
    console().print(f"camera    {out}", markup=False, soft_wrap=True)
