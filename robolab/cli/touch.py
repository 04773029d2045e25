"""`robolab touch`: what fingertips feel, and what follows from it."""

from __future__ import annotations

import typer

from robolab.cli.touch_explore import EXPLORE_EXAMPLE, explore
from robolab.cli.touch_export import EXPORT_EXAMPLE, export
from robolab.cli.touch_grip import GRIP_EXAMPLE, grip
from robolab.cli.touch_stability import STABILITY_EXAMPLE, stability
from robolab.cli.touch_tip import LEARN_EXAMPLE, learn_tip

app = typer.Typer(
    help="Learn from what fingertips feel: what is touched, whether a grasp will hold, how to grip.",
    no_args_is_help=True,
    epilog="Start with: robolab touch explore panda_touch --object ball",
)
learn = typer.Typer(help="Learn from simulated touch, from nothing.", no_args_is_help=True)
learn.command("fingertip", epilog=f"Example: {LEARN_EXAMPLE}")(learn_tip)
learn.command("grip", epilog=f"Example: {GRIP_EXAMPLE}")(grip)
app.command("explore", epilog=f"Example: {EXPLORE_EXAMPLE}")(explore)
app.command("stability", epilog=f"Example: {STABILITY_EXAMPLE}")(stability)
app.add_typer(learn, name="learn")
app.command("export", epilog=f"Example: {EXPORT_EXAMPLE}")(export)
