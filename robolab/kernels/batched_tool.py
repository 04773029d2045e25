"""How far the tool centre point goes along many curves, with the gradient, compiled for the CPU."""

# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUntypedFunctionDecorator=false

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from robolab.core.compiled import jit
from robolab.kernels.batched import BatchedRobot
from robolab.kernels.batched_fused import place_frames
from robolab.robots.model import Chain, Spheres

_ZERO = np.float32(0.0)
_LEAST = np.float32(1e-8)
"""Added to the square of a step, so that a tool that stands still has a slope [m2]."""


class _Links(NamedTuple):
    """A chain as in `batched.ChainTensors`, and the tool centre point in its last frame, all float32."""

    R_base: np.ndarray
    p_base: np.ndarray
    turn: np.ndarray
    shift: np.ndarray
    slide: np.ndarray
    axis: np.ndarray
    prismatic: np.ndarray
    weights: np.ndarray
    offset: np.ndarray
    tip: np.ndarray


@jit
def _tool_point(q, links, R, p, axis, step, point, jacobian):
    """Write the tool centre point at q, shape (3,), and its Jacobian, (3, n)."""
    count = links.offset.shape[0]
    place_frames(q, links, R, p, axis, step)
    for a in range(3):
        point[a] = p[count, a]
        for b in range(3):
            point[a] += R[count, a, b] * links.tip[b]
    jacobian[:] = _ZERO
    for j in range(count):
        x, y, z = axis[j, 0], axis[j, 1], axis[j, 2]
        if not links.prismatic[j]:
            u, v, w = point[0] - p[j + 1, 0], point[1] - p[j + 1, 1], point[2] - p[j + 1, 2]
            x, y, z = y * w - z * v, z * u - x * w, x * v - y * u
        for k in range(q.shape[0]):
            weight = links.weights[j, k]
            jacobian[0, k] += weight * x
            jacobian[1, k] += weight * y
            jacobian[2, k] += weight * z


@jit
def _tool_ways(q, links, way, slopes):
    """Write the tool's steps along curves, shape (R, T), and their derivatives by both ends, (2, R, T, n)."""
    count, n = links.offset.shape[0], q.shape[2]
    R, p = np.empty((count + 1, 3, 3), np.float32), np.empty((count + 1, 3), np.float32)
    axis, turned = np.empty((count, 3), np.float32), np.empty((3, 3), np.float32)
    point, J = np.empty((2, 3), np.float32), np.empty((2, 3, n), np.float32)
    step = np.empty(3, np.float32)
    for row in range(q.shape[0]):
        for t in range(q.shape[1]):
            now, last = t % 2, (t + 1) % 2
            _tool_point(q[row, t], links, R, p, axis, turned, point[now], J[now])
            if t == 0:
                continue
            square = _LEAST
            for a in range(3):
                step[a] = point[now, a] - point[last, a]
                square += step[a] * step[a]
            length = np.sqrt(square)
            way[row, t - 1] = length
            for end, at in enumerate((last, now)):
                for k in range(n):
                    total = step[0] * J[at, 0, k] + step[1] * J[at, 1, k] + step[2] * J[at, 2, k]
                    slopes[end, row, t - 1, k] = (total if end else -total) / length


class _Ways(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, q: Tensor, links: _Links) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        curves = np.ascontiguousarray(q.detach().numpy())
        rows, nodes, n = curves.shape
        way = np.empty((rows, nodes - 1), np.float32)
        slopes = np.empty((2, rows, nodes - 1, n), np.float32)
        _tool_ways(curves, links, way, slopes)
        ctx.save_for_backward(torch.from_numpy(slopes))
        return torch.from_numpy(way)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, weight: Tensor) -> tuple[Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        (slopes,) = ctx.saved_tensors
        left, right = slopes * weight[..., None]
        total = weight.new_zeros((left.shape[0], left.shape[1] + 1, left.shape[2]))
        total[:, :-1] += left
        total[:, 1:] += right
        return total, None


class ToolWay:
    """The way of a chain's tool centre point along batches of curves."""

    def __init__(self, chain: Chain) -> None:
        none = Spheres(np.zeros(0, int), np.zeros((0, 3)), np.zeros(0), (), np.zeros((0, 2), int))
        t = BatchedRobot(chain, none).tensors
        parts = (t.R_base, t.p_base, t.turn, t.fixed_p, t.slide, t.axis)
        self._links = _Links(
            *(part.numpy() for part in parts),
            prismatic=np.ascontiguousarray(chain.prismatic, dtype=np.bool_),
            weights=t.weights.numpy(),
            offset=t.offset.numpy(),
            tip=np.ascontiguousarray(chain.X_last_tcp[:3, 3], dtype=np.float32),
        )

    def __call__(self, q: Tensor) -> Tensor:
        """Distance from each place to the next, differentiable once, on the CPU.

        Args:
            q: Joint positions along curves, shape (R, T + 1, n), float32.
        Returns:
            Shape (R, T) [m].
        """
        return _Ways.apply(q, self._links)  # pyright: ignore[reportReturnType]
