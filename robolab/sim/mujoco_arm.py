"""A robot in MuJoCo: its state, its load, and the drives' torques on it."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array, apply
from robolab.robots.model import TCP, Payload, RobotModel
from robolab.sim.mujoco_model import LOAD, mujoco_library, mujoco_model


class MujocoArm:
    """One robot with its tool, alone in MuJoCo.

    Args:
        gravity: In world, shape (3,) [m/s2].
        dt: Time step [s].
    Raises:
        BadInput: MuJoCo is not installed.
        RobotError: MuJoCo refuses the description.

    Attributes:
        model, data: MuJoCo's own; all joints of the description move but the locked ones.
        positions, dofs: Where the arm's joints stand in `data.qpos` and `data.qvel`, each of shape (n,).
    """

    def __init__(self, robot: RobotModel, gravity: Array, dt: float) -> None:
        self._mujoco = mujoco_library()
        self._robot = robot
        self.model = mujoco_model(robot, robot.X_world_base[:3, :3].T @ gravity, dt)
        self.data = self._mujoco.MjData(self.model)
        self._scratch = self._mujoco.MjData(self.model)
        joints = [self.model.joint(name) for name in robot.joints]
        self.positions = np.array([int(joint.qposadr[0]) for joint in joints])
        self.dofs = np.array([int(joint.dofadr[0]) for joint in joints])
        self._tcp, self._load = int(self.model.body(TCP).id), int(self.model.body(LOAD).id)
        self.carry(None)
        self.put(robot.home)

    def put(self, q: Array) -> None:
        """Place the arm at joint positions, shape (n,), at rest, with rods where they belong."""
        self._mujoco.mj_resetData(self.model, self.data)
        self.data.qpos[self.positions] = q
        for name, (weights, offset) in self._robot.coupled.items():
            self.data.qpos[int(self.model.joint(name).qposadr[0])] = weights @ q + offset
        self._mujoco.mj_forward(self.model, self.data)

    def carry(self, payload: Payload | None) -> None:
        """Let the tool carry a load, or nothing, from now on."""
        load = Payload(0.0) if payload is None else payload
        moments, axes = np.linalg.eigh(np.asarray(load.inertia, dtype=float))
        axes *= np.sign(np.linalg.det(axes))
        model, index = self.model, self._load
        model.body_mass[index] = load.mass
        model.body_ipos[index] = load.com
        model.body_inertia[index] = np.maximum(moments, 0.0)
        self._mujoco.mju_mat2Quat(model.body_iquat[index], axes.ravel())
        # What MuJoCo derives from masses once and for all; it needs data to work on.
        self._mujoco.mj_setConst(model, self._scratch)

    def joint_state(self) -> tuple[Array, Array]:
        """Return positions and velocities of the arm's joints, each of shape (n,)."""
        return self.data.qpos[self.positions], self.data.qvel[self.dofs]

    def tcp_position(self) -> Array:
        """Return where the tool centre point is in world, shape (3,) [m]."""
        # A step leaves poses as they were when it began.
        self._mujoco.mj_kinematics(self.model, self.data)
        return apply(self._robot.X_world_base, self.data.xpos[self._tcp])

    def step(self, torque: Array, count: int) -> None:
        """Advance by `count` physics steps under the drives' torque, shape (n,) [N m or N]."""
        self.data.qfrc_applied[self.dofs] = torque
        self._mujoco.mj_step(self.model, self.data, nstep=count)
