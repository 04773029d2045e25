"""Fine-tuning: a few pallets of prints that the network has not met, beside some of those that it learned from.

The known ones keep what was learned; the scales of batches, which a few photos would spoil, stay as they are. The small
network is not tuned: taught anew by the tuned one on so few photos, it lost a point on prints set aside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from robolab.learning.sitting import Sitting
from robolab.sight.network import EdgeNet
from robolab.sight.teach import Album, Course, album_of, descended
from robolab.tasks.pallet_case import Split

_FIRST = 10_000
"""Number of the first example: none of those that a network is tried on, whatever the seed."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Tuning:
    """How a network is tuned.

    Attributes:
        pallets: Examples of the new prints. known: Pallets of the training split beside them.
        views: Photos of each. rate: Largest; a sixth of what is learned with from nothing.
    """

    pallets: int = 5
    known: int = 5
    views: int = 6
    steps: int = 600
    rate: float = 5e-4
    seed: int = 0


def tune(network: EdgeNet, split: Split, how: Tuning, sitting: Sitting, tell: Tell) -> EdgeNet:
    """Tune a taught network, in place.

    Args:
        split: Whose prints are new.
    Raises:
        WeightsError: what was kept is damaged.
        OutputError: the state cannot be written.
    """
    album = cache(lambda: _both(split, how, tell))
    course = Course("tuned", how.steps, how.seed, how.rate)
    return descended(network.eval(), course, album, sitting, tell).requires_grad_(False)


def _both(split: Split, how: Tuning, tell: Tell) -> Album:
    """Photos of the examples and of known pallets."""
    new = album_of(how.seed, split, range(_FIRST, _FIRST + how.pallets), how.views, tell)
    if how.known == 0:
        return new
    known = album_of(how.seed, "train", range(_FIRST, _FIRST + how.known), how.views, tell)
    return np.concatenate([new[0], known[0]]), np.concatenate([new[1], known[1]])
