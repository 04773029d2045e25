"""How the rate of learning goes over a training."""

from __future__ import annotations

from math import cos, pi

WARM = 0.1
"""Share of the steps in which the rate grows."""
_LEAST, _LEFT = 0.02, 1e-3


def rate_share(done: float) -> float:
    """Return the share of the largest rate when a share of the steps is done: a slope up, then half a cosine down."""
    if done < WARM:
        return max(done / WARM, _LEAST)
    return 0.5 + 0.5 * cos(pi * (done - WARM) / (1.0 - WARM)) + _LEFT
