"""`robolab touch`: what fingertips feel, and what follows from it."""

from __future__ import annotations

import typer

from robolab.cli.touch_explore import EXPLORE_EXAMPLE, explore
from robolab.cli.touch_tip import LEARN_EXAMPLE, learn_tip

app = typer.Typer(
    help="Learn from what fingertips feel: what is touched, whether a grasp will hold, how to grip.",
    no_args_is_help=True,
)
app.command("explore", epilog=f"Example: {EXPLORE_EXAMPLE}")(explore)
app.command("learn-tip", epilog=f"Example: {LEARN_EXAMPLE}")(learn_tip)
