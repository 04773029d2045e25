"""`robolab touch export`: a network of touch for one's controller."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from robolab.cli.console import console, progress
from robolab.cli.formats import Formats

EXPORT_EXAMPLE = "robolab touch export --policy POLICY --format c --out predictor"


def export(
    policy: Annotated[Path, typer.Option(help="Folder of a touch policy.")],
    formats: Formats,
    out: Annotated[Path, typer.Option(help="Folder for the files.")],
    variant: Annotated[
        str,
        typer.Option(
            help="A form of the policy (full, distilled, network of a grip), int8 or one with -int8."
        ),
    ] = "full",
) -> None:
    """Write a touch network for a controller: C99, Structured Text (IEC 61131-3) or ONNX."""
    from robolab.jobs.touch_export import export_touch

    with progress(f"export {policy}"):
        manifest = export_touch(policy, formats, out, variant)
    for name, files in manifest["formats"].items():
        console().print(f"{name:9} {', '.join(files)}", markup=False, soft_wrap=True)
    console().print(f"folder    {out}", markup=False, soft_wrap=True)
