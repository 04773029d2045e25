"""Learn how sure to be of a policy's proposals: try them out on problems of a stream of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.compiled import CompiledChecker
from robolab.learning import logistic
from robolab.learning.certainty import FEATURES, Certainty, Chance, FittedOn
from robolab.learning.exact import checker_for
from robolab.learning.policy import Policy
from robolab.learning.problems import Pairs
from robolab.learning.refine import refine
from robolab.learning.workers import Local, Workers
from robolab.trajectory.polynomial import from_bernstein

_UNIT = 10
REFINING_STEPS, REFINED = 30, 3
_CONSTANT = 1e-6
"""Features that spread less than this are taken as constant."""


@dataclass(frozen=True)
class Experience:
    """What came of proposals.

    Attributes:
        features, free: Of all proposals, shape (m, F) and (m,).
        tried, mended: Features of those that were refined since none was free, and whether that helped, (r, F) and (r,).
    """

    problems: int
    features: Array
    free: np.ndarray
    tried: Array
    mended: np.ndarray


@dataclass(frozen=True)
class _Try:
    """Tries a policy on some of a set of problems; a unit is their row numbers."""

    policy: Policy
    pairs: Pairs

    def __call__(self, unit: range) -> list[tuple[Array, np.ndarray, Array, np.ndarray]]:
        found = [_tried(self.policy, self.pairs.take(np.array([row]))) for row in unit]
        return [one for one in found if one is not None]


def experience(policy: Policy, pairs: Pairs, workers: Workers | None = None) -> Experience:
    """Propose for problems and check every curve exactly; refine where none is free.

    Problems that nothing can solve, since start or goal is not free, are left out.
    """
    units = [range(k, min(k + _UNIT, len(pairs))) for k in range(0, len(pairs), _UNIT)]
    parts = [one for part in (workers or Local()).map(_Try(policy, pairs), units) for one in part]
    none = (np.zeros((0, len(FEATURES))), np.zeros(0, dtype=bool)) * 2
    features, free, tried, mended = (
        np.concatenate([none[k], *(part[k] for part in parts)]) for k in range(4)
    )
    return Experience(len(parts), features, free, tried, mended)


def calibrate(seen: Experience) -> Certainty:
    """Fit both chances to experience; it belongs to no weights yet."""
    return Certainty(
        weights="",
        features=FEATURES,
        proposed=_chance(seen.features, seen.free),
        refined=_chance(seen.tried, seen.mended),
        fitted_on=FittedOn(
            problems=seen.problems, proposals=len(seen.free), refined=len(seen.mended)
        ),
    )


def _chance(features: Array, true: np.ndarray) -> Chance:
    middle, scale = np.zeros(len(FEATURES)), np.ones(len(FEATURES))
    if len(features):
        middle, spread = features.mean(axis=0), features.std(axis=0)
        scale = np.where(spread > _CONSTANT, spread, 1.0)
    weights, bias = logistic.fit((features - middle) / scale, true)
    return Chance(
        middle=tuple(middle.tolist()),
        scale=tuple(scale.tolist()),
        weights=tuple(weights.tolist()),
        bias=bias,
    )


def certainty_figures(certainty: Certainty, seen: Experience) -> dict[str, Any]:
    """How far both chances can be believed, on experience that they were not fitted to."""
    return {
        "fitted_on": certainty.fitted_on.model_dump(),
        "problems": seen.problems,
        "proposed": logistic.figures(certainty(seen.features).proposed, seen.free),
        "refined": logistic.figures(certainty(seen.tried).refined, seen.mended),
    }


def _tried(policy: Policy, one: Pairs) -> tuple[Array, np.ndarray, Array, np.ndarray] | None:
    checker = checker_for(policy.cell, one.situations, 0)
    start, goal = one.start[0].astype(float), one.goal[0].astype(float)
    if not (checker.free(start) and checker.free(goal)):
        return None
    proposals = policy.consider(start, goal[None], one.situations)
    points, ranking = proposals.points, policy.rank(proposals, one.situations)
    free = np.array([checker.curve_free(from_bernstein(curve)) for curve in points[0]])
    best = ranking.order[: 0 if free.any() else REFINED, 1]
    mended = _mended(policy, points[:, best], one, checker)
    features = policy.describe(proposals, one.situations)[0]
    return features, free, features[best], mended


def _mended(policy: Policy, best: Array, one: Pairs, checker: CompiledChecker) -> np.ndarray:
    """Which curves, shape (1, r, degree + 1, n), refining makes free, shape (r,), bool."""
    if not best.shape[1]:
        return np.zeros(0, dtype=bool)
    better = refine(best, one.situations, policy.objective, REFINING_STEPS)
    better = policy.exact_ends(better, best[0, 0, 0], best[:, 0, -1])
    return np.array([checker.curve_free(from_bernstein(curve)) for curve in better[0]])
