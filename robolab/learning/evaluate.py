"""How a policy does on problems it has not seen, every curve checked exactly."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from robolab.core.transforms import Array
from robolab.learning.exact import checker_for
from robolab.learning.policy import Policy
from robolab.learning.problems import Pairs
from robolab.learning.rank import rank
from robolab.learning.refine import refine
from robolab.learning.workers import Local, Workers
from robolab.trajectory.polynomial import from_bernstein

REFINING_STEPS = 30
_REFINED = 3
_UNIT = 10


@dataclass(frozen=True)
class Trial:
    """Tries a policy on some of a set of problems; a unit is their row numbers."""

    policy: Policy
    pairs: Pairs

    def __call__(self, unit: range) -> list[tuple[bool, bool, bool, float]]:
        """Of each: free as a straight line, solved alone, solved with refinement, seconds."""
        return [_tried(self.policy, self.pairs.take(np.array([row]))) for row in unit]


def evaluate(policy: Policy, pairs: Pairs, workers: Workers | None = None) -> dict[str, Any]:
    """Measure the share of problems that the network solves alone, and with refinement.

    Returns:
        Shares, latencies [s], and how many problems a straight line solves.
    """
    units = [range(k, min(k + _UNIT, len(pairs))) for k in range(0, len(pairs), _UNIT)]
    parts = (workers or Local()).map(Trial(policy, pairs), units)
    rows = np.array([row for part in parts for row in part], dtype=float).reshape(-1, 4)
    straight, alone, refined, _ = rows.sum(axis=0) / max(len(pairs), 1)
    seconds = rows[:, 3]
    return {
        "problems": len(pairs),
        "straight_line_free": float(straight),
        "solved_by_network_alone": float(alone),
        "solved_with_refinement": float(refined),
        "seconds_median": float(np.median(seconds)) if len(rows) else 0.0,
        "seconds_95": float(np.percentile(seconds, 95)) if len(rows) else 0.0,
    }


def _tried(policy: Policy, one: Pairs) -> tuple[bool, bool, bool, float]:
    checker = checker_for(policy.cell, one.situations, 0)
    start, goal = one.start[0].astype(float), one.goal[0].astype(float)
    straight = checker.segment_free(start, goal)
    began = time.perf_counter()
    points = policy.propose(start, goal[None], one.situations)
    order = rank(points, one.situations, policy.objective).order
    alone = any(checker.curve_free(from_bernstein(points[g, k])) for g, k in order)
    seconds = time.perf_counter() - began
    refined = alone or _refined(policy, points, order, one, checker)
    return bool(straight), alone, refined, seconds


def _refined(policy: Policy, points: Array, order: np.ndarray, one: Pairs, checker: Any) -> bool:
    best = points[:, [k for _, k in order[:_REFINED]]]
    better = refine(best, one.situations, policy.objective, REFINING_STEPS)
    better = policy.exact_ends(better, best[0, 0, 0], best[:, 0, -1])
    return any(checker.curve_free(from_bernstein(curve)) for curve in better[0])
