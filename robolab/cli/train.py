"""`robolab train`: a planner network for one cell, or what empties mixed pallets."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robolab.cli.console import SceneName, Seed, console, progress, progress_bar

if TYPE_CHECKING:
    from robolab.learning.workers import Workers

EXAMPLE = "robolab train ur10e_transfer --minutes 10 --out policies/ur10e_transfer"


Minutes = Annotated[
    float,
    typer.Option(min=0.01, help="How long to train, all sittings of a resumed run together."),
]
Out = Annotated[
    Path | None, typer.Option(help="Folder for the policy; without it, policies/SCENE.")
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Go on from what an interrupted run has left, or from the finished policy in the folder.",
    ),
]
WarmStart = Annotated[
    Path | None,
    typer.Option(help="Begin with what the policy in this folder, of another cell, has learned."),
]
Compare = Annotated[
    Path | None,
    typer.Option(
        help="A policy's folder or metrics.json: the card shows its learning curve beside this run's."
    ),
]
Log = Annotated[Path | None, typer.Option(help="Folder for TensorBoard's files (extra `train`).")]
WorkerCount = Annotated[
    int,
    typer.Option(
        min=0,
        help="Processes on this machine that draw problems and evaluate beside the gradient steps. "
        "The problems are the same for any number of them.",
    ),
]
Address = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Have a Ray cluster do that (extra `cluster`): HOST:PORT, ray://HOST:PORT or auto.",
    ),
]


def command(
    scene: SceneName,
    minutes: Minutes = 10.0,
    seed: Seed = 0,
    out: Out = None,
    resume: Resume = False,
    warm_start: WarmStart = None,
    compare: Compare = None,
    log: Log = None,
    workers: WorkerCount = 0,
    cluster: Address = None,
) -> None:
    """Train the network that plans in a scene's cell, by gradients through kinematics and distances.

    For scenes of mixed pallets, train what picks the next case, from the outcomes of its own attempts.
    """
    from robolab.jobs.pallet_cell import SCENES
    from robolab.learning.train import Options, train_policy
    from robolab.scene.load import load_scene

    if scene in SCENES:
        given = {"--resume": resume, "--warm-start": warm_start, "--compare": compare, "--log": log}
        _learn_picks(minutes, seed, out, given | {"--workers": workers, "--cluster": cluster})
        return
    spec = load_scene(scene)
    folder = out or Path("policies") / spec.name
    with (
        closing(_workers(workers, cluster)) as hands,
        progress_bar(f"train {spec.name}") as (say, advance),
    ):
        options = Options(resume, warm_start, compare, log, hands, say, advance)
        train_policy(spec, folder, minutes, seed, options=options)
    console().print(f"policy    {folder}", markup=False, soft_wrap=True)


def _learn_picks(minutes: float, seed: int, out: Path | None, given: Mapping[str, object]) -> None:
    """Teach what empties mixed pallets; the planner's options are not for it."""
    from robolab.core.errors import BadInput
    from robolab.jobs.pallet_learn import learn_picks, lesson_of

    for option, value in given.items():
        if value:
            raise BadInput(
                "is for scenes with a planner, not for mixed pallets",
                field=option,
                value=str(value),
                expected="--minutes, --seed and --out alone; what was broken off is gone on with by itself",
            )

    folder = out or Path("policies/depalletise")
    with progress("learn to pick") as say:
        metrics = learn_picks(folder, lesson_of(minutes, seed), say)
    aside = metrics["aside"]
    console().print(
        f"aside     {aside['moved']} of {aside['cases']} moved, {aside['cases_per_hour']:.0f} an hour"
    )
    console().print(f"policy    {folder}", markup=False, soft_wrap=True)


def _workers(count: int, cluster: str | None) -> Workers:
    from robolab.core.errors import BadInput
    from robolab.learning.workers import Local, Processes

    if cluster is None:
        return Processes(count) if count else Local()
    if count:
        raise BadInput(
            "goes without a cluster only",
            field="--workers",
            value=count,
            expected="--cluster alone",
        )
    from robolab.learning.ray_workers import RayCluster

    return RayCluster(cluster)
