"""Train a policy for a scene within a time budget, and leave a whole policy folder or none."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from robolab.core.files import content_hash, new_folder
from robolab.core.rng import stream
from robolab.learning import checkpoint
from robolab.learning.card import hardware, write_card
from robolab.learning.cell import Cell, cell_digest, cell_of
from robolab.learning.checkpoint import Progress
from robolab.learning.evaluate import evaluate
from robolab.learning.policy import Policy, write
from robolab.learning.problems import Pairs, PairSource, Pool, build_pool
from robolab.learning.processor import layout_of
from robolab.learning.recipe import Recipe
from robolab.learning.trainer import Trainer
from robolab.robots import load_robot
from robolab.scene.spec import SceneSpec

_THREADS = 2
_SAVE_EVERY = 45.0
_REPORT_EVERY = 10.0
_POINTS = 48
_TEST_POSES = 400
_LEAST_STEPS = 2

Say = Callable[[str], None]


@dataclass(frozen=True)
class Run:
    """What one training run is told."""

    scene: SceneSpec
    out: Path
    seconds: float
    seed: int
    recipe: Recipe
    say: Say


def train_policy(
    scene: SceneSpec,
    out: Path,
    minutes: float,
    seed: int,
    resume: bool = False,
    progress: Say = lambda _: None,
    recipe: Recipe | None = None,
) -> Path:
    """Train a policy for a scene; its folder appears only when it is whole.

    The state is kept beside `out` at least once a minute: after an interruption, `resume` goes on from it.

    Args:
        minutes: Time for collecting problems and training together; the final figures come on top.
        progress: Told in words how the run gets on.
    Returns:
        The policy's folder.
    Raises:
        SceneError: the scene has no work volume, or it cannot be reached.
        WeightsError: the state to resume from is damaged or of another run.
        OutputError: the folder cannot be written.
    """
    torch.set_num_threads(min(_THREADS, torch.get_num_threads()))
    recipe = recipe or Recipe()
    run = Run(scene, out, minutes * 60.0, seed, recipe, progress)
    began = time.monotonic()
    cell = cell_of(scene, load_robot(scene.robot, scene.folder))
    progress("collecting problems")
    room = recipe.pool_share * run.seconds
    pool = build_pool(cell, recipe.pool, stream(seed, "pool"), room)
    past = checkpoint.stored_layout(checkpoint.folder_of(out)) if resume else None
    trainer = Trainer(cell, recipe, past or layout_of(cell, pool.flat), pool, seed)
    done = _train(run, trainer, resume, time.monotonic() - began)
    progress("measuring on unseen problems")
    _finish(run, trainer, done)
    _forget(checkpoint.folder_of(out))
    return out


def _train(run: Run, trainer: Trainer, resume: bool, spent: float) -> Progress:
    folder, identity = checkpoint.folder_of(run.out), _identity(run, trainer.cell)
    began = saved = told = time.monotonic()
    held_out = _held_out(trainer, run.recipe)
    past = checkpoint.restore(folder, trainer, identity) if resume else None
    before, curve = (past.elapsed, list(past.curve)) if past else (spent, [])
    costs: list[float] = []
    first = trainer.step_count

    def now() -> Progress:
        return Progress(before + time.monotonic() - began, tuple(curve))

    try:
        while (elapsed := now().elapsed) < run.seconds or trainer.step_count < first + _LEAST_STEPS:
            costs.append(trainer.step(elapsed / run.seconds).loss)
            if time.monotonic() - told > _REPORT_EVERY:
                told = time.monotonic()
                curve.append(_report(run, trainer, held_out, elapsed, costs))
                costs = []
            if time.monotonic() - saved > _SAVE_EVERY:
                saved = time.monotonic()
                checkpoint.save(folder, trainer, now(), identity)
    except KeyboardInterrupt:
        checkpoint.save(folder, trainer, now(), identity)
        run.say("interrupted; the state is kept, --resume goes on from it")
        raise
    curve.append(_report(run, trainer, held_out, now().elapsed, costs or [0.0]))
    checkpoint.save(folder, trainer, now(), identity)
    return now()


def _held_out(trainer: Trainer, recipe: Recipe) -> Pairs:
    rng = stream(0, "held out")
    pool = build_pool(trainer.cell, min(recipe.pool, _TEST_POSES), rng)
    source = PairSource(
        trainer.cell, pool, recipe.free_share, recipe.carrying, recipe.placed, recipe.near
    )
    return source.draw(recipe.held_out, rng)


def _report(
    run: Run, trainer: Trainer, held_out: Pairs, elapsed: float, costs: list[float]
) -> tuple[float, float, float, float]:
    with torch.inference_mode():
        verdict = trainer.judge(trainer.average, held_out, np.linspace(0.0, 1.0, _POINTS))
    solved = verdict.free.any(1).float().mean().item()
    cost = float(np.mean(costs))
    run.say(
        f"{elapsed:.0f} of {run.seconds:.0f} s, step {trainer.step_count}, cost {cost:.3f}, "
        f"{solved:.1%} of held-out problems solved"
    )
    return elapsed, float(trainer.step_count), cost, solved


def unseen_pairs(cell: Cell, count: int, carrying: bool, seed: int = 0) -> Pairs:
    """Problems from a stream of their own, that no training run draws from.

    With empty hands goals are any solutions of their poses, the movable objects stand where the scene may draw them,
    and at most 40 % are joined by a free straight line.
    """
    rng = stream(seed, "unseen", "carrying" if carrying else "empty")
    pool: Pool = build_pool(cell, _TEST_POSES, rng)
    share, near = (1.0, 1.0) if carrying else (0.0, 0.0)
    return PairSource(cell, pool, 0.4, share, 0.0, near).draw(count, rng)


def _finish(run: Run, trainer: Trainer, done: Progress) -> None:
    cell, recipe = trainer.cell, run.recipe
    policy = Policy.build(cell, recipe, trainer.processor.layout)
    policy.network.load_state_dict(trainer.average.state_dict())
    figures: dict[str, Any] = {"unseen": evaluate(policy, unseen_pairs(cell, recipe.unseen, False))}
    if cell.movables and recipe.carrying > 0.0:
        figures["carrying"] = evaluate(policy, unseen_pairs(cell, recipe.unseen // 2, True))
    command = f"robolab train {run.scene.name} --minutes {run.seconds / 60.0:g} --seed {run.seed}"
    told = {
        "command": command,
        "minutes": run.seconds / 60.0,
        "seed": run.seed,
        "steps": trainer.step_count,
    }
    metrics = {**figures, "learning_curve": done.curve, "hardware": hardware()}
    with new_folder(run.out, replaces="recipe.yaml") as staged:
        write(staged, policy, told, metrics, write_card(cell, told, metrics))


def _identity(run: Run, cell: Cell) -> dict[str, Any]:
    return {
        "scene": run.scene.name,
        "cell": cell_digest(run.scene, cell.robot),
        "recipe": content_hash(run.recipe.model_dump_json()),
        "seed": run.seed,
    }


def _forget(folder: Path) -> None:
    for path in folder.glob("*"):
        path.unlink()
    if folder.is_dir():
        folder.rmdir()
