"""The `robolab` program: its commands, and how it ends when something is wrong."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from robolab import __version__
from robolab.cli import (
    evaluate,
    export,
    grasp,
    load_learn,
    pick,
    plan,
    replay,
    run,
    scenes,
    schema,
    see,
    touch,
    train,
    verify,
    view,
)
from robolab.core.errors import RobolabError

app = typer.Typer(
    name="robolab",
    help="Learn robot trajectories in simulation, verify them, and export them to controllers.",
    epilog="Start with: robolab run ur10e_transfer --seed 7 --out runs/demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    # Units stand in square brackets, which the other mode takes for styles and leaves out.
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (scenes, view, run, train, plan, verify, replay, export, evaluate, schema):
    app.command(module.__name__.rpartition(".")[2], epilog=f"Example: {module.EXAMPLE}")(
        module.command
    )
app.add_typer(load_learn.app, name="load")
app.add_typer(touch.app, name="touch")
app.add_typer(grasp.app, name="grasp")
app.add_typer(see.app, name="see")
app.add_typer(pick.app, name="pick")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"robolab {__version__}")
        raise typer.Exit


@app.callback()
def _options(  # pyright: ignore[reportUnusedFunction]  # typer keeps it
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Options that stand before the command."""


def main() -> None:
    """Run the program: exit code 0 if all is well, 1 if not verified, 2 on bad input, 130 on Ctrl-C."""
    try:
        app()
    except RobolabError as error:
        _stop(str(error), error.exit_code)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _stop(f"{where}{error.strerror or error}", 2)
    except KeyboardInterrupt:
        _stop("stopped", 130)


def _stop(message: str, code: int) -> None:
    """Say in one line on stderr why, and end."""
    print("robolab: " + " ".join(message.split()), file=sys.stderr)
    raise SystemExit(code)
