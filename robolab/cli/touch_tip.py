"""`robolab touch learn fingertip`: networks that read an optical fingertip."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from robolab.cli.console import Seed, console, progress

LEARN_EXAMPLE = "robolab touch learn fingertip --out policies/touch_fingertip"


def learn_tip(
    out: Annotated[Path, typer.Option(help="Folder for the networks.")],
    presses: Annotated[int, typer.Option(min=50, help="Presses to learn from.")] = 2500,
    steps: Annotated[int, typer.Option(min=10, help="Steps of gradient on them.")] = 380,
    seed: Seed = 0,
) -> None:
    """Teach the fingertip's networks on drawn presses; say what they reach on unseen objects and textures."""
    from robolab.jobs.tip_learn import learn_tip as run
    from robolab.touch.tip_learn import Lesson

    lesson = Lesson(presses=presses, press_steps=steps, seed=seed)
    with progress("learn the fingertip") as say:
        metrics = run(out, lesson, say)
    press, rough = metrics["press"], metrics["roughness"]
    for key in ("normal", "shear"):
        of = press[key]
        console().print(f"{key:<10}{of['mae_N']:.3f} N, {of['share_of_range']:.1%} of its range")
    console().print(f"{'class':<10}{metrics['shape']['accuracy']:.1%} right")
    console().print(f"{'R_a':<10}{rough['places 6']['median_share']:.1%} off, median")
    console().print(f"{'slip':<10}AUC {metrics['slip']['auc_pulls']:.3f} within 30 ms")
    console().print(f"networks  {out}", markup=False, soft_wrap=True)
