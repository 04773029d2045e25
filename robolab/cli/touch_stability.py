"""`robolab touch stability`: whether grasps will hold, from real readings."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from robolab.cli.console import Seed, console, progress_bar

STABILITY_EXAMPLE = (
    "robolab touch stability --train A.csv --train B.csv --test C.csv --out stability.json"
)


def stability(
    train: Annotated[list[Path], typer.Option(help="Grasps to learn from, or several files.")],
    test: Annotated[Path, typer.Option(help="Grasps to judge; labels are for the score alone.")],
    out: Annotated[Path, typer.Option(help="JSON file for the result.")],
    networks: Annotated[int, typer.Option(min=1, help="Networks that are asked.")] = 3,
    epochs: Annotated[int, typer.Option(min=1, help="Times each sees every grasp.")] = 30,
    policy: Annotated[
        Path | None,
        typer.Option(help="Folder to keep the networks in, for `robolab touch export`."),
    ] = None,
    heat: Annotated[
        Path | None, typer.Option(help="SVG file: which electrodes the networks went by.")
    ] = None,
    seed: Seed = 0,
) -> None:
    """Predict from BioTac SP readings whether grasps will hold; learn from grasps of other objects."""
    from robolab.jobs.touch_stability import stability_files
    from robolab.touch.stability import Lesson

    began = time.monotonic()
    lesson = Lesson(networks=networks, epochs=epochs, seed=seed)
    with progress_bar("stability") as (say, advance):

        def tell(done: float, total: float) -> None:
            used = time.monotonic() - began
            advance(used, used * total / done)
            if done == round(done):
                say(f"network {done:.0f} of {total:.0f} has learned")

        result = stability_files(train, test, out, lesson, tell, policy, heat)
    for line in result["told"]:
        console(error=True).print(line, markup=False, soft_wrap=True)
    if result["accuracy"] is not None:
        for name, scores in (("accuracy", result), ("alone", result["alone"])):
            auc = "-" if scores["auc"] is None else f"{scores['auc']:.3f}"
            console().print(f"{name:<10}{scores['accuracy']:.3f}, area under the curve {auc}")
    console().print(f"grasps    {result['n']}")
    agrees = result["rules"]["fidelity"]["agrees"]
    console().print(f"rules     say the same as the networks of {100.0 * agrees:.0f} % of grasps")
    console().print(f"result    {out}", markup=False, soft_wrap=True)
