"""The drives' rotors: inertia that the gears reflect onto the joints.

PyBullet knows no rotor inertia. The description for the physics adds each rotor's to the link behind its
joint, about the joint's axis only, which is exact for the joint's own motion. But that link also turns with
the joints before it, and they would feel a rotor that in truth only its own joint turns; `RotorCoupling`
gives them the torque back. Without rotors a wrist weighs next to nothing, and no drive's gains are stable.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
from scipy.spatial.transform import Rotation

from robolab.core.transforms import Array
from robolab.robots.model import RobotModel
from robolab.robots.urdf import Joint, Tree, origin_of, rpy_of

_UPDATE_EVERY = 10
"""Periods between two updates of the inertia."""
_CROSS = np.array(
    [[0, 0, 0, 0, 0, 1, 0, -1, 0], [0, 0, -1, 0, 0, 0, 1, 0, 0], [0, 1, 0, -1, 0, 0, 0, 0, 0]]
)
"""a @ _CROSS, as a 3 by 3 matrix C, gives the volume b @ C @ c that a spans with b and c."""
_ENTRIES = (("ixx", "ixy", "ixz"), ("ixy", "iyy", "iyz"), ("ixz", "iyz", "izz"))


def reflected_inertia(robot: RobotModel) -> Array:
    """Return what each joint feels of its rotor, shape (n,) [kg m2 or kg]."""
    return robot.motors.gear_ratio**2 * robot.motors.rotor_inertia


def add_rotors(tree: Tree, robot: RobotModel) -> dict[str, Array]:
    """Add the rotors to a description.

    PyBullet refuses the inertia of a thin rotor in a file, but takes it afterwards about the principal
    axes, which the file then gives.

    Returns:
        For each link behind a drive its principal moments, shape (3,) [kg m2].
    """
    joints = {joint.name: joint for joint in tree.joints}
    moments: dict[str, Array] = {}
    for name, inertia in zip(robot.joints, reflected_inertia(robot).tolist(), strict=True):
        if inertia > 0.0 and joints[name].kind != "prismatic":
            moments[joints[name].child] = _add(tree, joints[name], inertia)
    return moments


class RotorCoupling:
    """What links with rotors in them take from other joints' motion, and should not.

    With S the speed of each such link about its own drive's axis, by the arm's joint speeds, PyBullet's
    inertia is M + S'JS where M + J is true. The difference times the acceleration is given back as a
    torque, and so is what the rotors' axes take to be turned. The acceleration follows from the last period's
    and the change of torque, so that contacts, loads and friction need not be known.

    Args:
        period: Of the corrections [s].
    """

    def __init__(self, robot: RobotModel, period: float) -> None:
        self._robot, self._period = robot, period
        self._inertia = np.diag(reflected_inertia(robot))
        self._rows = [_row_of(robot, joint) for joint in range(robot.dof)]
        self.reset()

    def reset(self) -> None:
        """Forget the last period: the arm has been put somewhere."""
        self._count = 0
        self._last: tuple[Array, Array] | None = None

    def torque(self, drives: Array, q: Array, qd: Array) -> Array:
        """Return the torque to add to the drives' in the next period; all of shape (n,)."""
        if self._count % _UPDATE_EVERY == 0:
            self._update(q)
        self._count += 1
        extra = np.zeros_like(drives)
        if self._last is not None:
            qd_last, given_last = self._last
            turning = self._turning @ qd @ qd
            slowing = given_last - self._in_physics @ (qd - qd_last) / self._period - turning
            extra = self._surplus @ (self._true_inverse @ (drives - slowing)) + turning
        self._last = (qd, drives + extra)
        return extra

    def _update(self, q: Array) -> None:
        axes = _axes(self._robot, q)
        speeds = self._speeds(axes)
        self._turning = self._turning_of(axes, speeds)
        true = self._robot.mass_matrix(q) + self._inertia
        self._surplus = speeds.T @ self._inertia @ speeds - self._inertia
        self._in_physics = true + self._surplus
        self._true_inverse = np.linalg.inv(true)

    def _speeds(self, axes: Array) -> Array:
        """S, shape (n, n)."""
        chain = self._robot.chain
        result = np.eye(self._robot.dof)
        for joint, row in enumerate(self._rows):
            if not chain.prismatic[row]:
                along = axes[: row + 1] @ axes[row]
                result[joint] = along @ chain.weights[: row + 1]
        return result

    def _turning_of(self, axes: Array, speeds: Array) -> Array:
        """The torque that turning the rotors' axes takes, by pairs of joint speeds, shape (n, n, n).

        A rotor that spins with its link at s about a turns its momentum J s a by J (ds/dt a + s w x a) in a
        second. Both parts have a share without any joint's acceleration; both are sums over pairs of joints
        before the link of the volume that their axes span with a.
        """
        weights, rows = self._robot.chain.weights, np.array(self._rows)
        before = np.arange(len(axes)) <= rows[:, None]
        volume = axes @ (axes[rows] @ _CROSS).reshape(-1, 3, 3) @ axes.T
        volume *= before[:, :, None] & before[:, None, :]
        spin = self._inertia @ speeds
        faster = weights.T @ (volume * np.tri(len(axes)).T) @ weights
        tilting = weights.T @ volume @ weights
        return np.tensordot(spin, faster, (0, 0)) + np.tensordot(tilting, spin, (0, 0))


def _row_of(robot: RobotModel, joint: int) -> int:
    """Index in the chain of an actuated joint."""
    own = np.all(robot.chain.weights == np.eye(robot.dof)[joint], axis=1)
    return int(np.flatnonzero(own & (robot.chain.offset == 0.0))[0])


def _axes(robot: RobotModel, q: Array) -> Array:
    """Directions of the chain's joints in the base's frame, zero for sliding ones, shape (N, 3)."""
    chain = robot.chain
    positions = chain.weights @ q + chain.offset
    result = np.zeros_like(chain.axis)
    R = np.eye(3)
    for row, (axis, slides) in enumerate(zip(chain.axis, chain.prismatic, strict=True)):
        R = R @ chain.fixed[row, :3, :3]
        if not slides:
            result[row] = R @ axis
            R = R @ Rotation.from_rotvec(positions[row] * axis).as_matrix()
    return result


def _add(tree: Tree, joint: Joint, inertia: float) -> Array:
    link = next(e for e in tree.element.findall("link") if e.attrib["name"] == joint.child)
    inertial = link.find("inertial")
    element = None if inertial is None else inertial.find("inertia")
    assert inertial is not None
    assert element is not None
    X_link_com = origin_of(inertial)
    axis = X_link_com[:3, :3].T @ joint.axis
    tensor = np.array([[float(element.attrib[name]) for name in row] for row in _ENTRIES])
    moments, axes = np.linalg.eigh(tensor + inertia * np.outer(axis, axis))
    X_link_com[:3, :3] = X_link_com[:3, :3] @ axes * np.sign(np.linalg.det(axes))
    old = inertial.find("origin")
    if old is not None:
        inertial.remove(old)
    xyz = " ".join(repr(float(v)) for v in X_link_com[:3, 3])
    rpy = " ".join(repr(v) for v in rpy_of(X_link_com))
    ET.SubElement(inertial, "origin", xyz=xyz, rpy=rpy)
    for name in ("ixx", "iyy", "izz"):
        element.set(name, repr(float(moments.max())))
    for name in ("ixy", "ixz", "iyz"):
        element.set(name, "0")
    return moments
