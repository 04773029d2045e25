"""Kinematics and dynamics of a RobotModel by Pinocchio."""

from __future__ import annotations

from typing import Any

import numpy as np
import pinocchio as pin
from numpy.typing import ArrayLike

from robolab.core.errors import UnknownName
from robolab.core.transforms import Array
from robolab.robots.chain import joint_map
from robolab.robots.model import TCP, Payload, RobotModel

GRAVITY = np.array([0.0, 0.0, -9.81])
"""In world [m/s2]."""


class RigidBodies:
    """Pinocchio's model of one robot, with the arm's joints as its coordinates.

    All joints of the description, fingers and coupled ones too, follow the arm's:
    q_all = weights @ q + offset, so that the arm's torques are weights.T @ tau_all.
    Not for two threads at once: Pinocchio's working memory is shared.
    """

    def __init__(self, robot: RobotModel) -> None:
        model: Any = pin.buildModelFromUrdf(str(robot.urdf))
        R_world_base = robot.X_world_base[:3, :3]
        model.gravity.linear = R_world_base.T @ GRAVITY
        self._model = model
        self._data: Any = model.createData()
        self._X_world_base = robot.X_world_base
        self._weights, self._offset = joint_map(robot, list(model.names)[1:])
        self._bodies = robot.bodies
        self._loaded: dict[tuple[float, bytes, bytes], Any] = {}

    def pose(self, q: ArrayLike, frame: str) -> Array:
        """See RobotModel.fk."""
        index = self._frame(frame)
        q = np.asarray(q, dtype=float)
        result = np.empty((*q.shape[:-1], 4, 4))
        for at in np.ndindex(q.shape[:-1]):
            pin.framesForwardKinematics(self._model, self._data, self._all(q[at]))
            result[at] = self._X_world_base @ self._data.oMf[index].homogeneous
        return result

    def jacobian(self, q: ArrayLike, frame: str) -> Array:
        """See RobotModel.jacobian."""
        index = self._frame(frame)
        full = pin.computeFrameJacobian(
            self._model, self._data, self._all(q), index, pin.LOCAL_WORLD_ALIGNED
        )
        R_world_base = self._X_world_base[:3, :3]
        return np.vstack([R_world_base @ full[:3], R_world_base @ full[3:]]) @ self._weights

    def torque(self, q: ArrayLike, qd: ArrayLike, qdd: ArrayLike, payload: Payload | None) -> Array:
        """See RobotModel.inverse_dynamics."""
        q, qd, qdd = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in (q, qd, qdd)))
        model, data = self._carrying(payload)
        q_all, v_all, a_all = self._all(q), qd @ self._weights.T, qdd @ self._weights.T
        result = np.empty(q_all.shape)
        for at in np.ndindex(q.shape[:-1]):
            result[at] = pin.rnea(model, data, q_all[at], v_all[at], a_all[at])
        return result @ self._weights

    def mass_matrix(self, q: ArrayLike, payload: Payload | None) -> Array:
        """See RobotModel.mass_matrix."""
        model, data = self._carrying(payload)
        upper = np.triu(pin.crba(model, data, self._all(q)))
        full = upper + np.triu(upper, 1).T
        return self._weights.T @ full @ self._weights

    def _all(self, q: ArrayLike) -> Array:
        return np.asarray(q, dtype=float) @ self._weights.T + self._offset

    def _frame(self, name: str) -> int:
        if name not in self._bodies:
            raise UnknownName("link", name, self._bodies)
        return int(self._model.getFrameId(name, pin.BODY))

    def _carrying(self, payload: Payload | None) -> tuple[Any, Any]:
        if payload is None:
            return self._model, self._data
        com, inertia = np.asarray(payload.com, float), np.asarray(payload.inertia, float)
        key = (float(payload.mass), com.tobytes(), inertia.tobytes())
        if key not in self._loaded:
            model: Any = pin.Model(self._model)
            tcp = model.frames[self._frame(TCP)]
            body = pin.Inertia(payload.mass, com, inertia)
            model.inertias[tcp.parentJoint] += tcp.placement.act(body)
            if len(self._loaded) >= 32:
                self._loaded.pop(next(iter(self._loaded)))
            self._loaded[key] = (model, model.createData())
        return self._loaded[key]
