"""The job behind `robolab evaluate mixed_pallet`: pallets nobody has learned from, emptied one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from robolab.core.assets import shipped
from robolab.core.errors import UnknownName
from robolab.core.rng import stream
from robolab.jobs.pallet_cell import pallet_cell
from robolab.jobs.pallet_episode import Episode
from robolab.jobs.pallet_tally import See, Tally
from robolab.tasks.pallet_case import LEVELS, Case, Level, Pallet, Split, draw_pallet
from robolab.tasks.pallet_faces import View, faces_in_view
from robolab.tasks.pallet_policy import HighestFirst, PickPolicy

PERFECT, CAMERA, GEOMETRY = "perfect", "camera", "geometry"
PERCEPTIONS = (PERFECT, CAMERA, GEOMETRY)
"""The truth a little off; a camera with the shipped network; a camera with geometry alone."""
RULE, DEPALLETISE = "highest_first", "depalletise"
_COUNTS = ("cases", "moved", "drops", "collisions", "interventions", "double_picks")


def policy_of(name: str | Path) -> PickPolicy:
    """Return a policy: the rule to beat, the shipped one, or one from a folder.

    Raises:
        UnknownName: no such policy.
        WeightsError: its weights are damaged.
    """
    if str(name) == RULE:
        return HighestFirst()
    folder = shipped("policies") / name if str(name) == DEPALLETISE else Path(name)
    if not folder.is_dir():
        raise UnknownName("policy", str(name), (RULE, DEPALLETISE, "a policy's folder"))
    from robolab.learning.pick_policy import LearnedPick

    return LearnedPick.load(folder)


def default_policy() -> str:
    """Return the shipped policy's name, or the rule's where none is shipped."""
    return DEPALLETISE if (shipped("policies") / DEPALLETISE).is_dir() else RULE


def evaluate(
    scene: str,
    episodes: int,
    seed: int,
    policy: str | Path,
    split: Split = "unseen",
    levels: Sequence[Level] = LEVELS,
    perception: str = PERFECT,
    advance: Callable[[float, float], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Empty pallets of all levels in turn; return counts, rates, and failures by cause.

    Args:
        episodes: How many pallets; number k is drawn by `seed` + k.
        perception: One of `PERCEPTIONS`.
    Raises:
        UnknownName: no such policy or perception.
    """
    cell, chosen, see_of = pallet_cell(scene), policy_of(policy), _seeing(perception)
    tallies: list[tuple[Pallet, Tally]] = []
    for k in range(episodes):
        pallet = draw_pallet(levels[k % len(levels)], seed + k, split, cell.kind)
        tallies.append((pallet, Episode(cell, pallet, chosen, see_of(pallet)).run()))
        advance(k + 1.0, float(episodes))
    return {
        **summary([tally for _, tally in tallies]),
        "scene": scene,
        "policy": str(policy),
        "perception": perception,
        "split": split,
        "episodes": episodes,
        "seed": seed,
        "levels": {level: summary([t for p, t in tallies if p.level == level]) for level in levels},
        "causes": causes(tallies),
        "pallets": [_row(pallet, tally) for pallet, tally in tallies],
    }


def film_of(
    scene: str, seed: int, policy: str | Path, perception: str, level: Level = "mixed"
) -> bytes:
    """Return a film strip of one unseen pallet, as PNG."""
    from robolab.jobs.pallet_film import film

    cell = pallet_cell(scene)
    pallet = draw_pallet(level, seed, "unseen", cell.kind)
    return film(cell, pallet, policy_of(policy), _seeing(perception)(pallet))[0]


def _seeing(perception: str) -> Callable[[Pallet], See]:
    if perception == PERFECT:
        return lambda pallet: perfect(pallet.seed)
    if perception not in PERCEPTIONS:
        raise UnknownName("perception", perception, PERCEPTIONS)
    from robolab.jobs.pallet_camera import camera, edges

    network = edges() if perception == CAMERA else None
    return lambda pallet: camera(pallet.deck, pallet.seed, network)


def perfect(seed: int) -> See:
    """Return what sees every case that a camera above could, a little off."""

    def see(cases: Sequence[Case], look: int) -> View:
        return View(faces_in_view(cases, stream(seed, "pallet", "perfect", look)))

    return see


def summary(tallies: Sequence[Tally]) -> dict[str, Any]:
    """Return counts over pallets, and cases an hour of simulated time."""
    counts = {name: sum(getattr(tally, name) for tally in tallies) for name in _COUNTS}
    seconds = sum(tally.seconds for tally in tallies)
    least = min((t.shortest_carry for t in tallies if t.moved), default=0.0)
    return {
        **counts,
        "cases_per_hour": round(3600.0 * counts["moved"] / max(seconds, 1e-9), 1),
        "perception_ms": round(
            1e3 * float(np.mean([t for one in tallies for t in one.looking] or [0.0])), 1
        ),
        "simulated_seconds": round(seconds, 2),
        "shortest_carry_m": round(least, 3),
    }


def causes(tallies: Sequence[tuple[Pallet, Tally]]) -> dict[str, dict[str, Any]]:
    """Return what went wrong, most frequent first, each with the pallets on which it did."""
    total = Counter[str]()
    for _, tally in tallies:
        total.update(tally.causes)
    return {
        cause: {
            "count": count,
            "pallets": [f"{p.level}:{p.seed}" for p, t in tallies if t.causes[cause]][:20],
        }
        for cause, count in total.most_common()
    }


def _row(pallet: Pallet, tally: Tally) -> dict[str, Any]:
    counts = {name: asdict(tally)[name] for name in _COUNTS}
    rate = 3600.0 * tally.moved / max(tally.seconds, 1e-9)
    return {"level": pallet.level, "seed": pallet.seed, **counts, "cases_per_hour": round(rate, 1)}
