"""`robolab evaluate`: empty unseen pallets and count what happens."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from robolab.cli.console import SceneName, Seed, console, progress_bar

EXAMPLE = "robolab evaluate mixed_pallet --episodes 10 --seed 1000 --out pallets.json"

Policy = Annotated[
    str | None,
    typer.Option(
        help="depalletise, highest_first (the rule to beat), or a policy's folder; without it, "
        "depalletise where that is shipped, else the rule."
    ),
]
Perception = Annotated[
    str, typer.Option(help="camera, geometry (a camera without the network), or perfect.")
]
Levels = Annotated[
    list[str] | None,
    typer.Option("--level", help="easy, mixed or hard, or several in turn; without it, all three."),
]
Film = Annotated[
    Path | None,
    typer.Option(
        help="PNG for film strips of the first pallet of each level: what is found, and what is taken."
    ),
]
Report = Annotated[
    Path | None,
    typer.Option(help="HTML page: films, choices and why, failures by cause, where time goes."),
]
Programs = Annotated[
    Path | None,
    typer.Option(help="Folder for each move as a verified program, for every controller."),
]
Light = Annotated[
    float, typer.Option(min=0.01, max=100.0, help="Light, in times of a hall's usual light.")
]
CameraShake = Annotated[
    float,
    typer.Option(min=0.0, max=50.0, help="How far the camera moves from frame to frame [mm]."),
]
BaseShake = Annotated[
    float, typer.Option(min=0.0, max=50.0, help="How far the arm's base vibrates [mm].")
]
Workers = Annotated[
    int, typer.Option(min=0, max=256, help="Processes that empty pallets; the result is the same.")
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on from the pallets that a killed run has kept.")
]


def command(
    scene: SceneName,
    out: Annotated[Path, typer.Option(help="JSON file for counts, rates and failures by cause.")],
    episodes: Annotated[
        int, typer.Option(min=1, help="Pallets: easy, mixed and hard in turn.")
    ] = 10,
    seed: Seed = 0,
    policy: Policy = None,
    perception: Perception = "camera",
    level: Levels = None,
    film: Film = None,
    report: Report = None,
    programs: Programs = None,
    light: Light = 1.0,
    camera_shake: CameraShake = 0.0,
    base_shake: BaseShake = 0.0,
    workers: Workers = 0,
    resume: Resume = False,
) -> None:
    """Empty pallets that nobody has learned from, and count cases, drops, collisions and calls for a person."""
    from robolab.jobs.pallet_evaluate import FILM, NONE, PAGE, Exam, default_policy
    from robolab.jobs.pallet_floor import Floor
    from robolab.jobs.pallet_results import Outputs, hold
    from robolab.tasks.pallet_case import LEVELS

    page, strip = report is not None, film is not None
    exam = Exam(
        scene,
        episodes,
        seed,
        policy or default_policy(),
        perception,
        levels=tuple(level or LEVELS),  # pyright: ignore[reportArgumentType]  # checked by the exam
        floor=Floor(light, camera_shake, base_shake),
        shown=PAGE if page else FILM if strip else NONE,
        troubles=PAGE.troubles if page else 0,
        programs=programs is not None,
    )
    outputs = Outputs(out, film, report, programs)
    with progress_bar(f"evaluate {scene}") as (say, advance):
        result = hold(exam, outputs, workers, resume, say, advance)
    _print(result, outputs.out)
    for name, path in (("film", film), ("report", report), ("programs", programs)):
        if path is not None:
            console().print(f"{name:<10}{path}", markup=False, soft_wrap=True)


def _print(result: dict[str, Any], out: Path) -> None:
    screen = console()
    screen.print(
        f"moved     {result['moved']} of {result['cases']} cases, {result['cases_per_hour']:.0f} an hour"
    )
    for name in ("drops", "collisions", "interventions", "double_picks"):
        screen.print(f"{name.replace('_', ' '):<14}{result[name]}")
    for cause, of in result["causes"].items():
        screen.print(f"  {of['count']:>4} {cause}", markup=False)
    if "programs" in result:
        of = result["programs"]
        screen.print(f"programs  {of['verified']} of {of['picks']} picks verified")
    screen.print(f"result    {out}", markup=False, soft_wrap=True)
