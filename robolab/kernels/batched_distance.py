"""Signed distances of many points to boxes, cylinders and balls, in torch, with gradients.

Obstacles may stand elsewhere in every sample of a batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from robolab.kernels.obstacles import Obstacles

_TINY = 1e-9


@dataclass(frozen=True)
class Shapes:
    """Obstacles as tensors; the leading axis of the poses is 1 or the batch size.

    Attributes:
        box_R, box_p: Rotation (B or 1, b, 3, 3) and centre (B or 1, b, 3) in world [m].
        box_half: Half sizes, shape (b, 3) [m].
        cylinder_R, cylinder_p: As for boxes, along z.
        cylinder_size: Radius and half length, shape (c, 2) [m].
        ball: Centre and radius, shape (B or 1, s, 4) [m].
    """

    box_R: Tensor
    box_p: Tensor
    box_half: Tensor
    cylinder_R: Tensor
    cylinder_p: Tensor
    cylinder_size: Tensor
    ball: Tensor

    @property
    def count(self) -> int:
        return self.box_half.shape[0] + self.cylinder_size.shape[0] + self.ball.shape[1]


def shapes_of(obstacles: Obstacles, device: str | torch.device = "cpu") -> Shapes:
    """Take obstacles to a device; points become balls, after the spheres."""

    def tensor(value: np.ndarray) -> Tensor:
        return torch.tensor(value, dtype=torch.float32, device=device)

    radius = np.full((len(obstacles.points), 1), obstacles.point_radius)
    balls = np.vstack([obstacles.sphere, np.hstack([obstacles.points, radius])])
    return Shapes(
        tensor(obstacles.box_pose[None, :, :3, :3]),
        tensor(obstacles.box_pose[None, :, :3, 3]),
        tensor(obstacles.box_half),
        tensor(obstacles.cylinder_pose[None, :, :3, :3]),
        tensor(obstacles.cylinder_pose[None, :, :3, 3]),
        tensor(obstacles.cylinder_size),
        tensor(balls[None]),
    )


def signed_distances(points: Tensor, shapes: Shapes) -> Tensor:
    """Distance of every point to every obstacle, negative inside.

    Args:
        points: Shape (B, S, 3) in world [m].
    Returns:
        Shape (B, S, K): boxes, cylinders, balls in order [m].
    """
    parts = [
        _box(_local(points, shapes.box_R, shapes.box_p), shapes.box_half),
        _cylinder(_local(points, shapes.cylinder_R, shapes.cylinder_p), shapes.cylinder_size),
    ]
    gap = points[:, :, None] - shapes.ball[:, None, :, :3]
    parts.append(_norm(gap) - shapes.ball[:, None, :, 3])
    return torch.cat(parts, dim=-1)


def _local(points: Tensor, R: Tensor, p: Tensor) -> Tensor:
    """Points in each obstacle's frame, shape (B, S, k, 3)."""
    return ((points[:, :, None] - p[:, None])[..., None, :] @ R[:, None])[..., 0, :]


def _norm(vector: Tensor) -> Tensor:
    return torch.sqrt((vector * vector).sum(-1) + _TINY**2)


def _box(local: Tensor, half: Tensor) -> Tensor:
    beyond = local.abs() - half
    outside = torch.clamp(beyond, min=0.0)
    return _norm(outside) + torch.clamp(beyond.amax(-1), max=0.0)


def _cylinder(local: Tensor, size: Tensor) -> Tensor:
    beyond = torch.stack(
        [_norm(local[..., :2]) - size[:, 0], local[..., 2].abs() - size[:, 1]], dim=-1
    )
    outside = torch.clamp(beyond, min=0.0)
    return _norm(outside) + torch.clamp(beyond.amax(-1), max=0.0)
