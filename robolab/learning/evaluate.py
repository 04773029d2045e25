"""How a policy does on problems it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from robolab.learning.trial import Outcome


def figures(tried: Sequence[Outcome]) -> dict[str, Any]:
    """Sum up trials: the share of problems that the network solves alone, and with refinement.

    Returns:
        Shares, latencies [s], and how many problems a straight line solves.
    """
    count = max(len(tried), 1)
    alone = [bool(one.free.any()) for one in tried]
    refined = [bool(one.free.any() or one.mended.any()) for one in tried]
    seconds = [one.seconds for one in tried] or [0.0]
    return {
        "problems": len(tried),
        "straight_line_free": sum(one.straight for one in tried) / count,
        "solved_by_network_alone": sum(alone) / count,
        "solved_with_refinement": sum(refined) / count,
        "seconds_median": float(np.median(seconds)),
        "seconds_95": float(np.percentile(seconds, 95)),
    }
