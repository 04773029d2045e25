"""Tool poses spread over a work volume, and the joint positions that reach them, by the thousand."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from robolab.core.transforms import Array
from robolab.kernels.batched import BatchedRobot
from robolab.robots.model import RobotModel
from robolab.scene.spec import WorkVolumeSpec

_STEPS = 40
_DAMPING = 1e-3
_LONGEST_STEP = 0.6
_NEAR = (2e-4, 1e-3)
"""Errors of position [m] and rotation [rad] below which a pose counts as reached."""


def sample_poses(volume: WorkVolumeSpec, count: int, rng: np.random.Generator) -> Array:
    """Draw tool poses in world, uniform over the boxes, tilt and turn; shape (count, 4, 4)."""
    low = np.array([box.low for box in volume.boxes])
    high = np.array([box.high for box in volume.boxes])
    size = np.maximum(high - low, 1e-6).prod(axis=1)
    box = rng.choice(len(low), size=count, p=size / size.sum())
    X = np.tile(np.eye(4), (count, 1, 1))
    X[:, :3, 3] = rng.uniform(low[box], high[box])
    # Uniform over the cap of directions, then a free turn about the tool's axis.
    cosine = rng.uniform(np.cos(np.deg2rad(volume.tilt_deg)), 1.0, count)
    turn, spin = rng.uniform(-np.pi, np.pi, (2, count))
    sine = np.sqrt(1.0 - cosine**2)
    local = np.stack([sine * np.cos(turn), sine * np.sin(turn), cosine], axis=-1)
    z = local @ _frame_of(np.array(volume.axis, dtype=float)).T
    x = np.cross(np.where(np.abs(z[:, :1]) < 0.9, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]), z)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    y = np.cross(z, x)
    c, s = np.cos(spin)[:, None], np.sin(spin)[:, None]
    X[:, :3, :3] = np.stack([c * x + s * y, c * y - s * x, z], axis=-1)
    return X


def _frame_of(z: Array) -> Array:
    z = z / np.linalg.norm(z)
    x = np.cross([1.0, 0.0, 0.0] if abs(z[0]) < 0.9 else [0.0, 1.0, 0.0], z)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z], axis=-1)


def reach(
    robot: RobotModel, X_world_tcp: Array, rng: np.random.Generator, spread: ArrayLike = np.pi
) -> tuple[Array, np.ndarray]:
    """Solve inverse kinematics by damped least squares from one random seed for each pose.

    Args:
        X_world_tcp: Shape (B, 4, 4).
        spread: Seeds are drawn this far around the robot's home position, within limits; one value or
            one for each pose [rad or m].
    Returns:
        Joint positions (k, n) within limits, each joint turned as near to home as its limits allow,
        and the indices (k,) of the poses that they reach.
    """
    batched = BatchedRobot(robot.chain, robot.spheres)
    low, high = robot.limits.lower, robot.limits.upper
    width = np.broadcast_to(np.asarray(spread, dtype=float), len(X_world_tcp))[:, None]
    seeds = rng.uniform(
        np.maximum(low, robot.home - width),
        np.minimum(high, robot.home + width),
        (len(X_world_tcp), robot.dof),
    )
    q = torch.tensor(seeds, dtype=torch.float32)
    tip = torch.tensor(robot.chain.X_last_tcp[:3, :3], dtype=torch.float32)
    goal = torch.tensor(X_world_tcp, dtype=torch.float32)
    for _ in range(_STEPS):
        error, J = _error(batched, q, goal, tip)
        q = q + _step(error, J)
    error, _ = _error(batched, q, goal, tip)
    near = (error[:, :3].norm(dim=1) < _NEAR[0]) & (error[:, 3:].norm(dim=1) < _NEAR[1])
    solved = nearest_turn(robot, q.numpy().astype(float))
    inside = np.all((solved >= low) & (solved <= high), axis=1)
    index = np.flatnonzero(near.numpy() & inside)
    return solved[index], index


def nearest_turn(robot: RobotModel, q: Array) -> Array:
    """Turn each revolute joint by whole turns to within half a turn of home, where its limits allow."""
    turns = np.round((q - robot.home) / (2.0 * np.pi))
    turned = q - 2.0 * np.pi * turns * ~_slides(robot)
    inside = (turned >= robot.limits.lower) & (turned <= robot.limits.upper)
    return np.where(inside, turned, q)


def _slides(robot: RobotModel) -> np.ndarray:
    chain = robot.chain
    return (np.abs(chain.weights) * chain.prismatic[:, None]).sum(axis=0) > 0


def _error(batched: BatchedRobot, q: Tensor, goal: Tensor, tip: Tensor) -> tuple[Tensor, Tensor]:
    R, p, J = batched.jacobian(q)
    R = R @ tip
    turn = torch.linalg.cross(R, goal[:, :3, :3], dim=1).sum(dim=2) / 2.0
    return torch.cat([goal[:, :3, 3] - p, turn], dim=1), J


def _step(error: Tensor, J: Tensor) -> Tensor:
    normal = J.transpose(1, 2) @ J
    damping = _DAMPING + 0.1 * (error * error).sum(dim=1)
    normal = normal + damping[:, None, None] * torch.eye(J.shape[2])
    step = torch.linalg.solve(normal, J.transpose(1, 2) @ error[..., None])[..., 0]
    longest = step.abs().amax(dim=1, keepdim=True)
    return step * (_LONGEST_STEP / longest.clamp(min=_LONGEST_STEP))
