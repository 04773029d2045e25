"""The job behind `robolab see tune`: a taught network, tuned on a few pallets of new prints, with what that gains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from robolab.core.files import new_folder, write_bytes, write_json, write_text
from robolab.learning import weights
from robolab.learning.card import hardware
from robolab.learning.sitting import Sitting, folder_of
from robolab.sight.figures import figures
from robolab.sight.network import DISTILLED, WEIGHTS, LearnedEdges, load_edges
from robolab.sight.tune import Tuning, tune
from robolab.tasks.pallet_case import Split

RECIPE, METRICS, CARD = "recipe.yaml", "metrics.json", "CARD.md"
NEW: Split = "unseen"
_KNOWN: Split = "train"
_TRIAL_SEED = 1000
"""Of the pallets that are tried before and after: none of the examples."""


def see_tune(
    policy: Path,
    out: Path,
    how: Tuning,
    tried: int,
    resume: bool,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Tune a taught network on examples of the unseen prints, and say what that gains there and costs on known ones.

    Args:
        policy: Folder of `robolab see learn`.
        out: Folder like it, for the tuned one; the small network goes along as it is.
        tried: Other pallets to try it on, two photos of each, before and after.
    Returns:
        What `metrics.json` holds.
    Raises:
        WeightsError: the taught networks, or what was kept, are missing or damaged.
        OutputError: the folder cannot be written, or holds something else.
    """
    small = load_edges(policy, "distilled").taught
    sitting = Sitting(folder_of(out), {"what": "tuned sight", **asdict(how)}, resume)
    large = tune(load_edges(policy).taught, NEW, how, sitting, progress)
    metrics: dict[str, Any] = {"cpu_minutes": sitting.clock.cpu_seconds() / 60.0}
    edges = {"before": load_edges(policy), "tuned": LearnedEdges(large)}
    metrics |= {
        "tried": {"pallets": tried, "photos": 2 * tried, "seed": _TRIAL_SEED},
        "new_prints": figures(edges, range(tried), _TRIAL_SEED, progress, NEW),
        "known_prints": figures(edges, range(tried), _TRIAL_SEED, progress, _KNOWN),
        "hardware": hardware(),
    }
    with new_folder(out, replaces=RECIPE) as folder:
        write_bytes(folder / WEIGHTS, weights.to_bytes(large.state_dict()))
        write_bytes(folder / DISTILLED, weights.to_bytes(small.state_dict()))
        write_text(folder / RECIPE, yaml.safe_dump({"tuning": asdict(how)}, sort_keys=False))
        write_json(folder / METRICS, metrics)
        write_text(folder / CARD, card(how, metrics))
    sitting.end()
    return metrics


def card(how: Tuning, metrics: dict[str, Any]) -> str:
    """Return how the network was tuned and what that gained, in Markdown."""
    rows = [
        f"| {prints.replace('_', ' ')} | {name} | {of['precision']:.3f} | {of['recall']:.3f} |"
        for prints in ("new_prints", "known_prints")
        for name, of in metrics[prints].items()
    ]
    return f"""# Network that tells faces of cases apart, tuned on new prints

Tuned by `robolab see tune` on {how.pallets} pallets of the unseen prints and {how.known} known ones, {how.views} photos of each,
{how.steps} steps; {metrics["cpu_minutes"]:.1f} minutes of processor time. Tried on {metrics["tried"]["photos"]} photos of
{metrics["tried"]["pallets"]} other pallets of the same prints. The small network is the one before.

| prints | network | precision | recall |
|---|---|---|---|
{chr(10).join(rows)}
"""
