"""What ranks the ways to take a case: a rule, or something learned."""

from __future__ import annotations

from typing import Protocol

from robolab.core.transforms import Array
from robolab.tasks.pallet_choice import FEATURES

_BELOW, _BESIDE, _OVER = (
    FEATURES.index(name) for name in ("below highest", "beside the middle", "tool over others")
)


class PickPolicy(Protocol):
    """Ranks ways to take cases."""

    def scores(self, features: Array) -> Array:
        """Return how good each way is, higher is better.

        Args:
            features: Shape (k, len(FEATURES)).
        Returns:
            Shape (k,).
        """
        ...


class HighestFirst:
    """The rule to beat: the highest face first, held in its middle."""

    def scores(self, features: Array) -> Array:
        """See `PickPolicy`."""
        return -features[:, _BELOW] - 0.5 * features[:, _BESIDE] - 5.0 * features[:, _OVER]
