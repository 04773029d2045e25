"""What perception reaches on pallets never learned from, with the network, with the small one, and without."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from robolab.perception.faces import EdgeNetwork, look
from robolab.sensors.depth_faults import DepthFaults
from robolab.sight.pictures import photos
from robolab.sight.score import Score
from robolab.tasks.pallet_case import Split
from robolab.tasks.pallet_truth import true_faces

GEOMETRY = "geometry"
CONDITIONS: Mapping[str, DepthFaults] = {
    "usual": DepthFaults(),
    "light x 0.1": DepthFaults(light=0.1),
    "light x 10": DepthFaults(light=10.0),
    "camera shakes": DepthFaults(shake_mm=2.0, shake_deg=0.2),
    "base vibrates": DepthFaults(shake_mm=1.0),
}
"""Shaking moves the camera between where it is believed to be and where it is; blur is not drawn."""

_OVER_DECK = 0.05
"""What is not this far above the pallet's deck is no case's top: a cell knows where its pallets stand [m]."""

Tell = Callable[[str], None]


def figures(
    networks: Mapping[str, EdgeNetwork | None],
    numbers: Iterable[int],
    seed: int,
    tell: Tell,
    split: Split = "unseen",
) -> dict[str, Any]:
    """Return precision, recall and errors by network, over photos of pallets of a split in any light.

    Args:
        networks: By name; None for geometry alone.
        numbers: Of the pallets.
    """
    scores = {name: Score() for name in networks}
    times: dict[str, list[dict[str, float]]] = {name: [] for name in networks}
    for number in numbers:
        tell(f"{split} pallet {number}")
        _count(scores, times, networks, seed, split, number, None)
    return {
        name: {**score.figures(), "ms": _medians(times[name])} for name, score in scores.items()
    }


def robustness(
    network: EdgeNetwork, numbers: Iterable[int], seed: int, tell: Tell
) -> dict[str, Any]:
    """Return the same under each of the stated conditions, on the same pallets from the same places."""
    out: dict[str, Any] = {}
    kept = list(numbers)
    for name, faults in CONDITIONS.items():
        tell(name)
        score = {name: Score()}
        for number in kept:
            _count(score, {name: []}, {name: network}, seed, "unseen", number, faults)
        out[name] = score[name].figures()
    return out


def _count(
    scores: Mapping[str, Score],
    times: Mapping[str, list[dict[str, float]]],
    networks: Mapping[str, EdgeNetwork | None],
    seed: int,
    split: Split,
    number: int,
    faults: DepthFaults | None,
) -> None:
    """Add what each network sees on the two photos of one pallet."""
    for pallet, photo in photos(seed, split, number, 2, faults):
        truth = true_faces(pallet.cases, photo)
        for name, network in networks.items():
            seen = look(
                photo.colour,
                photo.depth,
                photo.intrinsics,
                photo.X_world_cam,
                network,
                pallet.deck.top + _OVER_DECK,
            )
            scores[name].add(seen.faces, truth, photo.seen)
            times[name].append({**seen.ms, "all": sum(seen.ms.values())})


def _medians(rows: list[dict[str, float]]) -> dict[str, float]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: float(np.median([row.get(name, 0.0) for row in rows])) for name in names}
