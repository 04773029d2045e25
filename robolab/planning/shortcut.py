"""Shorten a path of straight segments in joint space without losing its freedom from collisions."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.compiled import CompiledChecker

_LEAST_GAIN = 1e-6


def shortcut(
    checker: CompiledChecker,
    Q: Array,
    scale: Array,
    rng: np.random.Generator,
    iterations: int = 200,
    margin: float = 0.0,
) -> Array:
    """Replace stretches between random places on the path by straight segments where those are free.

    Args:
        Q: Corners, shape (m, n) [rad].
        scale: Weight of each joint's travel, shape (n,): one over its speed limit measures time.
        iterations: How many segments to try.
        margin: Distance beyond the clearances that new segments must keep [m].
    Returns:
        Corners of a path no longer than the one given, the same ends, shape (k, n).
    References: Geraerts and Overmars (2007), shortcutting.
    """
    Q = _without_needless(checker, Q, margin)
    for _ in range(iterations):
        if len(Q) < 3:
            break
        along = _lengths(Q, scale)
        low, high = np.sort(rng.uniform(0.0, along[-1], 2))
        i, j = (int(np.searchsorted(along, s, side="right")) - 1 for s in (low, high))
        if i == j:
            continue
        a, b = _at(Q, along, i, low), _at(Q, along, j, high)
        gain = (high - low) - np.linalg.norm((b - a) * scale)
        if gain > _LEAST_GAIN and checker.segment_free(a, b, margin):
            Q = np.vstack([Q[: i + 1], a, b, Q[j + 1 :]])
    return _without_needless(checker, Q, margin)


def _lengths(Q: Array, scale: Array) -> Array:
    steps = np.linalg.norm(np.diff(Q, axis=0) * scale, axis=1)
    return np.concatenate([[0.0], np.cumsum(steps)])


def _at(Q: Array, along: Array, i: int, s: float) -> Array:
    return Q[i] + (Q[i + 1] - Q[i]) * (s - along[i]) / max(along[i + 1] - along[i], 1e-12)


def _without_needless(checker: CompiledChecker, Q: Array, margin: float) -> Array:
    """Go from each corner straight to the farthest one that can be reached so."""
    kept = [0]
    while kept[-1] < len(Q) - 1:
        here = kept[-1]
        reachable = (
            j
            for j in range(len(Q) - 1, here + 1, -1)
            if checker.segment_free(Q[here], Q[j], margin)
        )
        kept.append(next(reachable, here + 1))
    return Q[kept]
