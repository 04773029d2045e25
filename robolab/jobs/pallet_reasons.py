"""Why a way was ranked first: what each feature of it added, against the mean of the other ways."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.tasks.pallet_choice import FEATURES
from robolab.tasks.pallet_policy import PickPolicy

_POINTS = 24
"""On the straight line between the mean of the others and the way."""
_STEP = 1e-3
_NOTHING = 1e-6
"""What adds less has no part in it."""


@dataclass(frozen=True)
class Reason:
    """A feature, its value, the mean of the other ways, and what the difference added to the score."""

    feature: str
    value: float
    usual: float
    added: float


def reasons(policy: PickPolicy, features: Array, chosen: int) -> tuple[Reason, ...]:
    """Return what made a way better than the mean of the others, or worse, what mattered most first.

    The score's difference is shared among the features along the straight line from the mean to the way (integrated
    gradients), so that the shares add up to it. Works for any policy that gives scores.

    Args:
        features: Of all ways that were ranked, shape (k, n).
        chosen: Which of them.
    References: Sundararajan, Taly and Yan (2017), Axiomatic attribution for deep networks.
    """
    way = features[chosen]
    others = np.delete(features, chosen, axis=0)
    usual = others.mean(axis=0) if len(others) else np.zeros_like(way)
    added = (way - usual) * _mean_slope(policy, usual, way)
    order = np.argsort(-np.abs(added), kind="stable")
    return tuple(
        Reason(FEATURES[int(k)], float(way[k]), float(usual[k]), float(added[k]))
        for k in order
        if abs(added[k]) > _NOTHING
    )


def _mean_slope(policy: PickPolicy, start: Array, end: Array) -> Array:
    """Mean gradient of the score along a line, by central differences, shape (n,)."""
    n = len(start)
    share = (np.arange(_POINTS) + 0.5) / _POINTS
    line = start + share[:, None] * (end - start)
    steps = _STEP * np.eye(n)
    ahead = (line[:, None] + steps).reshape(-1, n)
    behind = (line[:, None] - steps).reshape(-1, n)
    scores = policy.scores(np.concatenate([ahead, behind]))
    slopes = (scores[: len(ahead)] - scores[len(ahead) :]) / (2.0 * _STEP)
    return np.asarray(slopes, dtype=float).reshape(_POINTS, n).mean(axis=0)
