"""`robolab touch explore`: what an object of a scene feels like."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from robolab.cli.console import SceneName, Seed, console, progress

EXPLORE_EXAMPLE = "robolab touch explore panda_touch --object ball --out ball.json"


def explore(
    scene: SceneName,
    object_: Annotated[
        str, typer.Option("--object", help="What to touch, by its name in the scene.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="JSON file for everything that was felt.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Folder of networks; else the shipped ones.")
    ] = None,
    heat_maps: Annotated[
        Path | None,
        typer.Option(help="Folder for pictures of what the class network looked at, one a touch."),
    ] = None,
    touches: Annotated[int, typer.Option(min=1, max=100, help="How often to touch.")] = 5,
    seed: Seed = 0,
) -> None:
    """Touch an object between the fingers here and there; say its shape, roughness and hardness, and how sure."""
    from robolab.core.files import write_json
    from robolab.jobs.touch_explore import explore as run
    from robolab.scene.load import load_scene
    from robolab.touch.tip import load_tip

    networks = load_tip(policy)
    with progress(f"explore {object_}") as say:
        found = run(load_scene(scene), object_, networks, touches, seed, say, heat_maps)
    chances = ", ".join(f"{name} {chance:.0%}" for name, chance in found["chances"].items())
    rough, modulus = found["roughness_um"], found["modulus_MPa"]
    lines = [f"shape     {found['shape']}" + (f" ({chances})" if chances else "")]
    lines.append(
        "R_a       not told: too little was touched"
        if rough is None
        else f"R_a       {rough[0]:.2f} um, 90 % within {rough[1]:.2f} to {rough[2]:.2f}"
    )
    lines.append("modulus   " + _modulus(modulus))
    lines += [
        f"{when:<10}{max(known['chances'], key=known['chances'].get)}, {known['width_mm']:.1f} mm wide, "
        f"standard deviation {known['width_std_mm']:.1f}"
        for when, known in zip(
            ("seen", "touched"), found["refined"][:: max(touches, 1)], strict=False
        )
    ]
    for line in lines:
        console().print(line, markup=False, soft_wrap=True)
    if out is not None:
        write_json(out, found)
        console().print(f"felt      {out}", markup=False, soft_wrap=True)


def _modulus(found: list[float | None] | None) -> str:
    if found is None:
        return "not told by edges and corners"
    best, low, high = found
    if best is None or high is None:
        return f"{low:.2g} MPa or more" if low is not None else "rigid"
    return f"{best:.2g} MPa, 90 % within {low:.2g} to {high:.2g}"
