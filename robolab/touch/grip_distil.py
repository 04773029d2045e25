"""Smaller forms of the grip's network, and a tree that stands in for it: taught by what the whole one says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.learning.descent import descend
from robolab.touch.grip_feel import NAMES
from robolab.touch.grip_network import GripNetwork, base_of
from robolab.touch.grip_teach import Lessons
from robolab.touch.tree import stand_in

WIDTH = 12
"""Units of the small network."""
_BATCH, _RATE, _LOOKS = 48, 1e-2, 110
_TRIED = 0.1
"""Share of the lessons that the small network is tried on and never sees."""
_READY = NAMES.index("lifts")


def distil(
    network: GripNetwork, lessons: Lessons, steps: int, seed: int
) -> tuple[GripNetwork, dict[str, float]]:
    """Teach a small network to say what the whole one says; return it with its fidelity on lessons that it never saw."""
    lines, counts = torch.from_numpy(lessons.lines), torch.from_numpy(lessons.counts)
    first = max(round(_TRIED * len(lines)), 1)
    small = GripNetwork(WIDTH).start(torch.Generator().manual_seed(seed + 1))
    optimiser = torch.optim.Adam(small.parameters(), _RATE)
    for step in range(steps):
        rows = torch.from_numpy(stream(seed, "distil", step).integers(first, len(lines), _BATCH))
        for group in optimiser.param_groups:
            group["lr"] = _RATE * 0.5 * (1.0 + np.cos(np.pi * step / steps))
        some = lines[rows, :_LOOKS]
        with torch.no_grad():
            mean, spread, odds = network(some)
        own_mean, own_spread, own_odds = small(some)
        off = ((own_mean - mean) / spread.exp()) ** 2 + (own_spread - spread) ** 2
        slip = nn.functional.binary_cross_entropy_with_logits(
            own_odds, odds.sigmoid(), reduction="none"
        )
        weight = counts[rows, :_LOOKS]
        loss = ((off + slip) * weight).sum() / weight.sum()
        descend(loss, optimiser)
    return small, _fidelity(network, small, lines[:first], counts[:first])


def _fidelity(
    network: GripNetwork, small: GripNetwork, lines: Tensor, counts: Tensor
) -> dict[str, float]:
    with torch.no_grad():
        mean, own = network(lines)[0], small(lines)[0]
    off = (own - mean).abs()[counts > 0]
    return {
        "units": WIDTH,
        "lessons": len(lines),
        "error": float(off.mean()),
        "error_95": float(torch.quantile(off, 0.95)),
    }


def rules(network: GripNetwork, lessons: Lessons, seed: int) -> dict[str, Any]:
    """Grow a tree that says what the network adds to the friction cone as the lift begins, with its fidelity."""
    lines = torch.from_numpy(lessons.lines)
    with torch.no_grad():
        added = (network(lines)[0] - base_of(lines)).numpy()
    ready = (lessons.lines[..., _READY] > 0.5) & (lessons.counts > 0)
    rows = np.flatnonzero(ready.any(axis=1))
    looks = ready[rows].argmax(axis=1)
    features: Array = lessons.lines[rows, looks].astype(np.float64)
    tree, found = stand_in(features, added[rows, looks], NAMES, stream(seed, "tree"))
    return {"text": tree.rules("{:.2f}").splitlines(), "fidelity": found}


def named(forms: Mapping[str, GripNetwork]) -> dict[str, Tensor]:
    """Return all forms' tensors under one roof: the whole one's by their own names, the others' behind theirs."""
    return {
        name if form == "full" else f"{form}.{name}": tensor
        for form, network in forms.items()
        for name, tensor in network.state_dict().items()
    }
