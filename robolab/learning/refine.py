"""A few gradient steps on proposals that almost do: the same objective as in training, one problem at a time."""

from __future__ import annotations

import numpy as np
import torch

from robolab.core.transforms import Array
from robolab.kernels.batched_cost import Situations
from robolab.learning.descent import descend
from robolab.learning.objective import Objective

_POINTS = 32
_RATE = 0.03


def refine(points: Array, situations: Situations, objective: Objective, steps: int) -> Array:
    """Improve curves by their inner control points.

    Args:
        points: Control points, shape (B, K, degree + 1, n) [rad]; situations for the B problems.
        steps: Gradient steps; always all are taken, so that the result does not depend on the machine.
    Returns:
        Control points of the same shape, each the cheapest of its steps.
    """
    whole = torch.tensor(points, dtype=torch.float32)
    inner = whole[:, :, 1:-1].clone().requires_grad_(True)
    optimiser = torch.optim.Adam([inner], lr=_RATE)
    best, least = inner.detach().clone(), torch.full(whole.shape[:2], torch.inf)
    for step in range(steps):
        # The samples shift from step to step, so that nothing hides between them.
        s = (np.arange(_POINTS) + (0.5 + 0.618 * step) % 1.0) / _POINTS
        curve = torch.cat([whole[:, :, :1], inner, whole[:, :, -1:]], dim=2)
        verdict = objective(curve, situations, s)
        cost = verdict.cost.detach() + 10.0 * (~verdict.free)
        better = cost < least
        least = torch.where(better, cost, least)
        best = torch.where(better[..., None, None], inner.detach(), best)
        descend(verdict.cost.sum(), optimiser)
    result = np.array(points, dtype=float)
    result[:, :, 1:-1] = best.numpy()
    return result
