"""`robolab touch`: what fingertips feel, and what follows from it."""

from __future__ import annotations

import typer

app = typer.Typer(
    help="Learn from what fingertips feel: what is touched, whether a grasp will hold, how to grip.",
    no_args_is_help=True,
)


@app.callback()
def _touch() -> None:  # pyright: ignore[reportUnusedFunction]  # keeps the command's name while there is but one
    """Learn from what fingertips feel."""
