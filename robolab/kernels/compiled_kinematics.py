"""Forward kinematics and velocities of a packed chain, compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from robolab.core.compiled import jit
from robolab.core.transforms import Array


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


class Room(NamedTuple):
    """Where frames, their rates, and centres in world are written; spheres and groups only where they are needed.

    Attributes:
        frames, rates: Shapes (N + 1, 12) and (N + 1, 6).
        part, group, ball: Centres, shapes (p, 3), (g, 3) and (s, 3) [m].
        open_part, open_group: Whether the centres inside are written.
    """

    frames: Array
    rates: Array
    part: Array
    group: Array
    ball: Array
    open_part: np.ndarray
    open_group: np.ndarray


@jit
def new_room(body):
    """Make room for one thread."""
    count, parts = body.rows.shape[0], body.part.shape[0]
    groups, balls = body.group.shape[0], body.ball.shape[0]
    return Room(
        np.empty((count + 1, 12)),
        np.empty((count + 1, 6)),
        np.empty((parts, 3)),
        np.empty((groups, 3)),
        np.empty((balls, 3)),
        np.zeros(parts, np.bool_),
        np.zeros(groups, np.bool_),
    )


@jit
def place(body, q, room):
    """Write frames and centres of parts at joint positions, shape (n,)."""
    place_frames(body.rows, body.ends, q, room.frames)
    for i in range(body.part.shape[0]):
        _carry(room.frames[int(body.part[i, 0])], body.part, i, 3, room.part)
        room.open_part[i] = False
    for g in range(body.group.shape[0]):
        room.open_group[g] = False


@jit
def place_balls(frames, ball, group, centres):
    """Write centres of all spheres and then of groups in world, shape (s + g, 3) [m]."""
    count = ball.shape[0]
    for g in range(group.shape[0]):
        frame = frames[int(group[g, 0])]
        _carry(frame, group, g, 3, centres[count:])
        for i in range(int(group[g, 1]), int(group[g, 2])):
            _carry(frame, ball, i, 0, centres)


@jit
def open_part(body, i, room):
    """Write the centres of a part's groups."""
    if not room.open_part[i]:
        frame = room.frames[int(body.part[i, 0])]
        for g in range(int(body.part[i, 1]), int(body.part[i, 2])):
            _carry(frame, body.group, g, 3, room.group)
        room.open_part[i] = True


@jit
def open_group(body, g, room):
    """Write the centres of a group's spheres."""
    if not room.open_group[g]:
        frame = room.frames[int(body.group[g, 0])]
        for i in range(int(body.group[g, 1]), int(body.group[g, 2])):
            _carry(frame, body.ball, i, 0, room.ball)
        room.open_group[g] = True


@jit
def _carry(frame, table, row, column, out):
    """Write the point that a table holds from a column on, in world, to the same row of `out`."""
    a, b, c = table[row, column], table[row, column + 1], table[row, column + 2]
    for r in range(3):
        out[row, r] = frame[3 * r] * a + frame[3 * r + 1] * b + frame[3 * r + 2] * c + frame[9 + r]


@jit
def tilt_cosine(frames: Array, ends: Array, upright: Array) -> float:
    """Cosine of the angle between the tool's z axis and the direction upright[:3]."""
    f, t = frames[frames.shape[0] - 1], ends[1]
    total = 0.0
    for r in range(3):
        z = f[3 * r] * t[2] + f[3 * r + 1] * t[5] + f[3 * r + 2] * t[8]
        total += z * upright[r]
    return total
