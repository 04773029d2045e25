"""Kinematics of many configurations at once, with gradients, in torch.

Frames are multiplied joint by joint (N small products), and the gradient is the chain's own:
a joint turns a force on a point into its moment about the joint axis. That is a few matrix
products instead of a walk back through every frame.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from robolab.robots.model import Chain, Spheres


class Kinematics(NamedTuple):
    """Where a batch of configurations puts the robot, in world [m].

    Attributes:
        centres: Sphere centres, shape (B, S, 3).
        tcp: Tool centre point, shape (B, 3).
        axis: The tool's z axis, shape (B, 3).
    """

    centres: Tensor
    tcp: Tensor
    axis: Tensor


class ChainTensors(NamedTuple):
    """A `Chain` and points on it as tensors; see `BatchedRobot`.

    A joint's motion is `turn[0] + sin(q) turn[1] + cos(q) turn[2]`, fixed part included.
    `place` puts every point by one matrix product; `carries[p, j]` is 1 where joint j moves point p.
    """

    R_base: Tensor
    p_base: Tensor
    turn: Tensor
    fixed_p: Tensor
    slide: Tensor
    axis: Tensor
    weights: Tensor
    offset: Tensor
    place: Tensor
    carries: Tensor
    prismatic: Tensor


class BatchedRobot:
    """A robot's spheres, tool point and tool axis for batches of joint positions.

    Args:
        chain: The serial chain.
        spheres: The robot's collision spheres; those of a carried object may be among them.
        device: Where to compute; float32 throughout.
    """

    def __init__(self, chain: Chain, spheres: Spheres, device: str | torch.device = "cpu") -> None:
        last = chain.axis.shape[0]
        tip = chain.X_last_tcp
        link = np.concatenate([spheres.link, [last, last]]).astype(int)
        point = np.vstack([spheres.centre.reshape(-1, 3), tip[:3, 3], tip[:3, 3] + tip[:3, 2]])
        self.tensors = _chain_tensors(chain, link, point, torch.device(device))
        self.device = torch.device(device)
        self.radius = torch.tensor(spheres.radius, dtype=torch.float32, device=device)
        self.pairs = torch.tensor(spheres.pairs.reshape(-1, 2), dtype=torch.long, device=device)
        self.dof = int(chain.weights.shape[1])

    def __call__(self, q: Tensor) -> Kinematics:
        """Place everything; differentiable once in q, shape (B, n) [rad or m]."""
        points: Tensor = _Points.apply(q, self.tensors)  # pyright: ignore[reportAssignmentType]
        return Kinematics(points[:, :-2], points[:, -2], points[:, -1] - points[:, -2])

    def frames(self, q: Tensor) -> tuple[Tensor, Tensor]:
        """Rotations (B, N + 1, 3, 3) and origins (B, N + 1, 3) of the frames; no gradient."""
        with torch.no_grad():
            return _frames(q, self.tensors)

    def jacobian(self, q: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Tool pose and Jacobian in world; no gradient.

        Returns:
            Rotation (B, 3, 3) of the last frame, tool point (B, 3), Jacobian (B, 6, n), linear rows first.
        """
        t = self.tensors
        with torch.no_grad():
            R, p = _frames(q, t)
            tcp = _place(R, p, t)[:, -2]
            axis = (R[:, 1:] @ t.axis[..., None])[..., 0]
            arm = tcp[:, None] - p[:, 1:]
            linear = torch.where(t.prismatic[:, None] > 0, axis, torch.linalg.cross(axis, arm))
            angular = torch.where(t.prismatic[:, None] > 0, torch.zeros_like(axis), axis)
            J = torch.cat([linear, angular], dim=-1).transpose(1, 2) @ t.weights
        return R[:, -1], tcp, J

    def self_clearance(self, centres: Tensor) -> Tensor:
        """Distances between the spheres of each pair, shape (B, P) [m]."""
        i, j = self.pairs[:, 0], self.pairs[:, 1]
        gap = torch.linalg.vector_norm(centres[:, i] - centres[:, j], dim=-1)
        return gap - self.radius[i] - self.radius[j]


def _chain_tensors(
    chain: Chain, link: np.ndarray, point: np.ndarray, device: torch.device
) -> ChainTensors:
    def tensor(value: Any) -> Tensor:
        return torch.tensor(np.asarray(value), dtype=torch.float32, device=device)

    count = chain.axis.shape[0]
    turn = np.stack(
        [
            _turn(X, a, bool(s))
            for X, a, s in zip(chain.fixed, chain.axis, chain.prismatic, strict=True)
        ],
        axis=1,
    )
    slides = np.asarray(chain.prismatic, dtype=float)[:, None]
    # Row 4 i + m of `place` weighs column m of frame i (three axes, then the origin).
    place = np.zeros((4 * (count + 1), len(link)))
    for column, (i, c) in enumerate(zip(link, point, strict=True)):
        place[4 * i : 4 * i + 4, column] = [*c, 1.0]
    carries = (link[:, None] > np.arange(count)).astype(float)
    return ChainTensors(
        tensor(chain.X_world_base[:3, :3]),
        tensor(chain.X_world_base[:3, 3]),
        tensor(turn),
        tensor(chain.fixed[:, :3, 3]),
        tensor(np.einsum("jab,jb->ja", chain.fixed[:, :3, :3], chain.axis) * slides),
        tensor(chain.axis),
        tensor(chain.weights),
        tensor(chain.offset),
        tensor(place),
        tensor(carries),
        tensor(chain.prismatic),
    )


def _turn(X: np.ndarray, axis: np.ndarray, prismatic: bool) -> np.ndarray:
    """Constant, sine and cosine part of a joint's rotation, shape (3, 3, 3)."""
    R = X[:3, :3]
    if prismatic:
        return np.stack([R, np.zeros((3, 3)), np.zeros((3, 3))])
    x, y, z = axis
    K = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.stack([R @ (np.eye(3) + K @ K), R @ K, -R @ K @ K])


def _frames(q: Tensor, t: ChainTensors) -> tuple[Tensor, Tensor]:
    chain_q = q @ t.weights.T + t.offset
    s, c = torch.sin(chain_q)[..., None, None], torch.cos(chain_q)[..., None, None]
    step = t.turn[0] + s * t.turn[1] + c * t.turn[2]
    shift = (t.fixed_p + chain_q[..., None] * t.slide)[..., None]
    R = t.R_base.expand(q.shape[0], 3, 3)
    p = t.p_base.expand(q.shape[0], 3)
    rotations, origins = [R], [p]
    for joint in range(t.axis.shape[0]):
        p = p + (R @ shift[:, joint])[..., 0]
        R = R @ step[:, joint]
        rotations.append(R)
        origins.append(p)
    return torch.stack(rotations, dim=1), torch.stack(origins, dim=1)


def _place(R: Tensor, p: Tensor, t: ChainTensors) -> Tensor:
    columns = torch.cat([R, p[..., None]], dim=-1).permute(0, 2, 1, 3).flatten(2)
    return (columns @ t.place).transpose(1, 2)


class _Points(torch.autograd.Function):
    """All points of the robot from joint positions; the gradient by moments about the axes."""

    @staticmethod
    def forward(ctx: Any, q: Tensor, t: ChainTensors) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        R, p = _frames(q, t)
        points = _place(R, p, t)
        ctx.tensors = t
        ctx.save_for_backward(points, (R[:, 1:] @ t.axis[..., None])[..., 0], p[:, 1:])
        return points

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, force: Tensor) -> tuple[Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        points, axis, origin = ctx.saved_tensors
        t: ChainTensors = ctx.tensors
        total = force.transpose(1, 2) @ t.carries
        moment = torch.linalg.cross(points, force).transpose(1, 2) @ t.carries
        total, moment = total.transpose(1, 2), moment.transpose(1, 2)
        about = moment - torch.linalg.cross(origin, total)
        slides = t.prismatic[:, None]
        joint = ((slides * total + (1.0 - slides) * about) * axis).sum(-1)
        return joint @ t.weights, None
