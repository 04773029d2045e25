"""`robolab load`: what an arm's motor currents tell of the load it carries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robolab.cli import load_export, load_health, load_slim
from robolab.cli.console import Seed, console, progress

if TYPE_CHECKING:
    from robolab.estimation.model import LoadModel
    from robolab.estimation.windows import LogEstimate

EXAMPLE = "robolab load identify --robot ur10e --log RUN.csv --loaded HEAVY.csv:2.8 --out MODEL"

app = typer.Typer(
    help="Learn an arm's dynamics from its logs, and from motor currents the load that it carries.",
    no_args_is_help=True,
    epilog="From logs to an estimate: robolab load excite, run it on the arm, robolab load identify, robolab load estimate",
)

RobotName = Annotated[str, typer.Option(help="Robot that the logs are of: ur10e, panda, …")]


@app.command(epilog=f"Example: {EXAMPLE}")
def identify(
    robot: RobotName,
    log: Annotated[list[Path], typer.Option(help="Log without a load, or several.")],
    out: Annotated[Path, typer.Option(help="File for the model.")],
    loaded: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE:MASS", help="Log with a known load [kg], for the gains' scale."),
    ] = None,
) -> None:
    """Identify inertias, friction and drive gains from joint logs; say what they cannot show."""
    from robolab.jobs.load import identify_files, robot_of

    with progress(f"identify {robot}") as say:
        model, omitted = identify_files(robot_of(robot), log, loaded or [], out, say)
    for line in omitted:
        console(error=True).print(line, markup=False, soft_wrap=True)
    _tell_model(model)
    console().print(f"model     {out}", markup=False, soft_wrap=True)


@app.command(
    epilog="Example: robolab load estimate --robot ur10e --model MODEL --log RUN.csv --window 2 --out load.json"
)
def estimate(
    robot: RobotName,
    model: Annotated[Path, typer.Option(help="What `robolab load identify` has written.")],
    log: Annotated[Path, typer.Option(help="Log to estimate the load of.")],
    out: Annotated[Path, typer.Option(help="JSON file for the estimate.")],
    window: Annotated[float, typer.Option(help="Length of the windows [s].")] = 2.0,
) -> None:
    """Estimate the load of a joint log: over the whole, and at the end of each window."""
    from robolab.jobs.load import estimate_file, robot_of

    result, omitted = estimate_file(robot_of(robot), model, log, window, out)
    for line in omitted:
        console(error=True).print(line, markup=False, soft_wrap=True)
    _tell_estimate(result)
    console().print(f"estimate  {out}", markup=False, soft_wrap=True)


def _tell_model(model: LoadModel) -> None:
    from rich.table import Table

    from robolab.estimation.drive import LOAD

    table = Table(box=None, pad_edge=False)
    table.add_column("joint", no_wrap=True)
    for heading in ("explained", "N m/A", "Coulomb", "viscous", "of load"):
        table.add_column(heading, justify="right", no_wrap=True)
    rows = zip(model.joints, model.explained, model.gain, model.friction, strict=True)
    for joint, share, gain, friction in rows:
        table.add_row(
            joint,
            f"{100 * share:.2f} %",
            f"{gain:.3f}",
            f"{gain * friction[0]:.2f}",
            f"{gain * friction[1]:.2f}",
            f"{100 * friction[LOAD]:.0f} %",
        )
    console().print(table)
    seen = "logs left out of the fit" if len(model.logs) > 1 else "the log itself"
    lines = [
        f"explained share of the current's variance, on {seen}",
        "friction  Coulomb [N m], viscous [N m s/rad], and the share it takes of the torque limit at full load",
        f"unseen    {_by_body(model.unseen) or 'nothing'}",
    ]
    if not model.gain_known:
        lines.append("gains     their scale is the description's; --loaded FILE:MASS settles it")
    for line in lines:
        console().print(line, markup=False, soft_wrap=True)


def _by_body(unseen: tuple[str, ...]) -> str:
    """Parameters that the logs say nothing about, body by body."""
    bodies: dict[str, list[str]] = {}
    for name in unseen:
        body, _, parameter = name.partition(": ")
        bodies.setdefault(body, []).append(parameter)
    return "; ".join(f"{body}: {', '.join(names)}" for body, names in bodies.items())


def _tell_estimate(result: LogEstimate) -> None:
    whole, windows = result.whole, result.windows
    com = ", ".join(f"{x:.3f}" for x in whole.com)
    console().print(f"mass      {whole.mass:.3f} ± {1.645 * whole.mass_std:.3f} kg (90 %)")
    console().print(f"centre    {com} m in tcp")
    known = sum(window.known for window in windows)
    console().print(f"windows   {len(windows)}, in {known} of them the data could tell")
    if not whole.known:
        console().print(
            "unknown   the log cannot tell the load; the mass is what was believed before"
        )
    if whole.changed is not None:
        console().print(f"changed   the load seems to be another from {whole.changed:.2f} s on")


@app.command(epilog="Example: robolab load excite --robot ur10e --seconds 40 --out runs/excite")
def excite(
    robot: Annotated[str, typer.Option(help="Robot to move: ur10e, panda, …")],
    out: Annotated[Path, typer.Option(help="Run folder for the program and its report.")],
    scene: Annotated[
        str | None, typer.Option(help="Cell to move in; without one, nothing is around the arm.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="About how long to move [s].")] = 40.0,
    share: Annotated[float, typer.Option(help="Share of the limits to use.")] = 0.5,
    seed: Seed = 0,
) -> None:
    """Design a motion whose log shows the most of the arm; verify it and export it like any other."""
    from robolab.jobs.excite import excite as design

    with progress(f"excite {robot}") as say:
        result = design(robot, scene, seconds, share, seed, out, say)
    for finding in result.report.failures:
        console().print(finding.line(), markup=False, soft_wrap=True)
    console().print(f"program   {len(result.program.legs)} legs, {result.program.duration:.1f} s")
    said = "verified" if result.report.verified else "not verified, nothing is exported"
    console().print(f"run       {out} ({said})", markup=False, soft_wrap=True)
    if not result.report.verified:
        raise typer.Exit(1)


app.command("export", epilog=f"Example: {load_export.EXAMPLE}")(load_export.command)
app.command("slim", epilog=f"Example: {load_slim.EXAMPLE}")(load_slim.command)
app.command("compare", epilog=f"Example: {load_health.COMPARE}")(load_health.compare)
app.command("health", epilog=f"Example: {load_health.HEALTH}")(load_health.health)
