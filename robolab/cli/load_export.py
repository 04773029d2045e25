"""`robolab load export`: an estimator for one's controller."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from robolab.cli.console import console, progress
from robolab.cli.formats import Formats

EXAMPLE = "robolab load export --model MODEL --format c --format st --out estimator"


def _complete_estimator(incomplete: str) -> list[str]:
    from robolab.export.load import STEPS

    return [name for name in STEPS.names() if name.startswith(incomplete)]


def _complete_variant(incomplete: str) -> list[str]:
    from robolab.estimation.variants import VARIANTS

    return [name for name in VARIANTS.names() if name.startswith(incomplete)]


def command(
    model: Annotated[Path, typer.Option(help="What `robolab load identify` has written.")],
    formats: Formats,
    out: Annotated[Path, typer.Option(help="Folder for the estimator.")],
    period: Annotated[
        float, typer.Option(help="Time between two samples of the controller [s].")
    ] = 0.002,
    estimator: Annotated[
        str,
        typer.Option(help="kalman, network or fusion.", autocompletion=_complete_estimator),
    ] = "kalman",
    variant: Annotated[
        str,
        typer.Option(
            help="Of the network: full, pruned or distilled, int8 or one with -int8.",
            autocompletion=_complete_variant,
        ),
    ] = "full",
) -> None:
    """Write the on-line estimator for a controller: C99, Structured Text (IEC 61131-3) or ONNX."""
    from robolab.jobs.load_export import export_estimator

    with progress(f"export {model}"):
        files = export_estimator(model, formats, out, period, estimator, variant)
    for name, paths in files.items():
        text = ", ".join(str(path) for path in paths)
        console().print(f"{name:9} {text}", markup=False, soft_wrap=True)
