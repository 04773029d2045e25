"""Inverse dynamics of a tree of one-axis joints at many states, compiled."""

# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUntypedFunctionDecorator=false

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from robolab.core.compiled import inlined, jit
from robolab.core.transforms import Array


class Bodies(NamedTuple):
    """A tree of N bodies, parents before children; all vectors in the body's own joint frame.

    Attributes:
        parent: Index of the body it hangs on, -1 for the base, shape (N,).
        R, p: Joint frame in the parent's at position zero, shapes (N, 3, 3) and (N, 3) [m].
        axis: Unit axis, shape (N, 3).
        prismatic: Shape (N,), bool.
        mass, com, inertia: [kg], (N, 3) [m], and about the centre of mass (N, 3, 3) [kg m2].
        gravity: In the base's frame, shape (3,) [m/s2].
    """

    parent: np.ndarray
    R: Array
    p: Array
    axis: Array
    prismatic: np.ndarray
    mass: Array
    com: Array
    inertia: Array
    gravity: Array


@inlined
def _placed(bodies, i, q, R, p):
    """Write frame i in its parent's, at joint position q."""
    axis = bodies.axis[i]
    if bodies.prismatic[i]:
        R[:] = bodies.R[i]
        for a in range(3):
            p[a] = bodies.p[i, a] + q * (R[a, 0] * axis[0] + R[a, 1] * axis[1] + R[a, 2] * axis[2])
        return
    s, c = np.sin(q), np.cos(q)
    x, y, z = axis[0], axis[1], axis[2]
    d = 1.0 - c
    for a in range(3):
        u, v, w = bodies.R[i, a, 0], bodies.R[i, a, 1], bodies.R[i, a, 2]
        R[a, 0] = u * (c + d * x * x) + v * (d * x * y + s * z) + w * (d * x * z - s * y)
        R[a, 1] = u * (d * x * y - s * z) + v * (c + d * y * y) + w * (d * y * z + s * x)
        R[a, 2] = u * (d * x * z + s * y) + v * (d * y * z - s * x) + w * (c + d * z * z)
        p[a] = bodies.p[i, a]


@inlined
def _cross(a, b, out):
    out[0] = a[1] * b[2] - a[2] * b[1]
    out[1] = a[2] * b[0] - a[0] * b[2]
    out[2] = a[0] * b[1] - a[1] * b[0]


@inlined
def _forward(bodies, i, R, p, qd, qdd, w, dw, a, work):
    """Angular velocity, angular and linear acceleration of frame i from its parent's; row N is the base's."""
    count = bodies.parent.shape[0]
    up = bodies.parent[i] if bodies.parent[i] >= 0 else count
    swing, twice, turn = work[0], work[1], work[2]
    _cross(dw[up], p, swing)
    _cross(w[up], p, turn)
    _cross(w[up], turn, twice)
    for k in range(3):
        swing[k] += a[up, k] + twice[k]
    for k in range(3):
        w[i, k] = R[0, k] * w[up, 0] + R[1, k] * w[up, 1] + R[2, k] * w[up, 2]
        dw[i, k] = R[0, k] * dw[up, 0] + R[1, k] * dw[up, 1] + R[2, k] * dw[up, 2]
        a[i, k] = R[0, k] * swing[0] + R[1, k] * swing[1] + R[2, k] * swing[2]
    axis = bodies.axis[i]
    _cross(w[i], axis, turn)
    if bodies.prismatic[i]:
        for k in range(3):
            a[i, k] += axis[k] * qdd + 2.0 * turn[k] * qd
    else:
        for k in range(3):
            dw[i, k] += axis[k] * qdd + turn[k] * qd
            w[i, k] += axis[k] * qd


@inlined
def _effort(bodies, i, w, dw, a, force, moment, work):
    """Force and moment about the frame's origin that move body i as it moves."""
    com, inertia, m = bodies.com[i], bodies.inertia[i], bodies.mass[i]
    swing, turn, spin = work[0], work[1], work[2]
    _cross(w[i], com, turn)
    _cross(w[i], turn, swing)
    _cross(dw[i], com, turn)
    for k in range(3):
        force[i, k] = m * (a[i, k] + turn[k] + swing[k])
        spin[k] = inertia[k, 0] * w[i, 0] + inertia[k, 1] * w[i, 1] + inertia[k, 2] * w[i, 2]
    _cross(w[i], spin, turn)
    _cross(com, force[i], swing)
    for k in range(3):
        moment[i, k] = turn[k] + swing[k]
        for j in range(3):
            moment[i, k] += inertia[k, j] * dw[i, j]


@inlined
def _hand_down(bodies, i, R, p, force, moment, work):
    """Add force and moment of body i to those of its parent."""
    up = bodies.parent[i]
    f, arm = work[0], work[1]
    for k in range(3):
        f[k] = R[k, 0] * force[i, 0] + R[k, 1] * force[i, 1] + R[k, 2] * force[i, 2]
    _cross(p, f, arm)
    for k in range(3):
        force[up, k] += f[k]
        moment[up, k] += (
            arm[k] + R[k, 0] * moment[i, 0] + R[k, 1] * moment[i, 1] + R[k, 2] * moment[i, 2]
        )


@jit
def inverse_dynamics(bodies, q, qd, qdd, tau):
    """Fill in joint torques by the recursive Newton-Euler algorithm.

    Args:
        q: Positions, shape (k, N) [rad or m].
        qd, qdd: Of m motions through them, shape (m, k, N) [per s, s2].
        tau: Shape (m, k, N) [N m or N].
    References: Featherstone (2008), "Rigid Body Dynamics Algorithms", ch. 5.3, written in 3-vectors.
    """
    count = bodies.parent.shape[0]
    R, p, work = np.empty((count, 3, 3)), np.empty((count, 3)), np.empty((3, 3))
    w, dw, a = np.zeros((count + 1, 3)), np.zeros((count + 1, 3)), np.zeros((count + 1, 3))
    force, moment = np.empty((count, 3)), np.empty((count, 3))
    for k in range(3):
        a[count, k] = -bodies.gravity[k]
    for row in range(q.shape[0]):
        for i in range(count):
            _placed(bodies, i, q[row, i], R[i], p[i])
        for m in range(qd.shape[0]):
            for i in range(count):
                _forward(bodies, i, R[i], p[i], qd[m, row, i], qdd[m, row, i], w, dw, a, work)
                _effort(bodies, i, w, dw, a, force, moment, work)
            for i in range(count - 1, -1, -1):
                load = force[i] if bodies.prismatic[i] else moment[i]
                axis = bodies.axis[i]
                tau[m, row, i] = axis[0] * load[0] + axis[1] * load[1] + axis[2] * load[2]
                if bodies.parent[i] >= 0:
                    _hand_down(bodies, i, R[i], p[i], force, moment, work)
