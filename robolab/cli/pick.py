"""`robolab pick`: what chooses the next case of a mixed pallet, for a controller."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from robolab.cli.console import console, progress

EXPORT_EXAMPLE = "robolab pick export --policy policies/depalletise --out picks"

app = typer.Typer(
    help="What chooses the next case of a mixed pallet (taught by robolab train mixed_pallet).",
    no_args_is_help=True,
    epilog=f"Start with: {EXPORT_EXAMPLE}",
)


@app.callback()
def _group() -> None:  # pyright: ignore[reportUnusedFunction]  # so that the one command keeps its name
    """What chooses the next case of a mixed pallet."""


@app.command("export", epilog=f"Example: {EXPORT_EXAMPLE}")
def export(
    policy: Annotated[
        Path, typer.Option(help="Folder that `robolab train mixed_pallet` has written.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the files.")],
) -> None:
    """Write the network as ONNX, and say how long it takes on two cores to rank all ways of a look."""
    from robolab.jobs.pallet_export import pick_export

    with progress(f"export {policy}") as say:
        manifest = pick_export(policy, out, say)
    for name, form in manifest["forms"].items():
        console().print(
            f"{name:<15}{form['bytes'] / 1e3:6.0f} kB, {form['us_median']:.0f} us in the median, {form['us_99']:.0f} in 99 %, "
            f"the same way first in {form['same_first']:.1%} of the looks",
            soft_wrap=True,
        )
    console().print(f"folder         {out}", markup=False, soft_wrap=True)
