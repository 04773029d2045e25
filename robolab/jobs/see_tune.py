"""The job behind `robolab see tune`: a taught network, tuned on a few pallets of new prints, with what that gains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from robolab.core.files import content_hash
from robolab.jobs.see_learn import TRIAL_SEED, write_eyes
from robolab.learning.card import hardware
from robolab.learning.sitting import Sitting, folder_of
from robolab.sight.figures import figures
from robolab.sight.network import WEIGHTS, LearnedEdges, load_edges
from robolab.sight.tune import Tuning, tune
from robolab.tasks.pallet_case import Split

_NEW: Split = "unseen"
_KNOWN: Split = "train"


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
    before = load_edges(policy)
    identity = {"what": "tuned sight", "policy": content_hash(policy / WEIGHTS), **asdict(how)}
    sitting = Sitting(folder_of(out), identity, resume)
    large = tune(load_edges(policy).taught, _NEW, how, sitting, progress)
    minutes = sitting.clock.cpu_seconds() / 60.0
    edges = {"before": before, "tuned": LearnedEdges(large)}
    metrics = {
        "cpu_minutes": minutes,
        "tried": {"pallets": tried, "photos": 2 * tried, "seed": TRIAL_SEED},
        "new_prints": figures(edges, range(tried), TRIAL_SEED, progress, _NEW),
        "known_prints": figures(edges, range(tried), TRIAL_SEED, progress, _KNOWN),
        "hardware": hardware(),
    }
    write_eyes(out, (large, small), {"tuning": asdict(how)}, metrics, card(how, metrics))
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
