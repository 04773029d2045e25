"""Forward kinematics and velocities of a packed chain, compiled."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.compiled_jit import jit


@jit
def place_frames(rows: Array, ends: Array, q: Array, frames: Array) -> None:
    """Fill in rotation (9) and origin (3) in world of every frame, shape (N + 1, 12)."""
    frames[0] = ends[0]
    n = q.shape[0]
    m = np.empty(9)
    for i in range(rows.shape[0]):
        row, up, out = rows[i], frames[i], frames[i + 1]
        value = row[34]
        for j in range(n):
            value += row[35 + j] * q[j]
        px, py, pz = row[27], row[28], row[29]
        if row[33] > 0.0:
            px, py, pz = px + value * row[30], py + value * row[31], pz + value * row[32]
            m[:] = row[:9]
        else:
            s, c = np.sin(value), 1.0 - np.cos(value)
            for k in range(9):
                m[k] = row[k] + s * row[9 + k] + c * row[18 + k]
        for r in range(3):
            a, b, d = up[3 * r], up[3 * r + 1], up[3 * r + 2]
            for k in range(3):
                out[3 * r + k] = a * m[k] + b * m[3 + k] + d * m[6 + k]
            out[9 + r] = up[9 + r] + a * px + b * py + d * pz


@jit
def place_rates(rows: Array, frames: Array, rate: Array, rates: Array) -> None:
    """Fill in angular velocity and velocity of the origin in world of every frame, shape (N + 1, 6).

    Args:
        rate: Speed of each joint of the chain, shape (N,).
    """
    rates[0] = 0.0
    for i in range(rows.shape[0]):
        up, f, out = frames[i], rows[i], rates[i + 1]
        ax = up[0] * f[30] + up[1] * f[31] + up[2] * f[32]
        ay = up[3] * f[30] + up[4] * f[31] + up[5] * f[32]
        az = up[6] * f[30] + up[7] * f[31] + up[8] * f[32]
        wx, wy, wz = rates[i, 0], rates[i, 1], rates[i, 2]
        dx = frames[i + 1, 9] - up[9]
        dy = frames[i + 1, 10] - up[10]
        dz = frames[i + 1, 11] - up[11]
        out[3] = rates[i, 3] + wy * dz - wz * dy
        out[4] = rates[i, 4] + wz * dx - wx * dz
        out[5] = rates[i, 5] + wx * dy - wy * dx
        turn, slide = (0.0, rate[i]) if f[33] > 0.0 else (rate[i], 0.0)
        out[0], out[1], out[2] = wx + turn * ax, wy + turn * ay, wz + turn * az
        out[3] += slide * ax
        out[4] += slide * ay
        out[5] += slide * az


@jit
def place_balls(frames: Array, ball: Array, group: Array, centres: Array) -> None:
    """Fill in centres of spheres and then of groups in world, shape (s + g, 3) [m]."""
    count = ball.shape[0]
    for g in range(group.shape[0]):
        f = frames[int(group[g, 0])]
        for r in range(3):
            a, b, c, d = f[3 * r], f[3 * r + 1], f[3 * r + 2], f[9 + r]
            centres[count + g, r] = a * group[g, 3] + b * group[g, 4] + c * group[g, 5] + d
            for i in range(int(group[g, 1]), int(group[g, 2])):
                centres[i, r] = a * ball[i, 0] + b * ball[i, 1] + c * ball[i, 2] + d


@jit
def tilt_cosine(frames: Array, ends: Array, upright: Array) -> float:
    """Cosine of the angle between the tool's z axis and the direction upright[:3]."""
    f, t = frames[frames.shape[0] - 1], ends[1]
    total = 0.0
    for r in range(3):
        z = f[3 * r] * t[2] + f[3 * r + 1] * t[5] + f[3 * r + 2] * t[8]
        total += z * upright[r]
    return total
