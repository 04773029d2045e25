"""How good predictions of a yes or no are: accuracy, area under the curve, and whether the odds are honest."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import rankdata

from robolab.core.transforms import Array

_BINS = 10


def accuracy(probability: Array, truth: np.ndarray) -> float:
    """Share that is on the right side of one half."""
    return float(np.mean((probability > 0.5) == truth))


def area_under_curve(score: Array, truth: np.ndarray) -> float | None:
    """Chance that a true one scores above a false one, ties counting half; None if there is but one kind.

    References: Hanley and McNeil (1982).
    """
    yes = int(truth.sum())
    no = len(truth) - yes
    if not yes or not no:
        return None
    ranks = rankdata(score)
    return float((ranks[truth].sum() - yes * (yes + 1) / 2.0) / (yes * no))


def calibration(probability: Array, truth: np.ndarray) -> dict[str, Any]:
    """Return the mean squared error of probabilities, and by tenths what was said, what came, and how often.

    The tenths' mean distance between the two, weighted by how often, is `error`.
    """
    which = np.minimum((probability * _BINS).astype(int), _BINS - 1)
    rows = [(which == k, k) for k in range(_BINS)]
    bins = [
        {
            "said": float(probability[row].mean()),
            "came": float(truth[row].mean()),
            "n": int(row.sum()),
        }
        for row, _ in rows
        if row.any()
    ]
    error = sum(one["n"] * abs(one["said"] - one["came"]) for one in bins) / len(truth)
    return {
        "brier": float(np.mean((probability - truth) ** 2)),
        "error": error,
        "tenths": bins,
    }
