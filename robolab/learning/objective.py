"""What a curve costs: clearance, limits, and the time its motion takes. Everything in seconds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from robolab.kernels.batched_cost import ClearanceCost, Situations
from robolab.kernels.batched_timing import motion_time
from robolab.kernels.batched_tool import ToolWay
from robolab.learning.curve import basis
from robolab.learning.recipe import Recipe
from robolab.robots.model import JointLimits

_UNLIMITED = 1e9
_NODES = 25
"""Even nodes along a curve at which its shortest time is found."""


class Verdict(NamedTuple):
    """Of each proposal, shape (B, K).

    Attributes:
        cost: In seconds. free: Whether it is free at the samples. time: Of its motion [s].
        depth: Deepest breach of a clearance at the samples [m], negative where all hold.
        lean: Farthest lean of the tool beyond what is asked, as a cosine; not above 0 where it is upright.
    """

    cost: Tensor
    free: Tensor
    time: Tensor
    depth: Tensor
    lean: Tensor


class Objective:
    """Costs of batches of Bernstein curves in one cell."""

    def __init__(
        self,
        cost: ClearanceCost,
        limits: JointLimits,
        recipe: Recipe,
        tool_speed: float | None = None,
    ) -> None:
        self.clearance, self.recipe = cost, recipe
        self._lower = torch.tensor(limits.lower, dtype=torch.float32)
        self._upper = torch.tensor(limits.upper, dtype=torch.float32)
        nodes = np.linspace(0.0, 1.0, _NODES)
        self._slopes = [
            torch.tensor(basis(nodes, recipe.degree, k), dtype=torch.float32) for k in (1, 2)
        ]
        between = np.clip((np.arange(_NODES + 1) - 0.5) / (_NODES - 1), 0.0, 1.0)
        self._around = torch.tensor(basis(between, recipe.degree), dtype=torch.float32)
        self._spacing = torch.tensor(np.diff(between), dtype=torch.float32)
        self._tool = ToolWay(cost.chain) if tool_speed else None
        speeds, pushes = limits.velocity, limits.acceleration
        if tool_speed:  # one more joint, that knows no acceleration limit
            speeds, pushes = np.append(speeds, tool_speed), np.append(pushes, _UNLIMITED)
        self._speeds = torch.tensor(speeds, dtype=torch.float32)
        self._pushes = torch.tensor(pushes, dtype=torch.float32)

    def __call__(self, points: Tensor, situations: Situations, s: np.ndarray) -> Verdict:
        """Judge curves by their control points, shape (B, K, degree + 1, n), at parameters s, shape (T,)."""
        r = self.recipe
        place = torch.tensor(basis(s, r.degree), dtype=torch.float32)
        q = place @ points
        found = self.clearance(q.reshape(-1, q.shape[-1]), situations)
        shape = q.shape[:3]
        depth = found.depth.view(shape)
        worst = torch.clamp(depth + r.slack, min=0.0).amax(-1)
        near = found.cost.view(shape).mean(-1)
        outside = (points - self._upper).clamp(min=0.0) + (self._lower - points).clamp(min=0.0)
        bending = torch.diff(points, n=2, dim=2).square().mean((2, 3))
        time = self.time(points)
        trouble = r.clearance_weight * near + r.depth_weight * worst
        # Saturating, so that problems beyond help do not drown the others' gradients.
        trouble = trouble / (1.0 + trouble / r.most_trouble)
        cost = time + trouble + r.limit_weight * outside.sum((2, 3)) + r.bending_weight * bending
        deepest, lean = depth.amax(-1), found.lean.view(shape).amax(-1)
        free = (deepest < 0.0) & (lean < 0.0) & (outside.amax((2, 3)) <= 0.0)
        return Verdict(cost, free, time, deepest, lean)

    def time(self, points: Tensor) -> Tensor:
        """Shortest time under the limits of velocity and acceleration, and of the tool's speed, shape (B, K) [s]."""
        first, second = (slope @ points for slope in self._slopes)
        first, second = first.flatten(0, 1), second.flatten(0, 1)
        if self._tool:
            q = self._around @ points
            way = (self._tool(q.flatten(0, 1)) / self._spacing)[..., None]
            first = torch.cat([first, way], dim=-1)
            second = torch.cat([second, torch.zeros_like(way)], dim=-1)
        time = motion_time(first, second, self._speeds, self._pushes)
        return time.view(points.shape[:2])
