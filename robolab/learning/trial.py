"""Try a policy on problems, every curve checked exactly: what its figures and its certainty are both made of."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.compiled import CompiledChecker
from robolab.learning.exact import checker_for
from robolab.learning.policy import Policy
from robolab.learning.problems import Pairs
from robolab.learning.rank import rank
from robolab.learning.refine import refine
from robolab.learning.workers import Local, Workers
from robolab.trajectory.polynomial import from_bernstein

REFINING_STEPS = 30
_REFINED = 3
"""Proposals that are refined where none is free."""
_UNIT = 10


@dataclass(frozen=True)
class Outcome:
    """What came of a policy's K proposals for one problem.

    Attributes:
        solvable: Whether start and goal are free; nothing solves it where they are not.
        straight: Whether the straight line in joint space is free.
        seconds: To propose, rank, and check up to the first that is free [s].
        features: What certainty goes by, shape (K, F).
        free: Which proposals are free as they are, shape (K,), bool.
        tried: Which were refined since none is free, the most promising first, shape (r,).
        mended: Whether that made them free, shape (r,), bool.
    """

    solvable: bool
    straight: bool
    seconds: float
    features: Array
    free: np.ndarray
    tried: np.ndarray
    mended: np.ndarray


@dataclass(frozen=True)
class _Trial:
    """Tries a policy on some of a set of problems; a unit is their row numbers."""

    policy: Policy
    pairs: Pairs

    def __call__(self, unit: range) -> list[Outcome]:
        return [_tried(self.policy, self.pairs.take(np.array([row]))) for row in unit]


def outcomes(policy: Policy, pairs: Pairs, workers: Workers | None = None) -> list[Outcome]:
    """Try a policy on all problems, in their order; proposals count by how they look, not by how sure it is."""
    units = [range(k, min(k + _UNIT, len(pairs))) for k in range(0, len(pairs), _UNIT)]
    parts = (workers or Local()).map(_Trial(policy, pairs), units)
    return [outcome for part in parts for outcome in part]


def _tried(policy: Policy, one: Pairs) -> Outcome:
    checker = checker_for(policy.cell, one.situations, 0)
    start, goal = one.start[0].astype(float), one.goal[0].astype(float)
    straight = bool(checker.segment_free(start, goal))
    began = time.perf_counter()
    proposals = policy.consider(start, goal[None], one.situations)
    points = proposals.points[0]
    order = rank(proposals.points, one.situations, policy.objective).order[:, 1]
    first = next((row for row, k in enumerate(order) if _free(checker, points[k])), len(order))
    seconds = time.perf_counter() - began
    free = np.zeros(len(points), dtype=bool)
    free[order[first : first + 1]] = True
    for k in order[first + 1 :]:
        free[k] = _free(checker, points[k])
    best = order[: 0 if free.any() else _REFINED]
    return Outcome(
        solvable=bool(checker.free(start) and checker.free(goal)),
        straight=straight,
        seconds=seconds,
        features=policy.describe(proposals, one.situations)[0],
        free=free,
        tried=best,
        mended=_mended(policy, points[best], one, checker),
    )


def _mended(policy: Policy, best: Array, one: Pairs, checker: CompiledChecker) -> np.ndarray:
    """Which curves, shape (r, degree + 1, n), refining makes free, shape (r,), bool."""
    if not len(best):
        return np.zeros(0, dtype=bool)
    better = refine(best[None], one.situations, policy.objective, REFINING_STEPS)
    better = policy.exact_ends(better, best[0, 0], best[:1, -1])
    return np.array([_free(checker, curve) for curve in better[0]])


def _free(checker: CompiledChecker, points: Array) -> bool:
    return bool(checker.curve_free(from_bernstein(points)))
