"""Learn how sure to be of a policy's proposals from what came of them on problems of a stream of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from robolab.core.transforms import Array
from robolab.learning import logistic
from robolab.learning.certainty import FEATURES, Certainty, Chance, FittedOn
from robolab.learning.trial import Outcome

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


def experience(tried: Sequence[Outcome]) -> Experience:
    """Gather all proposals of trials.

    Problems that nothing can solve, since start or goal is not free, are left out.
    """
    fair = [one for one in tried if one.solvable]
    features, truth = np.zeros((0, len(FEATURES))), np.zeros(0, dtype=bool)
    return Experience(
        problems=len(fair),
        features=np.concatenate([features, *(one.features for one in fair)]),
        free=np.concatenate([truth, *(one.free for one in fair)]),
        tried=np.concatenate([features, *(one.features[one.tried] for one in fair)]),
        mended=np.concatenate([truth, *(one.mended for one in fair)]),
    )


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
