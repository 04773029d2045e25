"""Logistic regression, and figures on how far its chances can be believed."""

from __future__ import annotations

from typing import Any

import numpy as np

from robolab.core.transforms import Array

_STEPS = 50
_RIDGE, _RIDGE_BIAS = 2.0, 0.5
"""Pull of weights and bias to zero, so that a few trials that went well make nobody certain."""
_EDGES = (0.0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 1.0)


def fit(x: Array, y: np.ndarray) -> tuple[Array, float]:
    """Fit weights, shape (F,), and bias by Newton's method.

    Args:
        x: Standardised features, shape (m, F); m may be 0, which leaves a chance of one half.
        y: What came true, shape (m,), bool.
    References: Hastie, Tibshirani, Friedman (2009), section 4.4.1, with a ridge.
    """
    design = np.hstack([x, np.ones((len(x), 1))])
    pull = np.append(np.full(x.shape[1], _RIDGE), _RIDGE_BIAS)
    theta = np.zeros(len(pull))
    loss = _loss(design, y, theta, pull)
    for _ in range(_STEPS):
        p = _chance(design @ theta)
        slope = design.T @ (p - y) + pull * theta
        curvature = (design * (p * (1.0 - p))[:, None]).T @ design + np.diag(pull)
        step = np.linalg.solve(curvature, slope)
        # Halved until it helps: far from the optimum a whole step can overshoot.
        while (new := _loss(design, y, theta - step, pull)) > loss and np.max(np.abs(step)) > 1e-9:
            step = step / 2.0
        theta, loss = theta - step, new
        if np.max(np.abs(step)) < 1e-9:
            break
    return theta[:-1], float(theta[-1])


def figures(p: Array, y: np.ndarray) -> dict[str, Any]:
    """Brier score, that of the base rate, area under the curve, and a reliability table.

    Args:
        p: Chances, shape (m,). y: What came true, shape (m,), bool.
    """
    if not len(y):
        return {"count": 0, "share": None, "brier": None, "brier_of_share": None, "auc": None, "table": []}  # fmt: skip
    share = float(np.mean(y))
    return {
        "count": len(y),
        "share": share,
        "brier": float(np.mean((p - y) ** 2)),
        "brier_of_share": share * (1.0 - share),
        "auc": area_under_curve(p, y),
        "table": _table(p, y),
    }


def area_under_curve(p: Array, y: np.ndarray) -> float | None:
    """Chance that something true was given a higher p than something false; None without both."""
    true, false = np.sort(p[y]), p[~y]
    if not true.size or not false.size:
        return None
    below = np.searchsorted(true, false, side="left")
    upto = np.searchsorted(true, false, side="right")
    return float(np.mean(1.0 - (below + upto) / (2.0 * true.size)))


def _table(p: Array, y: np.ndarray) -> list[list[float]]:
    """Rows: from, to, how many, mean chance, share that came true; empty bins are left out."""
    place = np.clip(np.digitize(p, _EDGES) - 1, 0, len(_EDGES) - 2)
    rows: list[list[float]] = []
    for k in range(len(_EDGES) - 1):
        here = place == k
        if here.any():
            said, was = float(np.mean(p[here])), float(np.mean(y[here]))
            rows.append([_EDGES[k], _EDGES[k + 1], int(here.sum()), said, was])
    return rows


def _chance(score: Array) -> Array:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * score)))


def _loss(design: Array, y: np.ndarray, theta: Array, pull: Array) -> float:
    score = design @ theta
    return float(np.sum(np.logaddexp(0.0, score) - y * score) + 0.5 * np.sum(pull * theta**2))
