"""Train a policy for a scene within a time budget, and leave a whole policy folder or none."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from robolab.core.errors import BadInput
from robolab.core.files import content_hash, new_folder, write_text
from robolab.learning import checkpoint
from robolab.learning.calibrate import calibrate, certainty_figures, experience
from robolab.learning.card import CURVES, hardware, write_card
from robolab.learning.cell import Cell, cell_digest, cell_of
from robolab.learning.checkpoint import Home, Kept, Progress
from robolab.learning.evaluate import figures
from robolab.learning.identity import METRICS, MINUTES
from robolab.learning.learning_curve import drawing, read_curve, stopped_improving
from robolab.learning.policy import RECIPE, Policy, read, write
from robolab.learning.pools import gather_pool
from robolab.learning.problem_sets import calibration_pairs, held_out_pairs, source_of, unseen_sets
from robolab.learning.problems import Pool
from robolab.learning.processor import layout_of
from robolab.learning.recipe import Recipe
from robolab.learning.scalars import Scalars
from robolab.learning.session import HeldOut, Orders, Say, Session
from robolab.learning.sitting import folder_of
from robolab.learning.trainer import Trainer
from robolab.learning.trial import Outcome, outcomes
from robolab.learning.warm_start import warm_start
from robolab.learning.workers import Local, Workers
from robolab.robots import load_robot
from robolab.scene.spec import SceneSpec

_THREADS = 2


def _ignore(*_: object) -> None:
    """Nobody wants to be told."""


@dataclass(frozen=True)
class Options:
    """What a run may be given besides its scene, time and seed.

    Attributes:
        resume: Go on from what an interrupted run left, or from the finished policy in the folder.
        warm: Folder of another cell's policy to begin with.
        compare: A policy's folder or its metrics, whose learning curve the card shows beside this run's.
        log: Folder for TensorBoard's files; each policy is a run in it.
        workers: Who draws problems and evaluates; this process if nobody else.
        say: Told in words how the run gets on.
        advance: Told the seconds used and the seconds in all, after every step.
    """

    resume: bool = False
    warm: Path | None = None
    compare: Path | None = None
    log: Path | None = None
    workers: Workers = field(default_factory=Local)
    say: Say = _ignore
    advance: Callable[[float, float], None] = _ignore


@dataclass(frozen=True)
class _Run:
    """One training run: what was asked, and the cell it is for."""

    cell: Cell
    out: Path
    seconds: float
    seed: int
    recipe: Recipe
    options: Options

    @property
    def folder(self) -> Path:
        return folder_of(self.out)

    @property
    def identity(self) -> dict[str, Any]:
        return {
            "scene": self.cell.scene.name,
            "cell": cell_digest(self.cell.scene, self.cell.robot),
            "recipe": content_hash(self.recipe.model_dump_json()),
            "seed": self.seed,
        }


def train_policy(
    scene: SceneSpec,
    out: Path,
    minutes: float,
    seed: int,
    recipe: Recipe | None = None,
    options: Options | None = None,
) -> Path:
    """Train a policy for a scene; its folder appears only when it is whole.

    The state is kept beside `out` at least once a minute: after an interruption, `resume` goes on from it.

    Args:
        minutes: Time for collecting problems and training together; the final figures come on top.
    Returns:
        The policy's folder.
    Raises:
        SceneError: the scene has no work volume, or it cannot be reached.
        WeightsError: the state to resume from is damaged, of another run or another version, or the
            policy to begin with cannot be used.
        WorkersError: the workers are gone; the state is kept.
        OutputError: the folder cannot be written.
    """
    torch.set_num_threads(min(_THREADS, torch.get_num_threads()))
    options = options or Options()
    began = time.monotonic()
    cell = cell_of(scene, load_robot(scene.robot, scene.folder))
    run = _Run(cell, out, minutes * 60.0, seed, recipe or recipe_for(scene), options)
    # What can be refused is read first, before hours or files are spent on it.
    kept = checkpoint.kept(run.folder, run.identity) if options.resume else None
    finished = _finished(run) if options.resume and kept is None else None
    compared = _compared(options)
    if options.warm is not None:
        read(options.warm)
    pool = _pool(run, kept)
    trainer, past = _begin(run, kept or finished, pool, began)
    done = _train(run, trainer, past, checkpoint.save_pool(run.folder, pool))
    options.say("measuring on unseen problems")
    _finish(run, trainer, done, compared, time.monotonic())
    checkpoint.forget(run.folder)
    return out


def _compared(options: Options) -> dict[str, Any] | None:
    if options.compare is None:
        return None
    path = options.compare
    return {"name": path.name if path.is_dir() else path.stem, "curve": read_curve(path)}


def _pool(run: _Run, kept: Kept | None) -> Pool:
    """The poses to draw problems from: a resumed run keeps its own."""
    if kept:
        return kept.pool()
    run.options.say("collecting problems")
    room = run.recipe.pool_share * run.seconds
    return gather_pool(run.cell, run.recipe.pool, run.seed, run.options.workers, room)


def _begin(
    run: _Run, past: Kept | Progress | None, pool: Pool, began: float
) -> tuple[Trainer, Progress]:
    """Make the trainer as the run left it, or as it starts; and how far it has come."""
    cell, recipe, options = run.cell, run.recipe, run.options
    layout = past.layout if isinstance(past, Kept) else layout_of(cell, pool.flat)
    source = source_of(cell, pool, recipe)
    trainer = Trainer(cell, recipe, layout, source, run.seed, options.workers)
    if isinstance(past, Kept):
        past.restore(trainer)
        options.say(f"going on from step {past.step}")
        return trainer, past.progress
    if past is not None:
        _warm(run, trainer, run.out)
        trainer.step_count = trainer.warm_from = int(past.curve[-1][1])
        return trainer, past
    if options.resume:
        options.say("nothing to resume from; begins anew")
    origin = _warm(run, trainer, options.warm) if options.warm else None
    return trainer, Progress(time.monotonic() - began, (), origin)


def _warm(run: _Run, trainer: Trainer, folder: Path) -> dict[str, Any]:
    recipe, layout = run.recipe, trainer.processor.layout
    taken = warm_start(folder, run.cell, recipe, layout, trainer.network)
    trainer.average.load_state_dict(trainer.network.state_dict())
    run.options.say(f"begins with {taken}")
    return {**asdict(taken), "told": str(taken)}


def _finished(run: _Run) -> Progress | None:
    """How far the finished policy in the folder has come, if there is one.

    Raises:
        WeightsError: it is for another cell, or damaged.
        BadInput: it has had all the time that was asked for.
    """
    if not (run.out / RECIPE).is_file():
        return None
    Policy.load(run.out, run.cell.scene, run.cell.robot)
    curve = tuple(read_curve(run.out / METRICS))
    minutes = curve[-1][0] / 60.0
    if curve[-1][0] >= run.seconds:
        raise BadInput(
            f"the policy has had {minutes:.3g} minutes already, and they count",
            file=run.out,
            field="--minutes",
            value=run.seconds / 60.0,
            expected=f"more than {minutes:.3g}",
        )
    return Progress(curve[-1][0], curve)


def _train(run: _Run, trainer: Trainer, past: Progress, pool: str) -> Progress:
    options = run.options
    held_out = HeldOut.of(trainer, held_out_pairs(run.cell, run.recipe))
    after = trainer.step_count if past.curve else -1
    log = Scalars(options.log / run.out.name, after) if options.log else None
    with closing(log) if log else nullcontext():
        home = Home(run.folder, run.identity, pool)
        orders = Orders(home, run.seconds, options.workers, options.say, options.advance, log)
        return Session(trainer, held_out, orders, past).go()


def recipe_for(scene: SceneSpec) -> Recipe:
    """The recipe for a scene's kind: among ever new surroundings the network looks and corrects more often."""
    if scene.randomisation.furniture is None:
        return Recipe()
    return Recipe(width=512, corrections=3, carrying=0.0, placed=0.0)


def with_certainty(
    policy: Policy, tried: Sequence[Outcome], workers: Workers
) -> tuple[Policy, dict[str, Any]]:
    """Learn how sure to be of a policy's proposals.

    Args:
        tried: What came of the policy on other problems.
    Returns:
        The policy with that, and how far it can be believed on `tried`.
    """
    pairs = calibration_pairs(policy.cell, policy.recipe)
    certainty = calibrate(experience(outcomes(policy, pairs, workers)))
    # No more than it was fitted to, whether or not more was tried.
    seen = experience(tried[: policy.recipe.calibration])
    return replace(policy, certainty=certainty), certainty_figures(certainty, seen)


def _finish(
    run: _Run, trainer: Trainer, done: Progress, compared: dict[str, Any] | None, began: float
) -> None:
    cell, recipe, workers = run.cell, run.recipe, run.options.workers
    policy = Policy.build(cell, recipe, trainer.processor.layout)
    policy.network.load_state_dict(trainer.average.state_dict())

    tried = {
        name: outcomes(policy, pairs, workers) for name, pairs in unseen_sets(cell, recipe).items()
    }
    found: dict[str, Any] = {name: figures(of) for name, of in tried.items()}
    together = [outcome for of in tried.values() for outcome in of]
    policy, found["certainty"] = with_certainty(policy, together, workers)
    told = {
        "command": _command(run),
        "minutes": run.seconds / 60.0,
        "seed": run.seed,
        "steps": trainer.step_count,
    }
    metrics = {
        **found,
        MINUTES: (done.elapsed + time.monotonic() - began) / 60.0,
        "learning_curve": done.curve,
        "stopped_improving_at": stopped_improving(done.curve),
        **({"warm_start": done.origin} if done.origin else {}),
        **({"compared": compared} if compared else {}),
        "hardware": hardware() | {"work done by": str(workers)},
    }
    with new_folder(run.out, replaces=RECIPE) as staged:
        write(staged, policy, told, metrics, write_card(cell, told, metrics))
        if compared:
            mine = "warm start" if done.origin else "this policy"
            curves = {mine: done.curve, compared["name"]: compared["curve"]}
            write_text(staged / CURVES, drawing(curves))


def _command(run: _Run) -> str:
    words = (
        f"robolab train {run.cell.scene.name} --minutes {run.seconds / 60.0:g} --seed {run.seed}"
    )
    return f"{words} --warm-start {run.options.warm.name}" if run.options.warm else words
