"""The option that names what is written for a controller."""

from __future__ import annotations

from typing import Annotated

import typer


def _complete(incomplete: str) -> list[str]:
    from robolab.export.load import STEP_WRITERS

    return [name for name in STEP_WRITERS.names() if name.startswith(incomplete)]


Formats = Annotated[
    list[str],
    typer.Option("--format", help="c, st or onnx, or several.", autocompletion=_complete),
]
