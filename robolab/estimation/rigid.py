"""Joint torque as a linear function of inertial parameters, by vector algebra on plain arrays.

Ten parameters a body: mass, mass times centre of mass (3), inertia about the frame's origin xx, xy, yy,
xz, yz, zz. Every function takes any leading shape (...), one sample or a whole log, and uses nothing that
an exported step could not do: products, sums, one sine and one cosine a joint.

References: Atkeson, An, Hollerbach (1986), "Estimation of inertial parameters of manipulator loads and links".
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.linkage import Linkage

PARAMETERS = 10
"""Inertial parameters of one body."""


class Motion(NamedTuple):
    """How the bodies move, all vectors in the base's axes.

    Attributes:
        R, p: Frames of the bodies, shapes (..., N, 3, 3) and (..., N, 3) [m].
        axis: Joint axes, shape (..., N, 3).
        w, dw: Angular velocity and acceleration, shape (..., N, 3).
        a: Linear acceleration of the frames' origins with gravity taken off, shape (..., N, 3) [m/s2].
    """

    R: Array
    p: Array
    axis: Array
    w: Array
    dw: Array
    a: Array


def cross(a: Array, b: Array) -> Array:
    """Return the vector product along the last axis, much faster than numpy's on small arrays."""
    out = np.empty(a.shape if a.shape == b.shape else np.broadcast_shapes(a.shape, b.shape))
    out[..., 0] = a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1]
    out[..., 1] = a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2]
    out[..., 2] = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return out


def motion_of(linkage: Linkage, q: Array, qd: Array, qdd: Array) -> Motion:
    """Propagate a motion of the joints to all bodies.

    Args:
        q, qd, qdd: Of the arm's joints, shape (..., n) [rad or m, and per s, s2].
    """
    q = q @ linkage.weights.T + linkage.offset
    qd, qdd = qd @ linkage.weights.T, qdd @ linkage.weights.T
    shape, count = q.shape[:-1], len(linkage.parent)
    R = np.empty((*shape, count, 3, 3))
    p, axis, w, dw, a = (np.empty((*shape, count, 3)) for _ in range(5))
    still = (np.eye(3), np.zeros(3), np.zeros(3), np.zeros(3), -linkage.gravity)
    for i, up in enumerate(linkage.parent):
        Ru, pu, wu, du, au = still
        if up >= 0:
            Ru = R[..., up, :, :]
            pu, wu, du, au = (X[..., up, :] for X in (p, w, dw, a))
        R0 = Ru @ linkage.R[i]
        z = R0 @ linkage.axis[i]
        arm = Ru @ linkage.p[i]
        speed, rate = z * qd[..., i, None], z * qdd[..., i, None]
        if linkage.prismatic[i]:
            R[..., i, :, :] = R0
            arm = arm + z * q[..., i, None]
            w[..., i, :], dw[..., i, :] = wu, du
            own = rate + 2.0 * cross(wu, speed)
        else:
            R[..., i, :, :] = R0 @ _turn(linkage.axis[i], q[..., i])
            w[..., i, :] = wu + speed
            dw[..., i, :] = du + rate + cross(wu, speed)
            own = np.zeros(3)
        axis[..., i, :], p[..., i, :] = z, pu + arm
        a[..., i, :] = au + cross(du, arm) + cross(wu, cross(wu, arm)) + own
    return Motion(R, p, axis, w, dw, a)


def _turn(axis: Array, angle: Array) -> Array:
    s, c = np.sin(angle)[..., None, None], np.cos(angle)[..., None, None]
    K = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return c * np.eye(3) + s * K + (1.0 - c) * np.outer(axis, axis)


def body_columns(
    linkage: Linkage,
    motion: Motion,
    i: int,
    at: tuple[Array, Array] | None = None,
    count: int = PARAMETERS,
) -> Array:
    """Return the torque of all joints per parameter of one body.

    Args:
        at: The frame that the parameters are given in, (R, p) in body i's; by default the body's own.
        count: 4 leaves the inertia out, which is small beside the rest for a compact load.
    Returns:
        Shape (..., n, count), so that torque = columns @ parameters.
    """
    R, p = motion.R[..., i, :, :], motion.p[..., i, :]
    w, dw, a = motion.w[..., i, :], motion.dw[..., i, :], motion.a[..., i, :]
    if at is not None:
        arm = R @ at[1]
        R, p, a = R @ at[0], p + arm, a + cross(dw, arm) + cross(w, cross(w, arm))
    force, moment = _wrench_columns(R, w, dw, a, count)
    result = np.zeros((*p.shape[:-1], len(linkage.parent), count))
    j = i
    while j >= 0:
        z = motion.axis[..., j, None, :]
        if linkage.prismatic[j]:
            result[..., j, :] = (force * z).sum(-1)
        else:
            arm = (p - motion.p[..., j, :])[..., None, :]
            result[..., j, :] = ((moment + cross(arm, force)) * z).sum(-1)
        j = int(linkage.parent[j])
    return linkage.weights.T @ result


def _wrench_columns(R: Array, w: Array, dw: Array, a: Array, count: int) -> tuple[Array, Array]:
    """Force and moment about the frame's origin per parameter, in the base's axes, shapes (..., count, 3)."""
    force, moment = (np.zeros((*a.shape[:-1], count, 3)) for _ in range(2))
    force[..., 0, :] = a
    for k in range(3):
        e = R[..., :, k]
        force[..., 1 + k, :] = cross(dw, e) + cross(w, cross(w, e))
        moment[..., 1 + k, :] = cross(e, a)
    if count > 4:
        for column, (k, l) in enumerate(((0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2)), 4):
            moment[..., column, :] = _turning(R[..., :, k], R[..., :, l], w, dw)
            if k != l:
                moment[..., column, :] += _turning(R[..., :, l], R[..., :, k], w, dw)
    return force, moment


def _turning(e: Array, f: Array, w: Array, dw: Array) -> Array:
    """Moment of the inertia e f' : (e f') dw + w x (e f') w."""
    return e * (f * dw).sum(-1, keepdims=True) + cross(w, e) * (f * w).sum(-1, keepdims=True)


def arm_torque(linkage: Linkage, motion: Motion, inertial: Array) -> Array:
    """Return the torque of all joints for given bodies, `arm_columns @ inertial` in a tenth of the time.

    Args:
        inertial: Shape (10 N,).
    """
    bodies = inertial.reshape(-1, PARAMETERS)
    force, moment = (np.empty(motion.a.shape) for _ in range(2))
    for i, body in enumerate(bodies):
        R = motion.R[..., i, :, :]
        w, dw, a = (X[..., i, :] for X in (motion.w, motion.dw, motion.a))
        h = R @ body[1:4]
        inertia = R @ body[[4, 5, 7, 5, 6, 8, 7, 8, 9]].reshape(3, 3)
        spin = (inertia @ (R.swapaxes(-1, -2) @ w[..., None]))[..., 0]
        gain = (inertia @ (R.swapaxes(-1, -2) @ dw[..., None]))[..., 0]
        force[..., i, :] = body[0] * a + cross(dw, h) + cross(w, cross(w, h))
        moment[..., i, :] = cross(h, a) + gain + cross(w, spin)
    torque = np.empty(motion.p.shape[:-1])
    for i in range(len(bodies) - 1, -1, -1):
        load = force if linkage.prismatic[i] else moment
        torque[..., i] = (motion.axis[..., i, :] * load[..., i, :]).sum(-1)
        up = int(linkage.parent[i])
        if up >= 0:
            arm = motion.p[..., i, :] - motion.p[..., up, :]
            force[..., up, :] += force[..., i, :]
            moment[..., up, :] += moment[..., i, :] + cross(arm, force[..., i, :])
    return torque @ linkage.weights


def arm_columns(linkage: Linkage, motion: Motion) -> Array:
    """Return the torque of all joints per parameter of all bodies, shape (..., n, 10 N)."""
    return np.concatenate(
        [body_columns(linkage, motion, i) for i in range(len(linkage.parent))], axis=-1
    )


def payload_columns(linkage: Linkage, motion: Motion, count: int = 4) -> Array:
    """Return the torque of all joints per parameter of a load, given in tcp, shape (..., n, count)."""
    at = (linkage.R_tip_tcp, linkage.p_tip_tcp)
    return body_columns(linkage, motion, linkage.tip, at, count)
