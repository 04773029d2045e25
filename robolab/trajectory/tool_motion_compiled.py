"""Motion of the tool centre point along a chain at many instants, compiled."""

# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUntypedFunctionDecorator=false

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from robolab.core.compiled import inlined, jit
from robolab.core.transforms import Array


class Links(NamedTuple):
    """A chain of N one-axis joints, as in `robots.model.Chain`.

    Attributes:
        base: Pose of the base in world, shape (4, 4).
        fixed: Joint frames in the ones before, at position zero, shape (N, 4, 4).
        axis: Shape (N, 3). prismatic: Shape (N,), bool.
        tip: Tool centre point in the last frame, shape (3,) [m].
    """

    base: Array
    fixed: Array
    axis: Array
    prismatic: np.ndarray
    tip: Array


@inlined
def _turned(R, x, out):
    for k in range(3):
        out[k] = R[k, 0] * x[0] + R[k, 1] * x[1] + R[k, 2] * x[2]


@inlined
def _add_cross(a, b, out):
    out[0] += a[1] * b[2] - a[2] * b[1]
    out[1] += a[2] * b[0] - a[0] * b[2]
    out[2] += a[0] * b[1] - a[1] * b[0]


@inlined
def _carry(p, v, a, w, dw, arm, swing):
    """Move from one point of a rigid body to another, `arm` away."""
    swing[:] = 0.0
    _add_cross(w, arm, swing)
    _add_cross(w, swing, a)
    _add_cross(dw, arm, a)
    for k in range(3):
        p[k] += arm[k]
        v[k] += swing[k]


@inlined
def _rotate(R, axis, angle, S):
    """Turn a frame about an axis of its own; `S` is room to work in."""
    s, c = np.sin(angle), np.cos(angle)
    x, y, z, d = axis[0], axis[1], axis[2], 1.0 - c
    for k in range(3):
        u, v, w = R[k, 0], R[k, 1], R[k, 2]
        S[k, 0] = u * (c + d * x * x) + v * (d * x * y + s * z) + w * (d * x * z - s * y)
        S[k, 1] = u * (d * x * y - s * z) + v * (c + d * y * y) + w * (d * y * z + s * x)
        S[k, 2] = u * (d * x * z + s * y) + v * (d * y * z - s * x) + w * (c + d * z * z)
    R[:] = S


@jit
def tool_motion(links, q, qd, qdd, p, v, a):
    """Fill in position, velocity and acceleration of the tool centre point in world, shape (k, 3) each.

    Args:
        q, qd, qdd: Of the chain's joints, shape (k, N).
    """
    R, S = np.empty((3, 3)), np.empty((3, 3))
    w, dw, arm, axis, work = np.empty(3), np.empty(3), np.empty(3), np.empty(3), np.empty(3)
    for row in range(q.shape[0]):
        R[:], p[row] = links.base[:3, :3], links.base[:3, 3]
        v[row], a[row], w[:], dw[:] = 0.0, 0.0, 0.0, 0.0
        for i in range(links.axis.shape[0]):
            _turned(R, links.fixed[i, :3, 3], arm)
            _carry(p[row], v[row], a[row], w, dw, arm, work)
            S[:] = R
            for k in range(3):
                for j in range(3):
                    R[k, j] = 0.0
                    for m in range(3):
                        R[k, j] += S[k, m] * links.fixed[i, m, j]
            _turned(R, links.axis[i], axis)
            rate, gain = qd[row, i], qdd[row, i]
            work[:] = 0.0
            _add_cross(w, axis, work)
            if links.prismatic[i]:
                turn = work.copy()
                for k in range(3):
                    arm[k] = axis[k] * q[row, i]
                _carry(p[row], v[row], a[row], w, dw, arm, work)
                for k in range(3):
                    v[row, k] += axis[k] * rate
                    a[row, k] += axis[k] * gain + 2.0 * turn[k] * rate
            else:
                _rotate(R, links.axis[i], q[row, i], S)
                for k in range(3):
                    w[k] += axis[k] * rate
                    dw[k] += axis[k] * gain + work[k] * rate
        _turned(R, links.tip, arm)
        _carry(p[row], v[row], a[row], w, dw, arm, work)
