"""Inverse kinematics by damped least squares from many seeds, compiled."""

from __future__ import annotations

import numpy as np

from robolab.core.compiled import jit
from robolab.core.transforms import Array
from robolab.kernels.compiled_kinematics import place_frames

_LONGEST_STEP = 0.7
"""No joint moves farther than this in one iteration [rad or m]: beyond, the linearisation misleads."""
_LEAST_DAMPING = 1e-12


@jit
def tool_jacobian(rows: Array, ends: Array, q: Array, X: Array, J: Array) -> None:
    """Fill in the pose of the tool in world, shape (4, 4), and its Jacobian in tool axes, shape (6, n).

    Rows of the Jacobian: linear, then angular.
    """
    count, n = rows.shape[0], q.shape[0]
    frames = np.empty((count + 1, 12))
    place_frames(rows, ends, q, frames)
    f, t = frames[count], ends[1]
    X[3, :3], X[3, 3] = 0.0, 1.0
    for r in range(3):
        a, b, c = f[3 * r], f[3 * r + 1], f[3 * r + 2]
        for k in range(3):
            X[r, k] = a * t[k] + b * t[3 + k] + c * t[6 + k]
        X[r, 3] = a * t[9] + b * t[10] + c * t[11] + f[9 + r]
    J[:] = 0.0
    v, w = np.empty(3), np.empty(3)
    for i in range(count):
        up, row = frames[i], rows[i]
        for r in range(3):
            w[r] = up[3 * r] * row[30] + up[3 * r + 1] * row[31] + up[3 * r + 2] * row[32]
        if row[33] > 0.0:
            v[:] = w
            w[:] = 0.0
        else:
            dx, dy, dz = (
                X[0, 3] - frames[i + 1, 9],
                X[1, 3] - frames[i + 1, 10],
                X[2, 3] - frames[i + 1, 11],
            )
            v[0], v[1], v[2] = w[1] * dz - w[2] * dy, w[2] * dx - w[0] * dz, w[0] * dy - w[1] * dx
        for r in range(3):
            linear = X[0, r] * v[0] + X[1, r] * v[1] + X[2, r] * v[2]
            angular = X[0, r] * w[0] + X[1, r] * w[1] + X[2, r] * w[2]
            for j in range(n):
                J[r, j] += linear * row[35 + j]
                J[3 + r, j] += angular * row[35 + j]


@jit
def _pose_error(X: Array, goal: Array, error: Array) -> None:
    """What is missing to the goal, in tool axes: translation [m], then rotation vector [rad]."""
    R = np.empty((3, 3))
    for r in range(3):
        total = 0.0
        for k in range(3):
            total += X[k, r] * (goal[k, 3] - X[k, 3])
            R[r, k] = X[0, r] * goal[0, k] + X[1, r] * goal[1, k] + X[2, r] * goal[2, k]
        error[r] = total
    x, y, z = R[2, 1] - R[1, 2], R[0, 2] - R[2, 0], R[1, 0] - R[0, 1]
    sine = 0.5 * np.sqrt(x * x + y * y + z * z)
    cosine = 0.5 * (R[0, 0] + R[1, 1] + R[2, 2] - 1.0)
    angle = np.arctan2(sine, cosine)
    if sine > 1e-9:
        scale = 0.5 * angle / sine
        error[3], error[4], error[5] = scale * x, scale * y, scale * z
    elif cosine > 0.0:
        error[3], error[4], error[5] = 0.5 * x, 0.5 * y, 0.5 * z
    else:
        # Half a turn: the axis is the largest column of R + 1.
        k = 0
        for i in range(1, 3):
            if R[i, i] > R[k, k]:
                k = i
        length = np.sqrt(2.0 * (R[k, k] + 1.0))
        for r in range(3):
            error[3 + r] = np.pi * (R[r, k] + (1.0 if r == k else 0.0)) / length


@jit
def _solve_positive(A: Array, b: Array, size: int) -> None:
    """Solve A x = b in place for a symmetric positive definite A, by Cholesky's factors; x ends up in b."""
    for j in range(size):
        for k in range(j):
            A[j, j] -= A[j, k] * A[j, k]
        A[j, j] = np.sqrt(max(A[j, j], 1e-300))
        for i in range(j + 1, size):
            for k in range(j):
                A[i, j] -= A[i, k] * A[j, k]
            A[i, j] /= A[j, j]
        for k in range(j):
            b[j] -= A[j, k] * b[k]
        b[j] /= A[j, j]
    for j in range(size - 1, -1, -1):
        for i in range(j + 1, size):
            b[j] -= A[i, j] * b[i]
        b[j] /= A[j, j]


@jit
def _damped_step(J: Array, error: Array, damping: float, step: Array) -> None:
    """Fill in the step that minimises |J step - error|^2 + damping |step|^2, shape (n,)."""
    n = J.shape[1]
    if n <= 6:
        A = np.empty((n, n))
        for i in range(n):
            step[i] = 0.0
            for r in range(6):
                step[i] += J[r, i] * error[r]
            for j in range(n):
                A[i, j] = damping if i == j else 0.0
                for r in range(6):
                    A[i, j] += J[r, i] * J[r, j]
        _solve_positive(A, step, n)
        return
    A, y = np.empty((6, 6)), np.empty(6)
    for i in range(6):
        y[i] = error[i]
        for j in range(6):
            A[i, j] = damping if i == j else 0.0
            for k in range(n):
                A[i, j] += J[i, k] * J[j, k]
    _solve_positive(A, y, 6)
    for k in range(n):
        step[k] = 0.0
        for i in range(6):
            step[k] += J[i, k] * y[i]


@jit
def descend(
    rows: Array,
    ends: Array,
    goal: Array,
    weight: Array,
    bounds: Array,
    q: Array,
    iterations: int,
    tolerance: float,
) -> float:
    """Move joint positions in place towards a goal pose.

    Args:
        goal: Pose of the tool in world, shape (4, 4).
        weight: Of the error's components in tool axes, shape (6,); 0 leaves one free.
        bounds: Joint limits, shape (2, n).
        q: Start, overwritten by the result, shape (n,).
        tolerance: Error at which to stop [m, rad].
    Returns:
        Norm of the error left.
    References: Sugihara (2011), solvability-unconcerned inverse kinematics: damping by the squared error.
    """
    n = q.shape[0]
    X, J, error, step = np.empty((4, 4)), np.empty((6, n)), np.empty(6), np.empty(n)
    size = 1e9
    for _ in range(iterations):
        tool_jacobian(rows, ends, q, X, J)
        _pose_error(X, goal, error)
        square = 0.0
        for r in range(6):
            error[r] *= weight[r]
            square += error[r] * error[r]
            for j in range(n):
                J[r, j] *= weight[r]
        size = np.sqrt(square)
        if size <= tolerance:
            return size
        _damped_step(J, error, 0.5 * square + _LEAST_DAMPING, step)
        largest = 0.0
        for j in range(n):
            largest = max(largest, abs(step[j]))
        scale = 1.0 if largest <= _LONGEST_STEP else _LONGEST_STEP / largest
        moved = 0.0
        for j in range(n):
            before = q[j]
            q[j] = min(max(q[j] + scale * step[j], bounds[0, j]), bounds[1, j])
            moved = max(moved, abs(q[j] - before))
        if moved < 1e-13:
            return size
    return size


@jit
def descend_many(
    rows: Array,
    ends: Array,
    goal: Array,
    weight: Array,
    bounds: Array,
    seeds: Array,
    iterations: int,
    tolerance: float,
) -> Array:
    """Descend from every seed, shape (m, n), in place; return the errors left, shape (m,)."""
    left = np.empty(seeds.shape[0])
    for i in range(seeds.shape[0]):
        left[i] = descend(rows, ends, goal, weight, bounds, seeds[i], iterations, tolerance)
    return left


@jit
def follow(
    rows: Array,
    ends: Array,
    goals: Array,
    q: Array,
    Q: Array,
    J: Array,
    iterations: int,
    tolerance: float,
) -> int:
    """Follow a sequence of near poses from joint positions at the first, without regard to limits.

    Args:
        goals: Poses of the tool in world, shape (m, 4, 4).
        q: Joint positions near the first pose, shape (n,).
        Q, J: Filled in with joint positions, shape (m, n), and Jacobians in tool axes, shape (m, 6, n).
    Returns:
        How many poses were reached before one was not.
    """
    n = q.shape[0]
    weight, bounds, X = np.ones(6), np.empty((2, n)), np.empty((4, 4))
    bounds[0], bounds[1] = -1e9, 1e9
    for i in range(goals.shape[0]):
        if i == 0:
            Q[i] = q
        elif i == 1:
            Q[i] = Q[0]
        else:
            Q[i] = 2.0 * Q[i - 1] - Q[i - 2]
        left = descend(rows, ends, goals[i], weight, bounds, Q[i], iterations, tolerance)
        tool_jacobian(rows, ends, Q[i], X, J[i])
        if left > 1e3 * tolerance:
            return i
    return goals.shape[0]


@jit
def tool_poses(rows: Array, ends: Array, Q: Array) -> Array:
    """Poses of the tool in world for many joint positions, shape (m, n) -> (m, 4, 4)."""
    X, J = np.empty((Q.shape[0], 4, 4)), np.empty((6, Q.shape[1]))
    for i in range(Q.shape[0]):
        tool_jacobian(rows, ends, Q[i], X[i], J)
    return X
