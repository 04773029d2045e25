"""A robot in the physics: its body, joints, drives and rods."""

from __future__ import annotations

from collections.abc import Callable, Set

import numpy as np

from robolab.core.errors import UnknownName
from robolab.core.transforms import Array, inverse, quat_of
from robolab.robots.model import TCP, RobotModel
from robolab.sim.client import Client, p, pose_from, silence
from robolab.sim.coupling import Coupling, rod_masses
from robolab.sim.description import Description, physics_description
from robolab.sim.friction import MeasuredDrives
from robolab.sim.motors import Motors, free_joints, set_dry_friction, set_friction
from robolab.sim.rotors import RotorCoupling, reflected_inertia
from robolab.sim.wrench import wrench_map


class Arm:
    """One robot with its tool.

    Args:
        substeps: Physics steps of one control period.
        keep: Links whose joints sensors measure at: those stay even where they are only frames.
        drives: As they were measured on a real arm, where they were; `robot` is then that arm's model.

    Attributes:
        links: PyBullet's index of each link by name, but those that are only frames; the base link is -1.
        joints: PyBullet's index of each joint by name.
        tool_links: PyBullet's indices of what is at the flange and behind it.
    """

    def __init__(
        self,
        client: Client,
        name: str,
        robot: RobotModel,
        rng: np.random.Generator,
        substeps: int = 1,
        keep: Set[str] = frozenset(),
        drives: MeasuredDrives | None = None,
    ) -> None:
        self.name = name
        self.robot = robot
        self._period = substeps * client.dt
        self._drives = drives
        self.motors = Motors(robot, rng, drives, 1.0 / self._period)
        self._client, self._id = client, client.id
        self._rng = rng
        self._load(physics_description(robot, keep))
        self._arm = [self.joints[joint] for joint in robot.joints]
        self._passive = [self.joints[joint] for joint in robot.coupled]
        self._driven = self._arm + self._passive
        self._n = robot.dof
        self._servo_torque: list[float] = robot.limits.torque.tolist()
        self._servoed = False
        self._torque = np.zeros(self._n)
        self._dry = robot.motors.coulomb
        self._damping = robot.motors.viscous if drives is None else drives.damping()
        self._reflected = reflected_inertia(robot)
        heavy = bool(np.any(self._reflected))
        self._rotors = RotorCoupling(robot, self._period) if heavy else None
        self._qd_before = np.zeros(self._n)
        self._push: list[float] | None = None
        self._place_base()
        self._prepare_joints()
        self._tcp_in_link = (0.0, 0.0, 0.0)
        if TCP in self._frames:
            self._tcp_in_link = tuple(self._frames[TCP].X_link_frame[:3, 3].tolist())
        self._hold_at_home = robot.gravity_torque(robot.home)
        self.put(robot.home)
        self._coupling = self._rods()

    def link(self, name: str) -> int:
        """Return PyBullet's index of a link, or of the one that carries it where it is only a frame.

        Raises:
            UnknownName: the robot has no such link.
        """
        if name in self._frames:
            name = self._frames[name].link
        if name not in self.links:
            raise UnknownName(f"link of {self.name}", name, self.robot.bodies)
        return self.links[name]

    def put(self, q: Array) -> None:
        """Place the arm at joint positions, shape (n,), at rest, with fingers as `locked` says."""
        q_passive = [weights @ q + offset for weights, offset in self.robot.coupled.values()]
        places = [*zip(self._arm, q, strict=True), *zip(self._passive, q_passive, strict=True)]
        places += [(self.joints[name], at) for name, at in self.robot.locked.items()]
        if self._rotors is not None:
            self._rotors.reset()
        self._qd_before = np.zeros(self._n)
        for joint, position in places:
            p.resetJointState(self.body, joint, position, 0.0, physicsClientId=self._id)

    def go_home(self) -> None:
        """Place the arm at home, its drives holding its weight."""
        self.put(self.robot.home)
        self.motors.command(self._hold_at_home)

    def joint_state(self) -> tuple[Array, Array]:
        """Return positions and velocities of the arm's joints, each of shape (n,)."""
        states = p.getJointStates(self.body, self._arm, physicsClientId=self._id)
        return np.array([s[0] for s in states]), np.array([s[1] for s in states])

    def servo(self, q: Array) -> None:
        """Hand the joints to ideal servos that go to positions, shape (n,), with the joints' torque at most.

        `drive` hands them back. Servos stand in for drives and controller where only the motion counts.
        """
        p.setJointMotorControlArray(
            self.body,
            self._arm,
            p.POSITION_CONTROL,
            targetPositions=q,
            forces=self._servo_torque,
            physicsClientId=self._id,
        )
        self._servoed = True

    def drive(self) -> None:
        """Hand the joints back to the drives, with their friction."""
        if self._servoed:
            set_friction(self._id, self.body, self._arm, self._dry, self._damping)
            self._servoed = False

    def push(self, force: Array | None) -> None:
        """Let something press on the tool centre point with a force in world, shape (3,) [N], until told otherwise."""
        self._push = None if force is None else force.tolist()

    @property
    def acts(self) -> bool:
        """Whether drives or rods have something to do in each physics step."""
        return not self._servoed or self._coupling is not None or self._push is not None

    def prepare(self) -> None:
        """Settle what the drives do during the next control period."""
        if self._servoed:
            self._torque = np.zeros(self._n)
            return
        self.motors.pass_time(self._period)
        drives = self.motors.torque
        if self._drives is not None:
            drives = self._after_friction(self._drives, drives)
        self._torque = drives
        if self._rotors is not None:
            self._torque = drives + self._rotors.torque(drives, *self.joint_state())

    def _after_friction(self, measured: MeasuredDrives, torque: Array) -> Array:
        """Set dry friction for the period to come; return what a lopsided drive gives, shape (n,)."""
        qd = self.joint_state()[1]
        torque = torque - measured.bias()
        # What accelerates the rotor does not go through the gears, and loads no tooth.
        rotors = self._reflected * (qd - self._qd_before) / self._period
        passed = torque - rotors - measured.damping() * qd - np.sign(qd) * self._dry
        self._qd_before = qd
        self._dry = measured.dry(qd, passed)
        set_dry_friction(self._id, self.body, self._arm, self._dry)
        return torque

    def act(self) -> None:
        """Let the drives and rods push during the next physics step."""
        torque = self._torque
        if self._push is not None:
            at, frame = self.tcp_position(), p.WORLD_FRAME
            link = self.link(TCP)
            p.applyExternalForce(self.body, link, self._push, at, frame, physicsClientId=self._id)
        if self._coupling is not None:
            torque = self._with_rods(self._coupling, torque)
        p.setJointMotorControlArray(
            self.body, self._driven, p.TORQUE_CONTROL, forces=torque, physicsClientId=self._id
        )

    def link_pose(self, name: str) -> Array:
        """Return X_world_link, shape (4, 4).

        Raises:
            UnknownName: the robot has no such link.
        """
        if name in self._frames:
            frame = self._frames[name]
            return self.link_pose(frame.link) @ frame.X_link_frame
        index = self.link(name)
        if index < 0:
            return self.robot.X_world_base
        state = p.getLinkState(
            self.body, index, computeForwardKinematics=1, physicsClientId=self._id
        )
        return pose_from(state[4], state[5])

    def inertial_pose(self, index: int) -> Array:
        """Return the frame in which PyBullet keeps a link, its centre of mass, in the link's own, shape (4, 4)."""
        info = p.getDynamicsInfo(self.body, index, physicsClientId=self._id)
        return pose_from(info[3], info[4])

    def frame_in_body(self, name: str) -> Array:
        """Return a link's pose in the frame in which PyBullet keeps it or its carrier, shape (4, 4)."""
        X = self._frames[name].X_link_frame if name in self._frames else np.eye(4)
        return inverse(self.inertial_pose(self.link(name))) @ X

    def reaction_sensor(self, link: str) -> Callable[[], Array]:
        """Return a function that measures what a link and all behind it press on the joint before it with.

        The wrench, shape (6,) [N, N m], is about the link's origin, in its axes.

        Raises:
            UnknownName: the robot has no such link, or it is only a frame that was not kept.
        """
        if link not in self.links:
            raise UnknownName(f"joint of {self.name}", link, self.links)
        index = self.links[link]
        onto_joint = -wrench_map(self.inertial_pose(index))
        with silence():  # it warns where another sensor asked for the same joint
            p.enableJointForceTorqueSensor(self.body, index, 1, physicsClientId=self._id)

        def measure() -> Array:
            # PyBullet gives the joint's reaction on the link, about its centre of mass.
            state = p.getJointState(self.body, index, physicsClientId=self._id)
            return onto_joint @ np.array(state[2])

        return measure

    def weight_behind(self, link: str) -> tuple[float, Array]:
        """Return mass [kg] and centre of mass in the link's frame, shape (3,) [m], of it and all behind it."""
        behind = links_behind(self._id, self.body, self.link(link))
        X_link_world = inverse(self.link_pose(link))
        mass, moment = 0.0, np.zeros(3)
        for name, index in self.links.items():
            if index in behind:
                own = p.getDynamicsInfo(self.body, index, physicsClientId=self._id)[0]
                X = X_link_world @ self.link_pose(name) @ self.inertial_pose(index)
                mass, moment = mass + own, moment + own * X[:3, 3]
        return mass, moment / mass if mass > 0.0 else moment

    def tcp_position(self) -> tuple[float, float, float]:
        """Return where the tool centre point is in world [m]; quicker than its pose."""
        state = p.getLinkState(
            self.body, self.link(TCP), computeForwardKinematics=1, physicsClientId=self._id
        )
        return p.multiplyTransforms(state[4], state[5], self._tcp_in_link, (0, 0, 0, 1))[0]

    def tcp(self) -> Array:
        """Return X_world_tcp, shape (4, 4)."""
        return self.link_pose(TCP)

    def _load(self, description: Description) -> None:
        self.body: int = p.loadURDF(
            str(description.file),
            useFixedBase=1,
            flags=p.URDF_USE_INERTIA_FROM_FILE,
            physicsClientId=self._id,
        )
        self._read_structure()
        self._frames = description.frames
        self.tool_links = [self.links[link] for link in description.tool]
        for link, diagonal in description.moments.items():
            p.changeDynamics(
                self.body,
                self.links[link],
                localInertiaDiagonal=diagonal,
                physicsClientId=self._id,
            )

    def _read_structure(self) -> None:
        base, _ = p.getBodyInfo(self.body, physicsClientId=self._id)
        self.links: dict[str, int] = {base.decode(): -1}
        self.joints: dict[str, int] = {}
        self._moving: list[int] = []
        for index in range(p.getNumJoints(self.body, physicsClientId=self._id)):
            info = p.getJointInfo(self.body, index, physicsClientId=self._id)
            self.joints[info[1].decode()] = index
            self.links[info[12].decode()] = index
            if info[2] != p.JOINT_FIXED:
                self._moving.append(index)

    def _place_base(self) -> None:
        # PyBullet places the centre of mass of the base link, the scene its frame.
        X_world_com = self.robot.X_world_base @ self.inertial_pose(-1)
        p.resetBasePositionAndOrientation(
            self.body, X_world_com[:3, 3], quat_of(X_world_com), physicsClientId=self._id
        )

    def _prepare_joints(self) -> None:
        for link in range(-1, p.getNumJoints(self.body, physicsClientId=self._id)):
            p.changeDynamics(
                self.body,
                link,
                lateralFriction=1.0,  # PyBullet multiplies: what is left is the object's own
                linearDamping=0.0,
                angularDamping=0.0,
                jointDamping=0.0,
                maxJointVelocity=1e3,
                physicsClientId=self._id,
            )
        free_joints(self._id, self.body, self._moving)
        set_friction(self._id, self.body, self._arm, self._dry, self._damping)

    def _rods(self) -> Coupling | None:
        if not self._passive:
            return None
        rows = [self._moving.index(joint) for joint in self._driven]
        states = p.getJointStates(self.body, self._moving, physicsClientId=self._id)
        masses = rod_masses(self._id, self.robot, [s[0] for s in states], rows)
        return Coupling(self.robot, self._client.dt, masses)

    def _with_rods(self, coupling: Coupling, torque: Array) -> Array:
        states = p.getJointStates(self.body, self._driven, physicsClientId=self._id)
        q, qd = np.array([s[:2] for s in states]).T
        n = self._n
        force = coupling.force(q[:n], qd[:n], q[n:], qd[n:])
        return np.concatenate([torque - coupling.weights.T @ force, force])


def links_behind(client: int, body: int, link: int) -> list[int]:
    """Return a link of a body and all that hang on it, in PyBullet's order."""
    behind = [link]
    for index in range(link + 1, p.getNumJoints(body, physicsClientId=client)):
        if p.getJointInfo(body, index, physicsClientId=client)[16] in behind:
            behind.append(index)
    return behind
