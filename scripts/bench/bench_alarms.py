"""How often something is told that has not happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from scipy.special import gammaincinv

HOUR = 3600.0
SURE = 0.95


def rates(told: Sequence[str], seconds: float) -> dict[str, Any]:
    """Return how often each kind was told falsely, with a one-sided bound on its rate per hour.

    The bound is a Poisson rate's: one under which as few would be told with a chance of 5 % (Garwood, 1936).

    Args:
        told: Kinds of what was told.
        seconds: Motion that was watched [s].
    """
    counts, hours = Counter(told), seconds / HOUR
    kinds = ("lost", "gained", "slip", "collision", "friction")
    return {
        kind: {
            "told": counts[kind],
            "per_hour": counts[kind] / hours if hours else None,
            "at_most_per_hour": float(gammaincinv(counts[kind] + 1.0, SURE)) / hours
            if hours
            else None,
        }
        for kind in kinds
    }
