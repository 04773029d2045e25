"""The job behind `robolab grasp learn`: from nothing to a network that judges grasps, with the figures it reaches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from robolab.core.files import new_folder, write_bytes, write_json, write_text
from robolab.grasp.network import GraspNetwork
from robolab.grasp.planner import ByNetwork, GraspPlanner, by_geometry
from robolab.grasp.policy import KIND, RECIPE, WEIGHTS
from robolab.grasp.score import Score, cleared_piles, score
from robolab.grasp.teach import Attempts, gather, together, train, tried_by_geometry
from robolab.learning import weights
from robolab.learning.card import hardware
from robolab.learning.sitting import Sitting, folder_of
from robolab.tasks.clear_case import ASIDE, LEARN, TEST, random_items

CARD, METRICS = "CARD.md", "metrics.json"
_UNSEEN = 100_000
"""Number of the first pile of objects that none has learned from."""


@dataclass(frozen=True)
class GraspLesson:
    """Attributes:
    rounds: Of attempts; after each the network is taught anew by all so far, and chooses the next ones.
    piles: Of five objects in each round.
    steps: Of gradient after the last round; earlier ones take fewer.
    aside: Piles of objects set aside, to watch the rounds by.
    unseen: Piles of objects that none has learned from, for the figures.
    """

    rounds: int = 3
    piles: int = 100
    steps: int = 3000
    aside: int = 20
    unseen: int = 40
    seed: int = 0


def learn_grasp(
    out: Path,
    lesson: GraspLesson,
    progress: Callable[[str], None] = lambda _: None,
    resume: bool = False,
) -> dict[str, Any]:
    """Learn to grasp from own attempts, and write the folder whole or not at all.

    Attempts and training are kept beside `out`; a run that was broken off goes on from there.

    Returns:
        What `metrics.json` holds.
    Raises:
        OutputError: the folder cannot be written, or holds something else.
        WeightsError: what is kept is of another lesson, or damaged.
    """
    sitting = Sitting(folder_of(out), {"grasp": asdict(lesson)}, resume)
    with new_folder(out, replaces=RECIPE) as folder:
        network, rounds = _rounds(sitting, lesson, sitting.clock.heard(progress))
        progress(f"clear {lesson.unseen} unseen piles")
        metrics = {
            "unseen": {
                name: _figures(GraspPlanner(judge), TEST, lesson.unseen, lesson.seed)._asdict()
                for name, judge in (("learned", ByNetwork(network)), ("geometry", by_geometry))
            },
            "rounds": rounds,
            "minutes": sitting.clock.seconds() / 60.0,
            "hardware": hardware(),
        }
        write_bytes(folder / WEIGHTS, weights.to_bytes(network.state_dict()))
        recipe = {"kind": KIND, "lesson": asdict(lesson)}
        write_text(folder / RECIPE, yaml.safe_dump(recipe, sort_keys=False))
        write_json(folder / METRICS, metrics)
        write_text(folder / CARD, card(lesson, metrics))
    sitting.end()
    return metrics


def _rounds(
    sitting: Sitting, lesson: GraspLesson, progress: Callable[[str], None]
) -> tuple[GraspNetwork, list[dict[str, Any]]]:
    planner = GraspPlanner(tried_by_geometry)
    parts: list[Attempts] = []
    told: list[dict[str, Any]] = []
    network = GraspNetwork()
    for stage in range(lesson.rounds):
        fresh = gather(sitting, stage, planner, LEARN, lesson.piles, lesson.seed, progress)
        parts += fresh
        every = together(parts)
        steps = lesson.steps * (stage + 1) // lesson.rounds
        network = train(sitting, f"network_{stage}", every, steps, lesson.seed, progress)
        planner = GraspPlanner(ByNetwork(network))
        progress(f"round {stage + 1}: clear {lesson.aside} piles set aside")
        told.append(
            {
                "attempts": len(every.held),
                "held": float(np.mean(together(fresh).held)),
                "aside": _figures(planner, ASIDE, lesson.aside, lesson.seed)._asdict(),
            }
        )
    return network, told


def _figures(planner: GraspPlanner, numbers: Sequence[int], piles: int, seed: int) -> Score:
    found = cleared_piles(
        planner,
        lambda rng: random_items(rng, numbers),
        range(_UNSEEN, _UNSEEN + piles),
        seed,
    )
    return score(found)


def card(lesson: GraspLesson, metrics: dict[str, Any]) -> str:
    """Return what the network is for, how it was made and what it reaches, in Markdown."""
    rows = [
        f"| {name} | {one['cleared']:.1%} | {one['emptied']:.0%} | {one['hits']:.1%} of {one['attempts']} |"
        for name, one in metrics["unseen"].items()
    ]
    rounds = [
        f"| {k + 1} | {one['attempts']} | {one['held']:.1%} | {one['aside']['cleared']:.1%} | {one['aside']['hits']:.1%} |"
        for k, one in enumerate(metrics["rounds"])
    ]
    return f"""# Grasps of objects that nobody has described

Says of a grasp from straight above, by what a depth camera sees of it, how likely it is to hold. See docs/grasp.md.

## How to make it again

    robolab grasp learn --out policies/grasp --rounds {lesson.rounds} --piles {lesson.piles} --steps {lesson.steps} --aside {lesson.aside} --unseen {lesson.unseen} --seed {lesson.seed}

Took {metrics["minutes"]:.0f} minutes by the clock, these figures included. A run that is broken off goes on with `--resume`.

## {metrics["unseen"]["learned"]["piles"]} piles of five of objects 800 to 899, which none has learned from

| judged by | objects cleared | piles emptied | attempts that held |
|---|---|---|---|
{chr(10).join(rows)}

`geometry` is the same candidates, best antipodal score first, on the same piles. A pile ends after three failures in
succession.

## Rounds

| round | attempts so far | held, of its own | objects set aside cleared | attempts at them that held |
|---|---|---|---|---|
{chr(10).join(rounds)}

Objects 0 to 699 were learned from, 700 to 799 set aside.
"""
