"""Kinematics and dynamics of a RobotModel by Pinocchio; torques at many states by a compiled pass."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pinocchio as pin
from numpy.typing import ArrayLike

from robolab.core.errors import UnknownName
from robolab.core.transforms import Array
from robolab.robots.chain import joint_map
from robolab.robots.compiled_dynamics import Bodies, inverse_dynamics
from robolab.robots.linkage import Linkage
from robolab.robots.model import TCP, Payload, RobotModel

GRAVITY = np.array([0.0, 0.0, -9.81])
"""In world [m/s2]."""


class RigidBodies:
    """Pinocchio's model of one robot, with the arm's joints as its coordinates.

    All joints of the description that are not locked, coupled ones too, follow the arm's:
    q_all = weights @ q + offset, so that the arm's torques are weights.T @ tau_all.
    Not for two threads at once: Pinocchio's working memory is shared.
    """

    def __init__(self, robot: RobotModel) -> None:
        model = _without_locked(pin.buildModelFromUrdf(str(robot.urdf)), robot)
        R_world_base = robot.X_world_base[:3, :3]
        model.gravity.linear = R_world_base.T @ GRAVITY
        self._model = model
        self._data: Any = model.createData()
        self._X_world_base = robot.X_world_base
        self._weights, self._offset = joint_map(robot, list(model.names)[1:])
        self._bodies = robot.bodies
        self._loaded: dict[tuple[float, bytes, bytes], _Loaded] = {}

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
        q = np.asarray(q, dtype=float)
        qd, qdd = np.broadcast_arrays(np.asarray(qd, dtype=float), np.asarray(qdd, dtype=float))
        if qd.shape[qd.ndim - q.ndim :] != q.shape:
            q, qd, qdd = np.broadcast_arrays(q, qd, qdd)
        # Positions that several motions share are placed once.
        every, count = self._all(q), self._weights.shape[0]
        places = np.ascontiguousarray(every.reshape(-1, count))
        rates = [
            np.ascontiguousarray((x @ self._weights.T).reshape(-1, len(places), count))
            for x in (qd, qdd)
        ]
        result = np.empty_like(rates[0])
        inverse_dynamics(self._carrying(payload).bodies, places, *rates, result)
        return result.reshape(*qd.shape[:-1], count) @ self._weights

    def mass_matrix(self, q: ArrayLike, payload: Payload | None) -> Array:
        """See RobotModel.mass_matrix."""
        loaded = self._carrying(payload)
        upper = np.triu(pin.crba(loaded.model, loaded.data, self._all(q)))
        full = upper + np.triu(upper, 1).T
        return self._weights.T @ full @ self._weights

    def linkage(self) -> Linkage:
        """See `robolab.robots.linkage`."""
        bodies = _bodies(self._model)
        tcp = self._model.frames[self._frame(TCP)]
        joints = range(1, self._model.njoints)
        return Linkage(
            names=tuple(self._model.names)[1:],
            parent=bodies.parent,
            R=bodies.R,
            p=bodies.p,
            axis=bodies.axis,
            prismatic=bodies.prismatic,
            gravity=bodies.gravity,
            weights=self._weights,
            offset=self._offset,
            tip=int(tcp.parentJoint) - 1,
            R_tip_tcp=np.array(tcp.placement.rotation),
            p_tip_tcp=np.array(tcp.placement.translation),
            inertial=np.array([self._model.inertias[i].toDynamicParameters() for i in joints]),
        )

    def _all(self, q: ArrayLike) -> Array:
        return np.asarray(q, dtype=float) @ self._weights.T + self._offset

    def _frame(self, name: str) -> int:
        if name not in self._bodies:
            raise UnknownName("link", name, self._bodies)
        return int(self._model.getFrameId(name, pin.BODY))

    def _carrying(self, payload: Payload | None) -> _Loaded:
        key = (0.0, b"", b"")
        if payload is not None:
            com, inertia = np.asarray(payload.com, float), np.asarray(payload.inertia, float)
            key = (float(payload.mass), com.tobytes(), inertia.tobytes())
        if key not in self._loaded:
            model: Any = pin.Model(self._model)
            if payload is not None:
                tcp = model.frames[self._frame(TCP)]
                body = pin.Inertia(payload.mass, np.asarray(payload.com, float), payload.inertia)
                model.inertias[tcp.parentJoint] += tcp.placement.act(body)
            if len(self._loaded) >= 32:
                self._loaded.pop(next(iter(self._loaded)))
            self._loaded[key] = _Loaded(model, model.createData(), _bodies(model))
        return self._loaded[key]


class _Loaded(NamedTuple):
    """The robot with a payload: Pinocchio's model with its working memory, and the compiled one."""

    model: Any
    data: Any
    bodies: Bodies


def _without_locked(model: Any, robot: RobotModel) -> Any:
    """Weld the joints that never move, such as a gripper's fingers."""
    locked = [name for name in robot.locked if model.existJointName(name)]
    reference = pin.neutral(model)
    for name in locked:
        reference[model.joints[model.getJointId(name)].idx_q] = robot.locked[name]
    if not locked:
        return model
    return pin.buildReducedModel(model, [model.getJointId(name) for name in locked], reference)


def _bodies(model: Any) -> Bodies:
    """Return a model as arrays; every joint turns about or slides along one axis."""
    data, joints = model.createData(), range(1, model.njoints)
    neutral = pin.neutral(model)
    subspace = np.array(
        [
            pin.computeJointJacobian(model, data, neutral, i)[:, model.joints[i].idx_v]
            for i in joints
        ]
    )
    prismatic = np.linalg.norm(subspace[:, 3:], axis=1) < 0.5
    placements, inertias = (
        [group[i] for i in joints] for group in (model.jointPlacements, model.inertias)
    )
    return Bodies(
        parent=np.array([model.parents[i] - 1 for i in joints], dtype=np.int64),
        R=np.array([X.rotation for X in placements]),
        p=np.array([X.translation for X in placements]),
        axis=np.where(prismatic[:, None], subspace[:, :3], subspace[:, 3:]).copy(),
        prismatic=prismatic,
        mass=np.array([body.mass for body in inertias]),
        com=np.array([body.lever for body in inertias]),
        inertia=np.array([body.inertia for body in inertias]),
        gravity=np.array(model.gravity.linear, dtype=float),
    )
