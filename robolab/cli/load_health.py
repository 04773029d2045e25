"""`robolab load compare` and `robolab load health`: the identified arm in the simulation, and at work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from robolab.cli.console import Seed, console, progress

COMPARE = "robolab load compare --robot ur10e --model MODEL --log RUN.csv --out runs/compare"
HEALTH = "robolab load health --robot ur10e --model MODEL --log RUN.csv --out health.json"

RobotName = Annotated[str, typer.Option(help="Robot that the log is of: ur10e, panda, …")]
ModelFile = Annotated[Path, typer.Option(help="What `robolab load identify` has written.")]


def compare(
    robot: RobotName,
    model: ModelFile,
    log: Annotated[Path, typer.Option(help="Log without a load, of a motion to go through.")],
    out: Annotated[Path, typer.Option(help="Folder for figures and drawings.")],
    seed: Seed = 0,
) -> None:
    """Go through a log's motion with the identified arm in the simulation; draw both currents."""
    from rich.table import Table

    from robolab.jobs.load_compare import compare_currents

    with progress(f"compare {robot}") as say:
        result = compare_currents(robot, model, log, out, seed, say)
    table = Table(box=None, pad_edge=False)
    table.add_column("joint", no_wrap=True)
    for heading in ("explained", "by the description", "noise [A]", "simulated"):
        table.add_column(heading, justify="right", no_wrap=True)
    columns = (result.explained, result.described, result.noise, result.simulated_noise)
    for joint, *figures in zip(result.joints, *columns, strict=True):
        shares = (f"{100 * share:.2f} %" for share in figures[:2])
        table.add_row(joint, *shares, *(f"{noise:.3f}" for noise in figures[2:]))
    console().print(table)
    files = ", ".join(str(out / file) for file in ("currents.svg", "close_up.svg"))
    console().print(f"drawings  {files}", markup=False, soft_wrap=True)


def health(
    robot: RobotName,
    model: ModelFile,
    log: Annotated[Path, typer.Option(help="Log to watch, with a load or without.")],
    out: Annotated[Path, typer.Option(help="JSON file for what happened.")],
) -> None:
    """Tell friction that drifts, a load that slips or is lost, and collisions from a joint log."""
    from robolab.jobs.load import robot_of, watch_file

    result, omitted = watch_file(robot_of(robot), model, log, out)
    for line in omitted:
        console(error=True).print(line, markup=False, soft_wrap=True)
    for event in result.events:
        unit = "A" if event.kind in ("friction", "collision") else "kg"
        line = f"{event.kind:9} at {event.time:.2f} s, {event.joint}, {event.change:+.3f} {unit}"
        console().print(line, markup=False, soft_wrap=True)
    if not result.events:
        console().print(f"nothing happened in {result.seconds:.0f} s")
    limits = result.limits
    console().print(
        f"alarms    {limits.per_hour:g} false one of each kind an hour of motion, "
        f"drawn on from {limits.seconds:.0f} s"
    )
    console().print(f"health    {out}", markup=False, soft_wrap=True)
