"""`robolab evaluate`: empty unseen pallets and count what happens."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from robolab.cli.console import SceneName, Seed, console, progress_bar

EXAMPLE = "robolab evaluate mixed_pallet --episodes 10 --seed 1000 --out pallets.json"


def command(
    scene: SceneName,
    out: Annotated[Path, typer.Option(help="JSON file for counts, rates and failures by cause.")],
    episodes: Annotated[
        int, typer.Option(min=1, help="Pallets: easy, mixed and hard in turn.")
    ] = 10,
    seed: Seed = 0,
    policy: Annotated[
        str | None,
        typer.Option(
            help="depalletise, highest_first (the rule to beat), or a policy's folder; without it, "
            "depalletise where that is shipped, else the rule."
        ),
    ] = None,
    perception: Annotated[
        str,
        typer.Option(help="camera, geometry (a camera without the network), or perfect."),
    ] = "camera",
    film: Annotated[
        Path | None,
        typer.Option(
            help="PNG for a film strip of the first pallet: what is found, and what is taken."
        ),
    ] = None,
) -> None:
    """Empty pallets that nobody has learned from, and count cases, drops, collisions and calls for a person."""
    from robolab.core.files import write_bytes, write_json
    from robolab.jobs.pallet_evaluate import default_policy, evaluate, film_of

    policy = policy or default_policy()
    with progress_bar(f"evaluate {scene}") as (say, advance):
        began = time.monotonic()

        def tell(done: float, total: float) -> None:
            spent = time.monotonic() - began
            advance(spent, spent * total / done)
            say(f"{done:.0f} of {total:.0f} pallets")

        result = evaluate(scene, episodes, seed, policy, perception=perception, advance=tell)
    write_json(out, result)
    if film is not None:
        write_bytes(film, film_of(scene, seed, policy, perception))
    screen = console()
    screen.print(
        f"moved     {result['moved']} of {result['cases']} cases, {result['cases_per_hour']:.0f} an hour"
    )
    for name in ("drops", "collisions", "interventions", "double_picks"):
        screen.print(f"{name.replace('_', ' '):<14}{result[name]}")
    for cause, of in result["causes"].items():
        screen.print(f"  {of['count']:>4} {cause}", markup=False)
    screen.print(f"result    {out}", markup=False, soft_wrap=True)
