"""`robolab see`: what cameras see of cases, and where cameras are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from robolab.cli.console import SceneName, Seed, console, progress

LEARN_EXAMPLE = "robolab see learn --out policies/sight"
TUNE_EXAMPLE = "robolab see tune --policy policies/sight --pallets 5 --out tuned"
EXPORT_EXAMPLE = "robolab see export --policy policies/sight --out eyes"
CALIBRATE_EXAMPLE = "robolab see calibrate ur10e_transfer --out camera.json"

app = typer.Typer(
    help="Find the faces of cases in pictures: teach the network, try it, calibrate the camera.",
    no_args_is_help=True,
    epilog=f"Start with: {CALIBRATE_EXAMPLE}",
)


@app.command("learn", epilog=f"Example: {LEARN_EXAMPLE}")
def learn(
    out: Annotated[Path, typer.Option(help="Folder for the networks.")],
    pallets: Annotated[int, typer.Option(min=1, help="Pallets to learn from.")] = 100,
    steps: Annotated[int, typer.Option(min=10, help="Steps of gradient on them.")] = 5500,
    tried: Annotated[int, typer.Option(min=1, help="Unseen pallets to try it on.")] = 30,
    seed: Seed = 0,
    resume: Annotated[bool, typer.Option(help="Go on from where a run was killed.")] = False,
) -> None:
    """Teach a network where faces of cases end, on drawn pallets; say what it reaches on unseen ones."""
    from robolab.jobs.see_learn import see_learn
    from robolab.sight.teach import Lesson

    lesson = Lesson(pallets=pallets, steps=steps, small_steps=max(steps * 3 // 5, 1), seed=seed)
    with progress("learn to see") as say:
        metrics = see_learn(out, lesson, tried, resume, say)
    for name, of in metrics["figures"].items():
        console().print(
            f"{name:<10}precision {of['precision']:.3f}, recall {of['recall']:.3f}, "
            f"{of['plane_mm_median']:.1f} mm off in the plane, {of['normal_mm_median']:.1f} mm along the normal",
            soft_wrap=True,
        )
    console().print(f"networks  {out}", markup=False, soft_wrap=True)


@app.command("tune", epilog=f"Example: {TUNE_EXAMPLE}")
def tune(
    policy: Annotated[Path, typer.Option(help="Folder that `robolab see learn` has written.")],
    out: Annotated[Path, typer.Option(help="Folder for the tuned network.")],
    pallets: Annotated[int, typer.Option(min=1, help="Examples of the new prints.")] = 5,
    steps: Annotated[int, typer.Option(min=10, help="Steps of gradient on them.")] = 600,
    tried: Annotated[int, typer.Option(min=1, help="Other pallets to try before and after.")] = 30,
    seed: Seed = 0,
    resume: Annotated[bool, typer.Option(help="Go on from where a run was killed.")] = False,
) -> None:
    """Tune the network on a few pallets of prints that it has not met; say what that gains there and costs elsewhere."""
    from robolab.jobs.see_tune import see_tune
    from robolab.sight.tune import Tuning

    how = Tuning(pallets=pallets, steps=steps, seed=seed)
    with progress("tune the eyes") as say:
        metrics = see_tune(policy, out, how, tried, resume, say)
    for prints in ("new_prints", "known_prints"):
        for name, of in metrics[prints].items():
            words = f"{prints.replace('_', ' '):<14}{name:<8}precision {of['precision']:.3f}, recall {of['recall']:.3f}"
            console().print(words, soft_wrap=True)
    console().print(f"networks  {out}", markup=False, soft_wrap=True)


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


@app.command("export", epilog=f"Example: {EXPORT_EXAMPLE}")
def export(
    policy: Annotated[Path, typer.Option(help="Folder that `robolab see learn` has written.")],
    out: Annotated[Path, typer.Option(help="Folder for the files.")],
) -> None:
    """Write the network as ONNX: in full, distilled, and that in int8; say how long each takes on two cores."""
    from robolab.jobs.see_export import see_export

    with progress(f"export {policy}") as say:
        manifest = see_export(policy, out, say)
    for name, form in manifest["forms"].items():
        console().print(
            f"{name:<15}{form['bytes'] / 1e3:6.0f} kB, {form['ms_best']:.1f} ms at best, {form['ms_median']:.1f} in the median, "
            f"border as the full one says in {form['same_as_full']:.2%} of the pixels",
            soft_wrap=True,
        )
    console().print(f"folder         {out}", markup=False, soft_wrap=True)
