"""How a rate of learning rises and falls over a training."""

from __future__ import annotations

from math import cos, pi


def warmed_cosine(done: float, warm: float) -> float:
    """Return the share of the largest rate: a slope up over the first `warm`, then half a cosine down.

    Args:
        done, warm: Shares of all steps, 0 to 1.
    """
    if done < warm:
        return max(done / warm, 0.02)
    return 0.5 + 0.5 * cos(pi * (done - warm) / (1.0 - warm)) + 1e-3
