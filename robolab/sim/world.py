"""The physics of one scene."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from robolab.core.errors import SceneError, UnknownName
from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.robots import load_robot
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.sim.arm import Arm
from robolab.sim.client import Client, Owner, p
from robolab.sim.finray import FinRayJaw
from robolab.sim.friction import MeasuredDrives
from robolab.sim.gripper import GripEvent, GripperDrive
from robolab.sim.jaw import Jaw
from robolab.sim.measured import as_measured
from robolab.sim.readings import Readings
from robolab.sim.shapes import ObjectBody, load_floor, load_object, object_pose, return_object
from robolab.sim.vacuum import Vacuum

FLOOR = "floor"
_GRIPPERS = {"vacuum": Vacuum, "jaw": Jaw, "finray": FinRayJaw}


class Observer(Protocol):
    """Something that watches a world, as sensors do."""

    def start(self, world: World) -> None:
        """Called when it is added and after each reset."""
        ...

    def observe(self, world: World) -> None:
        """Called after each physics step."""
        ...

    def readings(self) -> Readings:
        """Return what was measured since the start."""
        ...


class World(Owner):
    """A realised scene in its own physics server; close it, or use it in a `with` statement.

    Args:
        scene: Nothing in it left to draw (see `robolab.scene.realise`).
        seed: Fixes the noise of motors and sensors.
        gui: Open PyBullet's window.
        robots: Models by name, where they are loaded already.
        drives: Of robots by name that are to be as a real one was measured, friction of the day included.
    Raises:
        SceneError: the control rate does not divide the physics rate.

    Attributes:
        robot: Model of the robot that does the job.
        time: Simulated [s].
        ticks: Physics steps since the reset.
        substeps: Physics steps of one control period.
    """

    def __init__(
        self,
        scene: SceneSpec,
        seed: int = 0,
        gui: bool = False,
        robots: Mapping[str, RobotModel] | None = None,
        drives: Mapping[str, MeasuredDrives] | None = None,
    ) -> None:
        self.scene, self.seed = scene, seed
        self.substeps = _substeps(scene)
        given = robots or {}
        self.models = {
            spec.name: given.get(spec.name) or load_robot(spec, scene.folder)
            for spec in scene.robots
        }
        self._drives = dict(drives or {})
        for name, measured in self._drives.items():
            self.models[name] = as_measured(self.models[name], measured)
        self.robot = self.models[scene.robot.name]
        self._observers: list[Observer] = []
        self.client = Client(scene.physics, gui)
        try:
            self._load()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stop the physics server."""
        self.client.close()

    def reset(self, seed: int | None = None) -> None:
        """Build the scene anew; the same seed gives the same run."""
        self.seed = self.seed if seed is None else seed
        self.client.clear()
        self._load()
        for observer in self._observers:
            observer.start(self)

    def restart(self) -> None:
        """Put everything back where the scene has it, at rest, without building it anew.

        Many times as quick as `reset`. What the solver remembers of contacts stays, so that a run after a
        restart repeats only together with what was before it.
        """
        self.ticks = 0
        if self.gripper is not None:
            self.gripper.reset()
        for item in self.objects.values():
            if item.mass > 0.0:
                return_object(self.client.id, item)
        for arm in self.arms.values():
            arm.go_home()
        for observer in self._observers:
            observer.start(self)

    def add_observer(self, observer: Observer) -> None:
        """Let something watch every physics step from now on."""
        self._observers.append(observer)
        observer.start(self)

    @property
    def time(self) -> float:
        return self.ticks / self.scene.physics.rate_hz

    @property
    def control_period(self) -> float:
        """Time that one `step` takes [s]."""
        return self.substeps / self.scene.physics.rate_hz

    @property
    def events(self) -> tuple[GripEvent, ...]:
        """What the gripper took, lost and let go."""
        return () if self.gripper is None else tuple(self.gripper.events)

    def step(self, torque: Array | None = None, losses: Array | float = 0.0) -> None:
        """Advance by one control period under a drive torque.

        Args:
            torque: Of the first robot's drives at the joints, shape (n,) [N m or N], cut to the joints'
                limits; None keeps the last.
            losses: What of it friction and rotors are expected to take, shape (n,).
        """
        if torque is not None:
            self.arm.drive()
            self.arm.motors.command(torque, losses)
        client, observers = self.client.id, self._observers
        gripper = None if self.gripper is None or self.gripper.idle else self.gripper
        acting = [each for each in self.arms.values() if each.acts]
        for each in acting:
            each.prepare()
        for _ in range(self.substeps):
            for each in acting:
                each.act()
            if gripper is not None:
                gripper.step(self.time)
            p.stepSimulation(client)
            self.ticks += 1
            for observer in observers:
                observer.observe(self)

    @property
    def measured(self) -> MeasuredDrives | None:
        """Drives of the first robot as they were measured, where they were: what its controller knows of friction."""
        return self._drives.get(self.scene.robot.name)

    def servo(self, q: Array) -> None:
        """Send the first robot to joint positions, shape (n,), by ideal servos, until a torque is given again."""
        self.arm.servo(q)

    def joint_state(self) -> tuple[Array, Array]:
        """Return positions and velocities of the first robot's joints, each of shape (n,)."""
        return self.arm.joint_state()

    def put_arm(self, q: Array) -> None:
        """Place the first robot at joint positions, shape (n,), at rest, drives holding its weight."""
        self.arm.put(q)
        self.arm.motors.command(self.robot.gravity_torque(q))

    def object_pose(self, name: str) -> Array:
        """Return X_world_object, shape (4, 4).

        Raises:
            UnknownName: the scene has no such object.
        """
        return object_pose(self.client.id, self.object(name))

    def object(self, name: str) -> ObjectBody:
        """Return an object as it is loaded.

        Raises:
            UnknownName: the scene has no such object.
        """
        if name not in self.objects:
            raise UnknownName("object", name, self.objects)
        return self.objects[name]

    def grip(self, on: bool) -> None:
        """Switch the first robot's gripper; does nothing where there is none."""
        if self.gripper is not None:
            self.gripper.command(on, self.time)

    def readings(self) -> Readings:
        """Return what all sensors have measured since the reset."""
        merged = [observer.readings().series for observer in self._observers]
        return Readings({name: series for part in merged for name, series in part.items()})

    def _load(self) -> None:
        scene, client = self.scene, self.client.id
        self.ticks = 0
        self.bodies: dict[int, str] = {}
        if scene.floor:
            self.bodies[load_floor(client, scene.floor_height)] = FLOOR
        self.objects = {item.name: load_object(client, scene, item) for item in scene.objects}
        self.arms = {
            name: Arm(
                self.client,
                name,
                model,
                stream(self.seed, "motors", name),
                self.substeps,
                _mounts(scene, name),
                self._drives_today(name),
            )
            for name, model in self.models.items()
        }
        self.arm = self.arms[scene.robot.name]
        self.bodies |= {item.body: name for name, item in self.objects.items()}
        self.bodies |= {arm.body: name for name, arm in self.arms.items()}
        self.gripper: GripperDrive | None = self._load_gripper()
        for arm in self.arms.values():
            arm.go_home()

    def _drives_today(self, name: str) -> MeasuredDrives | None:
        measured = self._drives.get(name)
        return None if measured is None else measured.of_a_day(stream(self.seed, "drives", name))

    def _load_gripper(self) -> GripperDrive | None:
        gripper = self.robot.gripper
        if gripper is None:
            return None
        return _GRIPPERS[gripper.kind](self.client, self.arm, gripper, self.objects)


def _mounts(scene: SceneSpec, robot: str) -> frozenset[str]:
    """Links of a robot that sensors sit on."""
    mounts = (sensor.mount.partition("/") for sensor in scene.sensors)
    return frozenset(link for name, _, link in mounts if name == robot)


def _substeps(scene: SceneSpec) -> int:
    physics = scene.physics
    ratio = physics.rate_hz / physics.control_rate_hz
    if abs(ratio - round(ratio)) > 1e-9 or ratio < 1.0:
        raise SceneError(
            "control rate does not divide the physics rate",
            file=scene.folder / f"{scene.name}.yaml",
            field="physics.control_rate_hz",
            value=physics.control_rate_hz,
            expected=f"{physics.rate_hz:g} divided by a whole number",
        )
    return round(ratio)
