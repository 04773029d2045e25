"""The job behind `robolab train mixed_pallet`: from nothing to a pick policy, by its own attempts in simulation.

An attempt is a way that was tried, whether all went well, and how long it took. Nobody labels anything. Attempts are
kept pallet by pallet, so that a run that was broken off goes on where it was.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from robolab.core.files import new_folder, write_bytes, write_json, write_text
from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.jobs.pallet_cell import SCENES, PalletCell, pallet_cell
from robolab.jobs.pallet_episode import Episode
from robolab.jobs.pallet_evaluate import perfect, summary
from robolab.learning import weights
from robolab.learning.card import hardware
from robolab.learning.pick_policy import HURRY, RECIPE, WEIGHTS, LearnedPick, PickNetwork, train
from robolab.learning.sitting import Sitting
from robolab.tasks.pallet_case import LEVELS, draw_pallet
from robolab.tasks.pallet_choice import FEATURES, Option
from robolab.tasks.pallet_faces import View
from robolab.tasks.pallet_policy import PickPolicy

METRICS, CARD = "metrics.json", "CARD.md"
_PALLET_SECONDS = 5.0
"""Of one core for a pallet, about [s]."""
_HURRIES = (HURRY, 0.3)
"""What a second may be worth against the chance to go well; the best on pallets set aside is taken."""


@dataclass(frozen=True)
class PickLesson:
    """Attributes:
    rounds: Times that a network is taught anew. pallets: Emptied in each round, of both cells in turn.
    aside: Pallets of the split set aside, for the curve and for what a second is worth.
    """

    rounds: int = 3
    pallets: int = 10
    aside: int = 5
    seed: int = 0


def lesson_of(minutes: float, seed: int) -> PickLesson:
    """Return the lesson that takes about so long on one core; the same minutes give the same lesson."""
    pallets = max(round(minutes * 60.0 / _PALLET_SECONDS), 6)
    return PickLesson(pallets=max(pallets // 6, 2), aside=max(pallets // 12, 2), seed=seed)


@dataclass(frozen=True)
class Attempts:
    """Features (n, FEATURES), whether it went well (n,), and seconds (n,)."""

    features: Array
    well: Array
    seconds: Array


class _Curious:
    """Takes a random way now and then."""

    def __init__(self, policy: PickPolicy | None, share: float, rng: np.random.Generator) -> None:
        self._policy, self._share, self._rng = policy, share, rng

    def scores(self, features: Array) -> Array:
        """See `PickPolicy`."""
        if self._policy is None or self._rng.uniform() < self._share:
            return self._rng.uniform(size=len(features))
        return self._policy.scores(features)


def learn_picks(
    out: Path, lesson: PickLesson, progress: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Teach a policy and write its folder whole or not at all.

    Returns:
        What `metrics.json` holds.
    Raises:
        OutputError: the folder cannot be written, or holds something else.
    """
    kept = Sitting.by_itself(out, asdict(lesson)).folder
    cells = [pallet_cell(name) for name in SCENES]
    network: PickNetwork | None = None
    curve: list[dict[str, Any]] = []
    for k in range(lesson.rounds):
        policy = None if network is None else LearnedPick(network)
        for i in range(lesson.pallets):
            progress(f"round {k + 1} of {lesson.rounds}, pallet {i + 1} of {lesson.pallets}")
            _attempt(kept / f"attempts-{k:02d}-{i:03d}.json", cells[i % 2], policy, k, i, lesson)
        attempts = _gathered(kept, k)
        network = train(attempts.features, attempts.well, attempts.seconds, lesson.seed)
        said = _tried_aside(kept / f"aside-{k:02d}.json", cells, LearnedPick(network), lesson)
        curve.append({"attempts": len(attempts.well), "well": float(attempts.well.mean()), **said})
    assert network is not None, "a lesson has a round"
    progress("choose what a second is worth")
    hurry, chosen = _hurry(kept, cells, network, lesson)
    metrics = {
        "curve": curve,
        "aside": chosen,
        "hurry": hurry,
        "attempts": len(_gathered(kept, lesson.rounds).well),
        "cpu_minutes": _spent(kept) / 60.0,
        "hardware": hardware(),
    }
    _write(out, lesson, network, metrics)
    shutil.rmtree(kept, ignore_errors=True)
    return metrics


def _attempt(
    file: Path, cell: PalletCell, policy: PickPolicy | None, k: int, i: int, lesson: PickLesson
) -> None:
    """Empty one pallet and keep all attempts; done already, do nothing."""
    if file.is_file():
        return
    began = time.process_time()
    number = lesson.seed * 100_000 + k * 1000 + i
    rng = stream(lesson.seed, "pick", "curious", k, i)
    pallet = draw_pallet(LEVELS[i // 2 % len(LEVELS)], number, "train", cell.kind)
    rows: list[list[float | None]] = []

    def watch(view: View, option: Option, well: bool, seconds: float) -> None:
        rows.append([*option.features.tolist(), float(well), seconds if well else None])

    Episode(cell, pallet, _Curious(policy, 0.5 / (k + 1), rng), perfect(number), watch).run()
    write_json(file, {"attempts": rows, "cpu": time.process_time() - began})


def _gathered(kept: Path, last: int) -> Attempts:
    """All attempts of rounds up to one."""
    files = [f for f in sorted(kept.glob("attempts-*.json")) if int(f.name.split("-")[1]) <= last]
    rows = [
        row for file in files for row in json.loads(file.read_text(encoding="utf-8"))["attempts"]
    ]
    table = np.array(rows, dtype=float)
    n = len(FEATURES)
    return Attempts(table[:, :n], table[:, n], table[:, n + 1])


def _tried_aside(
    file: Path, cells: list[PalletCell], policy: PickPolicy, lesson: PickLesson
) -> dict[str, Any]:
    """Empty pallets set aside; done already, return what was kept."""
    if not file.is_file():
        began = time.process_time()
        tallies = [
            Episode(
                cells[i % 2],
                draw_pallet(
                    LEVELS[i // 2 % 3], lesson.seed * 100_000 + i, "aside", cells[i % 2].kind
                ),
                policy,
                perfect(i),
            ).run()
            for i in range(lesson.aside)
        ]
        write_json(file, {**summary(tallies), "cpu": time.process_time() - began})
    said: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return said


def _hurry(
    kept: Path, cells: list[PalletCell], network: PickNetwork, lesson: PickLesson
) -> tuple[float, dict[str, Any]]:
    """Return what a second is worth on the pallets set aside, and what is reached there."""
    files = [kept / f"hurry-{h:g}.json" for h in _HURRIES]
    files[0] = (
        kept / f"aside-{lesson.rounds - 1:02d}.json"
    )  # the last of the curve was with the first
    tried = [
        (h, _tried_aside(file, cells, LearnedPick(network, h), lesson))
        for h, file in zip(_HURRIES, files, strict=True)
    ]

    def worth(said: dict[str, Any]) -> tuple[float, float]:
        trouble = said["drops"] + said["collisions"] + said["interventions"] + said["double_picks"]
        return said["moved"] - trouble, said["cases_per_hour"]

    return max(tried, key=lambda one: worth(one[1]))


def _spent(kept: Path) -> float:
    """Processor time that attempts and trials took, over all sittings [s]."""
    files = [*kept.glob("attempts-*.json"), *kept.glob("aside-*.json"), *kept.glob("hurry-*.json")]
    return sum(float(json.loads(file.read_text(encoding="utf-8"))["cpu"]) for file in files)


def _write(out: Path, lesson: PickLesson, network: PickNetwork, metrics: dict[str, Any]) -> None:
    recipe = {"kind": "picks", "hurry": metrics["hurry"], "lesson": asdict(lesson)}
    with new_folder(out, replaces=RECIPE) as folder:
        write_bytes(folder / WEIGHTS, weights.to_bytes(network.state_dict()))
        write_text(folder / RECIPE, yaml.safe_dump(recipe, sort_keys=False))
        write_json(folder / METRICS, metrics)
        write_text(folder / CARD, card(lesson, metrics))


def card(lesson: PickLesson, metrics: dict[str, Any]) -> str:
    """Return what the policy is for, how it was made and what it reaches, in Markdown."""
    rows = [
        f"| {of['attempts']} | {of['well']:.1%} | {of['moved']} of {of['cases']} | {of['interventions']} | {of['drops']} | {of['cases_per_hour']:.0f} |"
        for of in metrics["curve"]
    ]
    aside = metrics["aside"]
    return f"""# Picks from mixed pallets

Ranks the ways to take a case from a mixed pallet, by how likely they go well and how long they take. One policy for both
cells, `mixed_pallet` and `mixed_pallet_large`. See docs/mixed_pallet.md.

## How to make it again

    robolab train mixed_pallet --seed {lesson.seed} --out policies/depalletise

From nothing: {metrics["attempts"]} attempts of its own on pallets of the training split. Took {metrics["cpu_minutes"]:.1f} minutes of one core. A run that is broken off goes on where it was.

## Learning curve, on {lesson.aside} pallets set aside, with perfect perception

| attempts | of them went well | moved | calls for a person | drops | cases an hour |
|---|---|---|---|---|---|
{chr(10).join(rows)}

With {metrics["hurry"]:g} of a chance for a second, the best of {", ".join(f"{h:g}" for h in _HURRIES)}: {aside["moved"]} of {aside["cases"]} moved,
{aside["cases_per_hour"]:.0f} an hour. What it reaches on unseen pallets: docs/mixed_pallet.md.
"""
