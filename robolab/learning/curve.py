"""Bernstein curves for batches: values and derivatives as one small matrix each."""

from __future__ import annotations

from functools import lru_cache
from math import comb

import numpy as np
import torch
from torch import Tensor

from robolab.core.transforms import Array


def basis(s: Array, degree: int, derivative: int = 0) -> Array:
    """Weights of the control points, shape (len(s), degree + 1).

    Args:
        s: Parameters in [0, 1], shape (k,).
        derivative: 0, 1 or 2, with respect to s.
    """
    low = degree - derivative
    powers = np.arange(low + 1)
    s = np.asarray(s, dtype=float)[:, None]
    plain = np.array([comb(low, i) for i in powers]) * s**powers * (1.0 - s) ** (low - powers)
    return plain @ _differences(degree, derivative)


@lru_cache
def _differences(degree: int, derivative: int) -> Array:
    """Control points of a derivative from those of the curve, shape (degree + 1 - d, degree + 1)."""
    result = np.eye(degree + 1)
    for k in range(derivative):
        result = (degree - k) * np.diff(result, axis=0)
    return result


def control_points(start: Tensor, goal: Tensor, offsets: Tensor) -> Tensor:
    """Control points of curves that begin as evenly spaced straight lines.

    Args:
        start, goal: Shape (B, n).
        offsets: Of the inner control points, shape (B, K, degree - 1, n).
    Returns:
        Shape (B, K, degree + 1, n).
    """
    inner = offsets.shape[2]
    share = torch.linspace(0.0, 1.0, inner + 2, device=start.device)[1:-1, None]
    line = start[:, None, None] + share * (goal - start)[:, None, None]
    ends = [x[:, None, None].expand(-1, offsets.shape[1], 1, -1) for x in (start, goal)]
    return torch.cat([ends[0], line + offsets, ends[1]], dim=2)
