"""Which proposals to check first: those that look free, the fastest first."""

from __future__ import annotations

import numpy as np
import torch

from robolab.core.transforms import Array
from robolab.kernels.batched_cost import Situations
from robolab.learning.objective import Objective

_POINTS = 40


def rank(
    points: Array, situation: Situations, objective: Objective
) -> tuple[np.ndarray, np.ndarray]:
    """Order the proposals of one problem.

    Args:
        points: Control points, shape (k, K, degree + 1, n), for k goals.
    Returns:
        Rows of (goal, proposal), best first, shape (k K, 2), and whether each looks free, shape (k K,).
    """
    goals, proposals = points.shape[:2]
    many = situation.take(np.zeros(goals, dtype=int))
    s = np.linspace(0.0, 1.0, _POINTS)
    with torch.inference_mode():
        verdict = objective(torch.tensor(points, dtype=torch.float32), many, s)
    free = verdict.free.numpy().ravel()
    key = np.where(free, verdict.time.numpy().ravel(), 1e3 + verdict.cost.numpy().ravel())
    order = np.argsort(key, kind="stable")
    return np.stack(np.divmod(order, proposals), axis=1), free[order]
