"""Rigid transforms as 4x4 arrays, and quaternions in x, y, z, w order.

Names say frames: `X_world_obj` maps coordinates in obj to coordinates in world
(see docs/conventions.md).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

Array = NDArray[np.float64]


def pose(
    position: ArrayLike = (0.0, 0.0, 0.0), quat_xyzw: ArrayLike = (0.0, 0.0, 0.0, 1.0)
) -> Array:
    """Build a pose from a position, shape (3,) [m], and a quaternion, shape (4,)."""
    X = np.eye(4)
    X[:3, :3] = Rotation.from_quat(np.asarray(quat_xyzw, dtype=float)).as_matrix()
    X[:3, 3] = position
    return X


def pose_rpy(position: ArrayLike, rpy: ArrayLike) -> Array:
    """Build a pose from a position [m] and roll, pitch, yaw about fixed x, y, z [rad] (as URDF does)."""
    X = np.eye(4)
    X[:3, :3] = Rotation.from_euler("xyz", np.asarray(rpy, dtype=float)).as_matrix()
    X[:3, 3] = position
    return X


def quat_of(X: ArrayLike) -> Array:
    """Return the quaternion of a pose or rotation matrix, x, y, z, w with w >= 0, shape (4,)."""
    matrix = np.asarray(X, dtype=float)[:3, :3]
    return Rotation.from_matrix(matrix).as_quat(canonical=True)


def inverse(X: ArrayLike) -> Array:
    """Return the inverse of a rigid transform, shape (4, 4)."""
    X = np.asarray(X, dtype=float)
    result = np.eye(4)
    result[:3, :3] = X[:3, :3].T
    result[:3, 3] = -X[:3, :3].T @ X[:3, 3]
    return result


def apply(X: ArrayLike, points: ArrayLike) -> Array:
    """Map points, shape (..., 3) [m], by a pose."""
    X = np.asarray(X, dtype=float)
    return np.asarray(points, dtype=float) @ X[:3, :3].T + X[:3, 3]


def rotation_angle(R_a: ArrayLike, R_b: ArrayLike) -> float:
    """Return the angle between two rotations or poses [rad]."""
    a, b = np.asarray(R_a, dtype=float)[:3, :3], np.asarray(R_b, dtype=float)[:3, :3]
    return float(Rotation.from_matrix(a.T @ b).magnitude())


def interpolate(X_start: ArrayLike, X_goal: ArrayLike, share: float) -> Array:
    """Interpolate two poses: position linearly, rotation about its fixed axis.

    Args:
        share: 0 gives the start, 1 the goal.
    """
    a, b = np.asarray(X_start, dtype=float), np.asarray(X_goal, dtype=float)
    turn = Rotation.from_matrix(a[:3, :3].T @ b[:3, :3]).as_rotvec()
    X = np.eye(4)
    X[:3, :3] = a[:3, :3] @ Rotation.from_rotvec(share * turn).as_matrix()
    X[:3, 3] = (1.0 - share) * a[:3, 3] + share * b[:3, 3]
    return X


def look_at(eye: ArrayLike, target: ArrayLike) -> Array:
    """Return the pose of a camera (OpenCV: +z forward, +y down) at `eye` that looks at `target`, z up in world."""
    p_eye = np.asarray(eye, dtype=float)
    forward = np.asarray(target, dtype=float) - p_eye
    forward = forward / np.linalg.norm(forward)
    right = np.cross(forward, (0.0, 0.0, 1.0))
    if np.linalg.norm(right) < 1e-9:  # straight up or down: any direction is level
        right = np.array([1.0, 0.0, 0.0])
    right = right / np.linalg.norm(right)
    X = np.eye(4)
    X[:3, :3] = np.column_stack([right, np.cross(forward, right), forward])
    X[:3, 3] = p_eye
    return X
