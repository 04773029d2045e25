"""`robolab run`: the whole way, from a scene file to a verified program and its report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robolab.cli.console import SceneName, Seed, console, progress
from robolab.core.errors import BadInput

if TYPE_CHECKING:
    from robolab.jobs.live_run import LiveResult
    from robolab.jobs.run import RunResult

Adapt = Annotated[
    bool,
    typer.Option(
        "--adapt",
        help="Feel what is lifted, and time what follows for that: the scene's masses are not looked at.",
    ),
]
Policy = Annotated[
    Path | None,
    typer.Option(help="Folder of a trained policy; without it, the shipped one if there is one."),
]
Live = Annotated[
    bool,
    typer.Option(
        "--live", help="Do the job while what has a track in the scene moves, planning anew."
    ),
]
LoadModelFile = Annotated[
    Path | None,
    typer.Option(
        help="From `robolab load identify`: the physics' arm is like that real one; with --adapt, loads are felt by its currents."
    ),
]
Waypoints = Annotated[Path | None, typer.Option(help="Joint log whose standstills become the job.")]
Track = Annotated[
    bool, typer.Option(help="Run the program in the physics as part of verification.")
]
SecondOpinion = Annotated[
    bool,
    typer.Option("--second-opinion", help="Replay the program in MuJoCo too, and compare."),
]
Watch = Annotated[
    str | None,
    typer.Option(help="What tells --live of what moves: tracks (without it) or camera."),
]
EXAMPLE = "robolab run ur10e_transfer --seed 7 --out runs/demo"


def command(
    scene: SceneName,
    out: Annotated[Path, typer.Option(help="Folder for report, programs and log.")],
    seed: Seed = 0,
    waypoints: Waypoints = None,
    policy: Policy = None,
    track: Track = True,
    second_opinion: SecondOpinion = False,
    adapt: Adapt = False,
    load_model: LoadModelFile = None,
    live: Live = False,
    watch: Watch = None,
) -> None:
    """Plan a scene's job, verify the program, run it in the physics, and export it."""
    if live:
        others = {"--waypoints": waypoints, "--policy": policy, "--load-model": load_model}
        flags = {"--adapt": adapt, "--second-opinion": second_opinion}
        _refuse_beside("--live", {**others, **{name: on or None for name, on in flags.items()}})
        _live(scene, out, seed, track, watch or "tracks")
        return
    if watch is not None:
        raise BadInput("is for live runs", field="--watch", value=watch, expected="--live with it")
    if adapt:
        _refuse_beside("--adapt", {"--waypoints": waypoints})
    from robolab.jobs.run import run_scene

    with progress(f"run {scene}") as say:
        result = run_scene(
            scene,
            seed=seed,
            out=out,
            waypoints=waypoints,
            policy=policy,
            track=track,
            second_opinion=second_opinion,
            adapt=adapt,
            load_model=load_model,
            progress=say,
        )
    _tell(result, out)
    if not result.report.verified:
        raise typer.Exit(1)


def _refuse_beside(asked: str, others: dict[str, Path | bool | None]) -> None:
    """Say which option was given that has no meaning beside another."""
    for option, value in others.items():
        if value is not None:
            raise BadInput(f"cannot be used with {asked}", field=option, value=str(value))


def _live(scene: str, out: Path, seed: int, track: bool, watch: str) -> None:
    from robolab.jobs.live_run import run_live

    with progress(f"run {scene} live") as say:
        live = run_live(scene, seed=seed, out=out, watch=watch, track=track, progress=say)
    _tell_live(live)
    _tell(live.result, out)
    if not live.result.report.verified:
        raise typer.Exit(1)


def _tell_live(live: LiveResult) -> None:
    screen, done, nearest = console(), live.executed, live.nearest
    words = "[bold green]reached[/]" if done.done else "[bold yellow]stopped[/]"
    screen.print(f"{words}   {len(done.reached)} of {live.tasks} places in {done.motion.end:.2f} s")
    touch = "touches" if nearest.contact else f"{nearest.distance * 1e3:.0f} mm from"
    screen.print(f"nearest   {nearest.link} {touch} {nearest.body} at {nearest.time:.2f} s")
    times = ", ".join(
        f"{name.removeprefix('replanning, ')} {seconds * 1e3:.1f} ms"
        for name, seconds in live.result.seconds.items()
        if name.startswith("replanning")
    )
    screen.print(f"replans   {live.replans} of {len(done.decisions)} plans; wall time {times}")


def _tell(result: RunResult, out: Path) -> None:
    from robolab.jobs.adapt_report import headline as adapt_headline
    from robolab.jobs.second_opinion import headline

    screen = console()
    if result.report.verified:
        screen.print(f"[bold green]verified[/] in {result.program.duration:.2f} s cycle time")
        screen.print(f"took      {_took(result)}")
    else:
        screen.print("[bold red]not verified[/], nothing is exported")
        for line in result.report.explain():
            screen.print(f"  {line}", markup=False, soft_wrap=True)
    if result.adaptation is not None:
        line = adapt_headline(result.adaptation)
        screen.print(f"loads     {line}", markup=False, soft_wrap=True)
    if result.opinion is not None:
        line = headline(result.opinion, result.program)
        screen.print(f"engines   {line}", markup=False, soft_wrap=True)
    screen.print(f"report    {out / 'report.html'}", markup=False, soft_wrap=True)
    for name, export in result.exports.items():
        files = ", ".join(str(out / file) for file in export.files)
        text = f"refused: {export.refused}" if export.refused else files
        screen.print(f"{name:9} {text}", markup=False, soft_wrap=True)


def _took(result: RunResult) -> str:
    # Names with a comma are of single plans, which are in the stage that made them already.
    run = sum(seconds for name, seconds in result.seconds.items() if "," not in name)
    if result.training is None:
        return f"{run:.1f} s from scene file to verified program"
    minutes = (result.training + run) / 60.0
    parts = f"{result.training / 60.0:.1f} min to train the policy, {run:.1f} s for the rest"
    return f"{minutes:.1f} min from scene file to verified program: {parts}"
