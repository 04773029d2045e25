"""Wrenches, force then torque, from frame to frame."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array


def skew(v: Array) -> Array:
    """Return the matrix that makes the cross product v x u of a vector u, shape (3, 3)."""
    x, y, z = (float(c) for c in v)
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])


def wrench_map(X_a_b: Array) -> Array:
    """Return the matrix that turns a wrench about b's origin, in b's axes, into one of frame a, shape (6, 6)."""
    R = X_a_b[:3, :3]
    result = np.zeros((6, 6))
    result[:3, :3] = result[3:, 3:] = R
    result[3:, :3] = skew(X_a_b[:3, 3]) @ R
    return result
