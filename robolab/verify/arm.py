"""The verifier's own Pinocchio model of the robot, read from its description.

It takes from `RobotModel` only what the description says: file, joint names, limits, motors,
where the base stands, and which joints are locked or follow the arm's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pinocchio as pin
from numpy.typing import ArrayLike

from robolab.core.errors import RobotError
from robolab.core.transforms import Array
from robolab.robots.model import TCP, Payload, RobotModel


@dataclass(frozen=True)
class ToolMotion:
    """Motion of the tool centre point in world, at s times.

    Attributes:
        pose: Shape (s, 4, 4). velocity, acceleration: Of the point, shape (s, 3).
        spin, spin_rate: Angular velocity and acceleration, shape (s, 3).
    """

    pose: Array
    velocity: Array
    acceleration: Array
    spin: Array
    spin_rate: Array


class Arm:
    """Kinematics and dynamics by joint positions of the arm, shape (n,) or (s, n).

    Locked joints are welded. The N joints that still move are weights @ q + offset.

    Args:
        robot: Read as data only.
        gravity: In world [m/s2].

    Raises:
        RobotError: a moving joint is neither the arm's, nor locked, nor coupled; no tcp.
    """

    def __init__(self, robot: RobotModel, gravity: ArrayLike = (0.0, 0.0, -9.81)) -> None:
        self.robot = robot
        self.X_world_base: Array = np.asarray(robot.X_world_base, dtype=float)
        self.model, self.geometry = _welded(robot)
        self.weights, self.offset = self._mapping()
        R_base_world = self.X_world_base[:3, :3].T
        self.model.gravity.linear = R_base_world @ np.asarray(gravity, dtype=float)
        if not self.model.existFrame(TCP):
            raise RobotError("has no tool centre point", file=robot.urdf, expected=f"link {TCP!r}")
        self._tcp: int = self.model.getFrameId(TCP)
        frame = self.model.frames[self._tcp]
        self.tcp_joint: int = frame.parentJoint
        self.X_joint_tcp: Array = np.asarray(frame.placement.homogeneous)
        self._data: Any = self.model.createData()

    @property
    def units(self) -> tuple[str, ...]:
        """Unit of each arm joint's position."""
        joints = [self.model.joints[self.model.getJointId(name)] for name in self.robot.joints]
        return tuple("m" if "JointModelP" in joint.shortname() else "rad" for joint in joints)

    def _mapping(self) -> tuple[Array, Array]:
        names = list(self.model.names)[1:]
        weights = np.zeros((len(names), len(self.robot.joints)))
        offset = np.zeros(len(names))
        for row, name in enumerate(names):
            if name in self.robot.joints:
                weights[row, self.robot.joints.index(name)] = 1.0
            elif name in self.robot.coupled:
                weights[row], offset[row] = self.robot.coupled[name]
            else:
                raise RobotError(
                    "joint is neither the arm's, nor locked, nor coupled",
                    file=self.robot.urdf,
                    field=name,
                )
        missing = set(self.robot.joints) - set(names)
        if missing:
            raise RobotError("joint is not in the description", field=min(missing))
        return weights, offset

    def configuration(self, q: Array) -> Array:
        """Pinocchio's configuration, shape (s, nq); a continuous joint is a cosine and a sine."""
        angles = q @ self.weights.T + self.offset
        result = np.zeros((q.shape[0], self.model.nq))
        for column, joint in enumerate(self.model.joints[1:]):
            if joint.nq == 1:
                result[:, joint.idx_q] = angles[:, column]
            else:
                result[:, joint.idx_q] = np.cos(angles[:, column])
                result[:, joint.idx_q + 1] = np.sin(angles[:, column])
        return result

    def joint_poses(self, q: Array) -> Array:
        """Poses in world of the universe (0) and the N moving joints.

        Args:
            q: Shape (s, n).
        Returns:
            Shape (s, N + 1, 4, 4).
        """
        poses = np.empty((q.shape[0], self.model.njoints, 4, 4))
        for k, position in enumerate(self.configuration(q)):
            pin.forwardKinematics(self.model, self._data, position)
            poses[k] = [placement.homogeneous for placement in self._data.oMi]
        return self.X_world_base @ poses

    def tool_pose(self, q: Array) -> Array:
        """Pose of the tool centre point in world at one position of shape (n,), shape (4, 4)."""
        return self.joint_poses(q[None])[0, self.tcp_joint] @ self.X_joint_tcp

    def tool_points(self, q: Array) -> Array:
        """Tool centre point in world at s positions of shape (s, n), shape (s, 3) [m]."""
        return (self.joint_poses(q)[:, self.tcp_joint] @ self.X_joint_tcp[:, 3])[:, :3]

    def tool_motion(self, q: Array, qd: Array, qdd: Array) -> ToolMotion:
        """Motion of the tool centre point at s states of shape (s, n)."""
        positions = self.configuration(q)
        speeds, accelerations = qd @ self.weights.T, qdd @ self.weights.T
        poses = np.empty((q.shape[0], 4, 4))
        rates = np.empty((q.shape[0], 4, 3))
        axes = pin.ReferenceFrame.LOCAL_WORLD_ALIGNED
        for k, position in enumerate(positions):
            pin.forwardKinematics(self.model, self._data, position, speeds[k], accelerations[k])
            placement = pin.updateFramePlacement(self.model, self._data, self._tcp)
            poses[k] = placement.homogeneous
            twist = pin.getFrameVelocity(self.model, self._data, self._tcp, axes)
            change = pin.getFrameClassicalAcceleration(self.model, self._data, self._tcp, axes)
            rates[k] = twist.linear, change.linear, twist.angular, change.angular
        rates = rates @ self.X_world_base[:3, :3].T
        return ToolMotion(self.X_world_base @ poses, *np.moveaxis(rates, 1, 0))

    def torque(self, q: Array, qd: Array, qdd: Array, payload: Payload | None) -> Array:
        """Joint torques without friction at s states, shape (s, n) [N m or N]."""
        model = self.model if payload is None else self._loaded(payload)
        data = model.createData()
        positions = self.configuration(q)
        speeds, accelerations = qd @ self.weights.T, qdd @ self.weights.T
        torques = np.empty_like(speeds)
        for k, position in enumerate(positions):
            torques[k] = pin.rnea(model, data, position, speeds[k], accelerations[k])
        return torques @ self.weights

    def _loaded(self, payload: Payload) -> Any:
        model = self.model.copy()
        body = pin.Inertia(payload.mass, np.asarray(payload.com), np.asarray(payload.inertia))
        model.appendBodyToJoint(self.tcp_joint, body, pin.SE3(self.X_joint_tcp))
        return model


def _welded(robot: RobotModel) -> tuple[Any, Any]:
    """Model and collision geometry of the description, locked joints welded."""
    try:
        model = pin.buildModelFromUrdf(str(robot.urdf))
        geometry = pin.buildGeomFromUrdf(model, str(robot.urdf), pin.GeometryType.COLLISION)
    except (ValueError, RuntimeError) as error:
        raise RobotError(f"cannot be read: {error}", file=robot.urdf) from error
    reference = pin.neutral(model)
    locked: list[int] = []
    for name, position in robot.locked.items():
        if not model.existJointName(name):
            raise RobotError("locked joint is not in the description", field=name)
        joint = model.getJointId(name)
        locked.append(joint)
        reference[model.joints[joint].idx_q] = position
    if not locked:
        return model, geometry
    welded, parts = pin.buildReducedModel(model, geometry, locked, reference)
    return welded, parts
