"""The job behind `robolab see learn`: from nothing to a network that tells faces apart, with the figures it reaches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from math import isnan
from pathlib import Path
from typing import Any, cast

import yaml

from robolab.core.files import new_folder, write_bytes, write_json, write_text
from robolab.learning import weights
from robolab.learning.card import hardware
from robolab.learning.sitting import Sitting, folder_of
from robolab.sight.figures import GEOMETRY, figures, robustness
from robolab.sight.network import DISTILLED, WEIGHTS, EdgeNet, LearnedEdges
from robolab.sight.teach import Lesson, teach

RECIPE, METRICS, CARD = "recipe.yaml", "metrics.json", "CARD.md"
TRIAL_SEED = 1000
"""Of the pallets that the networks are tried on; they are of the unseen split in any case."""


def see_learn(
    out: Path,
    lesson: Lesson,
    tried: int,
    resume: bool,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Teach the networks, try them on unseen cases and prints, and write the folder whole or not at all.

    Args:
        tried: Pallets to try them on, two photos of each.
        resume: Go on from what a killed run has kept beside the folder.
    Returns:
        What `metrics.json` holds.
    Raises:
        OutputError: the folder cannot be written, or holds something else.
        WeightsError: what was kept is damaged, or of another lesson.
    """
    sitting = Sitting(folder_of(out), {"what": "sight", **asdict(lesson)}, resume)
    large, small = teach(lesson, sitting, progress)
    spent = {
        "minutes": sitting.clock.seconds() / 60.0,
        "cpu_minutes": sitting.clock.cpu_seconds() / 60.0,
    }
    learned = {"full": LearnedEdges(large), "distilled": LearnedEdges(small)}
    metrics = {
        **spent,
        "weights": {
            "full": sum(value.numel() for value in large.parameters()),
            "distilled": sum(value.numel() for value in small.parameters()),
        },
        "tried": {"pallets": tried, "photos": 2 * tried, "seed": TRIAL_SEED},
        "figures": figures({**learned, GEOMETRY: None}, range(tried), TRIAL_SEED, progress),
        "robustness": robustness(learned["full"], range(max(tried // 2, 1)), TRIAL_SEED, progress),
        "hardware": hardware(),
    }
    write_eyes(out, (large, small), {"lesson": asdict(lesson)}, metrics, card(lesson, metrics))
    sitting.end()
    return metrics


def write_eyes(
    out: Path,
    nets: tuple[EdgeNet, EdgeNet],
    recipe: Mapping[str, Any],
    metrics: Mapping[str, Any],
    words: str,
) -> None:
    """Write a folder of the large and the small network, whole or not at all.

    Raises:
        OutputError: the folder cannot be written, or holds something else.
    """
    with new_folder(out, replaces=RECIPE) as folder:
        for file, network in zip((WEIGHTS, DISTILLED), nets, strict=True):
            write_bytes(folder / file, weights.to_bytes(network.state_dict()))
        write_text(folder / RECIPE, yaml.safe_dump(dict(recipe), sort_keys=False))
        write_json(folder / METRICS, _known(metrics))
        write_text(folder / CARD, words)


def _known(value: Any) -> Any:
    """Return figures with None for what is not known: where no face was found, nothing is off by anything."""
    if isinstance(value, Mapping):
        return {key: _known(each) for key, each in cast("Mapping[str, Any]", value).items()}
    return None if isinstance(value, float) and isnan(value) else value


def card(lesson: Lesson, metrics: Mapping[str, Any]) -> str:
    """Return what the networks are for, how they were made and what they reach, in Markdown."""
    rows = [
        f"| {name} | {of['precision']:.3f} | {of['recall']:.3f} | {of['plane_mm_median']:.1f}, {of['plane_mm_95']:.1f} | "
        f"{of['normal_mm_median']:.1f}, {of['normal_mm_95']:.1f} | {of['tilt_deg_median']:.2f}, {of['tilt_deg_95']:.2f} | "
        f"{of['long_mm_median']:.1f}, {of['short_mm_median']:.1f} |"
        for name, of in (*metrics["figures"].items(), *metrics["robustness"].items())
    ]
    times = [
        f"| {name} | " + ", ".join(f"{step} {ms:.0f}" for step, ms in of["ms"].items()) + " |"
        for name, of in metrics["figures"].items()
    ]
    tried = metrics["tried"]
    return f"""# Network that tells faces of cases apart

Says for every second pixel of a colour and depth image how likely a face ends there and a case is there;
`robolab.perception.faces` makes faces of it. What it is and is not: `docs/sight.md`.
{metrics["weights"]["full"]} weights, {metrics["weights"]["distilled"]} in the small one that it has taught.

Made by `robolab see learn` from {lesson.pallets} drawn pallets of the training catalogue, {lesson.views} photos of each, in
{metrics["minutes"]:.0f} minutes by the clock, {metrics["cpu_minutes"]:.1f} of processor time.

## Found

On {tried["photos"]} photos of {tried["pallets"]} pallets of cases and prints never learned from, in light of 0.1 to 10 times the usual,
and on half of them under stated conditions. A face counts as found from an overlap of 0.75 in the image. Errors are median and
95th percentile.

| | precision | recall | in its plane [mm] | along its normal [mm] | tilt [deg] | sides, medians [mm] |
|---|---|---|---|---|---|---|
{chr(10).join(rows)}

## Time

Medians on this machine, as busy as it was [ms]:

| | by step |
|---|---|
{chr(10).join(times)}
"""
