"""Motion of the tool centre point that follows from joint motion, for many instants at once."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.model import Chain


def tool_motion(chain: Chain, q: Array, qd: Array, qdd: Array) -> tuple[Array, Array, Array]:
    """Return position, velocity and acceleration of the tool centre point in world.

    Args:
        q, qd, qdd: Arm joints and their derivatives, by time or any other parameter, shape (k, n).
    Returns:
        Three arrays of shape (k, 3) [m, and per unit of the parameter, and its square].
    """
    q, qd, qdd = q @ chain.weights.T + chain.offset, qd @ chain.weights.T, qdd @ chain.weights.T
    k = q.shape[0]
    R = np.broadcast_to(chain.X_world_base[:3, :3], (k, 3, 3))
    p = np.broadcast_to(chain.X_world_base[:3, 3], (k, 3))
    v = a = w = dw = np.zeros((k, 3))
    for i in range(chain.axis.shape[0]):
        p, v, a = _carry(p, v, a, w, dw, R @ chain.fixed[i, :3, 3])
        R = R @ chain.fixed[i, :3, :3]
        axis = R @ chain.axis[i]
        rate, gain = axis * qd[:, i, None], axis * qdd[:, i, None]
        turn = np.cross(w, rate)
        if chain.prismatic[i]:
            p, v, a = _carry(p, v, a, w, dw, axis * q[:, i, None])
            v, a = v + rate, a + gain + 2.0 * turn
        else:
            R = R @ _rotations(chain.axis[i], q[:, i])
            w, dw = w + rate, dw + gain + turn
    return _carry(p, v, a, w, dw, R @ chain.X_last_tcp[:3, 3])


def _carry(
    p: Array, v: Array, a: Array, w: Array, dw: Array, arm: Array
) -> tuple[Array, Array, Array]:
    """Move from one point of a rigid body to another, `arm` away."""
    swing = np.cross(w, arm)
    return p + arm, v + swing, a + np.cross(dw, arm) + np.cross(w, swing)


def _rotations(axis: Array, angle: Array) -> Array:
    """Rotations about a fixed unit axis, shape (k, 3, 3)."""
    x, y, z = axis
    K = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    sine, cosine = np.sin(angle)[:, None, None], np.cos(angle)[:, None, None]
    return np.eye(3) + sine * K + (1.0 - cosine) * (K @ K)
