"""How a policy does on problems it has not seen, every curve checked exactly."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from robolab.core.transforms import Array
from robolab.learning.exact import checker_for
from robolab.learning.policy import Policy
from robolab.learning.problems import Pairs
from robolab.learning.rank import rank
from robolab.learning.refine import refine
from robolab.trajectory.polynomial import from_bernstein

REFINING_STEPS = 30
_REFINED = 3


def evaluate(policy: Policy, pairs: Pairs) -> dict[str, Any]:
    """Measure the share of problems that the network solves alone, and with refinement.

    Returns:
        Shares, latencies [s], and how many problems a straight line solves.
    """
    alone, refined, straight, seconds = 0, 0, 0, []
    for row in range(len(pairs)):
        one = pairs.take(np.array([row]))
        checker = checker_for(policy.cell, one.situations, 0)
        start, goal = one.start[0].astype(float), one.goal[0].astype(float)
        straight += checker.segment_free(start, goal)
        began = time.perf_counter()
        points = policy.propose(start, goal[None], one.situations)
        order, _ = rank(points, one.situations, policy.objective)
        solved = any(checker.curve_free(from_bernstein(points[g, k])) for g, k in order)
        seconds.append(time.perf_counter() - began)
        alone += solved
        refined += solved or _refined(policy, points, order, one, checker)
    total = max(len(pairs), 1)
    return {
        "problems": len(pairs),
        "straight_line_free": straight / total,
        "solved_by_network_alone": alone / total,
        "solved_with_refinement": refined / total,
        "seconds_median": float(np.median(seconds)) if seconds else 0.0,
        "seconds_95": float(np.percentile(seconds, 95)) if seconds else 0.0,
    }


def _refined(policy: Policy, points: Array, order: np.ndarray, one: Pairs, checker: Any) -> bool:
    best = points[:, [k for _, k in order[:_REFINED]]]
    better = refine(best, one.situations, policy.objective, REFINING_STEPS)
    better = policy.exact_ends(better, best[0, 0, 0], best[:, 0, -1])
    return any(checker.curve_free(from_bernstein(curve)) for curve in better[0])
