"""The shortest time along many paths under velocity and acceleration limits, with its gradient.

Two passes in the phase plane of path parameter and squared path speed, as time-optimal path
parameterisation does them, then the same two passes in reverse for the gradient. Accelerations
along and across the path share one limit by absolute values, which errs on the slow side. Torque and
jerk are left to the exact timing that follows; this is what a shape is judged and trained by.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from robolab.core.compiled import jit

_LEAST = np.float32(1e-3)
_ZERO = np.float32(0.0)
_TWO = np.float32(2.0)
_FAR = np.float32(1e12)


@jit
def _ceiling(first, second, velocity, acceleration, cap, cap_joint, cap_by_speed):
    """Greatest squared path speed at each node, and which joint's which limit sets it."""
    for i in range(first.shape[0]):
        cap[i] = _FAR
        for j in range(first.shape[1]):
            by_speed = (velocity[j] / first[i, j]) ** 2
            by_push = acceleration[j] / second[i, j]
            if by_speed < cap[i]:
                cap[i], cap_joint[i], cap_by_speed[i] = by_speed, j, True
            if by_push < cap[i]:
                cap[i], cap_joint[i], cap_by_speed[i] = by_push, j, False


@jit
def _push(first, second, acceleration, x):
    """Greatest path acceleration at a node at squared speed x, and the joint that sets it."""
    least, joint = _FAR, 0
    for j in range(first.shape[0]):
        value = (acceleration[j] - second[j] * x) / first[j]
        if value < least:
            least, joint = value, j
    return max(least, _ZERO), joint


@jit
def _undo(i, j, weight, step, push, x, first, second, d_first, d_second):
    """Spread the gradient of x + 2 step push over node i; returns that of x."""
    d_first[i, j] -= weight * _TWO * step * push / first[i, j]
    d_second[i, j] -= weight * _TWO * step * x / first[i, j]
    return weight * (np.float32(1.0) - _TWO * step * second[i, j] / first[i, j])


@jit
def _sweep_up(first, second, acceleration, step, cap, x, push, joint):
    """Squared path speed that full acceleration reaches under the ceiling, from rest at the start."""
    x[0] = _ZERO
    for i in range(first.shape[0] - 1):
        push[i], j = _push(first[i], second[i], acceleration, x[i])
        reached = x[i] + _TWO * step * push[i]
        joint[i + 1] = j if reached < cap[i + 1] else -1
        x[i + 1] = min(reached, cap[i + 1])


@jit
def _sweep_down(first, second, acceleration, step, cap, x, push, joint):
    """The same backwards, from rest at the end."""
    x[first.shape[0] - 1] = _ZERO
    for i in range(first.shape[0] - 2, -1, -1):
        push[i + 1], j = _push(first[i + 1], second[i + 1], acceleration, x[i + 1])
        reached = x[i + 1] + _TWO * step * push[i + 1]
        joint[i] = j if reached < cap[i] else -1
        x[i] = min(reached, cap[i])


@jit
def _time_along(x, step, slope):
    """Time of a profile of squared path speed, and its gradient."""
    time, last = _ZERO, x.shape[0] - 1
    slope[:] = _ZERO
    for i in range(last):
        a, b = np.sqrt(x[i]), np.sqrt(x[i + 1])
        time += _TWO * step / (a + b)
        share = -step / (a + b) ** 2
        if i > 0:
            slope[i] += share / a
        if i < last - 1:
            slope[i + 1] += share / b
    return time


@jit
def durations(first, second, velocity, acceleration, total, d_first, d_second):
    """Fill the time of each path and its gradient.

    Args:
        first, second: Absolute derivatives of the path at even nodes over [0, 1], shape (R, G + 1, n),
            at least `_LEAST` each.
        total: Shape (R,) [s]; d_first, d_second: shaped as the derivatives.
    """
    nodes = first.shape[1]
    step = np.float32(1.0 / (nodes - 1))
    values = np.empty((7, nodes), np.float32)
    cap, up, down, rise, fall = values[0], values[1], values[2], values[3], values[4]
    d_up, d_down = values[5], values[6]
    joints = np.full((3, nodes), -1)
    cap_joint, rise_joint, fall_joint = joints[0], joints[1], joints[2]
    by_speed = np.empty(nodes, np.bool_)
    for r in range(first.shape[0]):
        f, s, df, ds = first[r], second[r], d_first[r], d_second[r]
        _ceiling(f, s, velocity, acceleration, cap, cap_joint, by_speed)
        _sweep_up(f, s, acceleration, step, cap, up, rise, rise_joint)
        _sweep_down(f, s, acceleration, step, up, down, fall, fall_joint)
        total[r] = _time_along(down, step, d_down)
        d_up[:] = _ZERO
        df[:] = _ZERO
        ds[:] = _ZERO
        for i in range(nodes - 1):
            j = fall_joint[i]
            if j < 0:
                d_up[i] += d_down[i]
            else:
                d_down[i + 1] += _undo(
                    i + 1, j, d_down[i], step, fall[i + 1], down[i + 1], f, s, df, ds
                )
        for i in range(nodes - 1, 0, -1):
            j, c = rise_joint[i], cap_joint[i]
            if j >= 0:
                d_up[i - 1] += _undo(i - 1, j, d_up[i], step, rise[i - 1], up[i - 1], f, s, df, ds)
            elif by_speed[i]:
                df[i, c] -= _TWO * cap[i] / f[i, c] * d_up[i]
            else:
                ds[i, c] -= cap[i] / s[i, c] * d_up[i]


class _Durations(torch.autograd.Function):
    @staticmethod
    def forward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, first: Tensor, second: Tensor, velocity: Tensor, acceleration: Tensor
    ) -> Tensor:
        arrays = [np.maximum(np.abs(x.detach().numpy()), _LEAST) for x in (first, second)]
        total = np.empty(first.shape[0], np.float32)
        slopes = [np.empty(first.shape, np.float32) for _ in range(2)]
        durations(*arrays, velocity.numpy(), acceleration.numpy(), total, *slopes)
        signs = (torch.sign(first.detach()), torch.sign(second.detach()))
        ctx.save_for_backward(
            *(torch.from_numpy(d) * sign for d, sign in zip(slopes, signs, strict=True))
        )
        return torch.from_numpy(total)

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, weight: Tensor
    ) -> tuple[Tensor, Tensor, None, None]:
        first, second = ctx.saved_tensors
        weight = weight[:, None, None]
        return weight * first, weight * second, None, None


def motion_time(first: Tensor, second: Tensor, velocity: Tensor, acceleration: Tensor) -> Tensor:
    """Shortest time from rest to rest along each path, differentiable, on the CPU.

    Args:
        first, second: Derivatives with respect to the path parameter at even nodes over [0, 1],
            ends included, shape (R, G + 1, n).
        velocity, acceleration: Joint limits, shape (n,).
    Returns:
        Shape (R,) [s].
    References: Pham (2014), "A general, fast, and robust implementation of the time-optimal path
        parameterization algorithm", for the two passes.
    """
    return _Durations.apply(first, second, velocity, acceleration)  # pyright: ignore[reportReturnType]
