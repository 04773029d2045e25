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

from robolab.kernels.compiled_jit import jit

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
def durations(first, second, velocity, acceleration, total, d_first, d_second):
    """Fill the time of each path and its gradient.

    Args:
        first, second: Absolute derivatives of the path at even nodes over [0, 1], shape (R, G + 1, n),
            at least `_LEAST` each.
        total: Shape (R,) [s]; d_first, d_second: shaped as the derivatives.
    """
    nodes = first.shape[1]
    step = np.float32(1.0 / (nodes - 1))
    cap, up, down = (
        np.empty(nodes, np.float32),
        np.empty(nodes, np.float32),
        np.empty(nodes, np.float32),
    )
    cap_joint, cap_by_speed = np.empty(nodes, np.int64), np.empty(nodes, np.bool_)
    rise, fall = np.empty(nodes, np.float32), np.empty(nodes, np.float32)
    rise_joint, fall_joint = np.full(nodes, -1), np.full(nodes, -1)
    d_up, d_down = np.empty(nodes, np.float32), np.empty(nodes, np.float32)
    for r in range(first.shape[0]):
        f, s, df, ds = first[r], second[r], d_first[r], d_second[r]
        _ceiling(f, s, velocity, acceleration, cap, cap_joint, cap_by_speed)
        up[0], rise_joint[0] = _ZERO, -1
        for i in range(nodes - 1):
            rise[i], joint = _push(f[i], s[i], acceleration, up[i])
            reached = up[i] + _TWO * step * rise[i]
            rise_joint[i + 1] = joint if reached < cap[i + 1] else -1
            up[i + 1] = min(reached, cap[i + 1])
        down[nodes - 1] = _ZERO
        for i in range(nodes - 2, -1, -1):
            fall[i + 1], joint = _push(f[i + 1], s[i + 1], acceleration, down[i + 1])
            reached = down[i + 1] + _TWO * step * fall[i + 1]
            fall_joint[i] = joint if reached < up[i] else -1
            down[i] = min(reached, up[i])
        time = _ZERO
        d_up[:] = _ZERO
        d_down[:] = _ZERO
        for i in range(nodes - 1):
            a, b = np.sqrt(down[i]), np.sqrt(down[i + 1])
            time += _TWO * step / (a + b)
            slope = -step / (a + b) ** 2
            if i > 0:
                d_down[i] += slope / a
            if i < nodes - 2:
                d_down[i + 1] += slope / b
        total[r] = time
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
            j = rise_joint[i]
            if j >= 0:
                d_up[i - 1] += _undo(i - 1, j, d_up[i], step, rise[i - 1], up[i - 1], f, s, df, ds)
            elif cap_by_speed[i]:
                df[i, cap_joint[i]] -= _TWO * cap[i] / f[i, cap_joint[i]] * d_up[i]
            else:
                ds[i, cap_joint[i]] -= cap[i] / s[i, cap_joint[i]] * d_up[i]


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
