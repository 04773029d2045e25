"""Where a sensor sits: fixed in world, or on a link of a robot."""

from __future__ import annotations

from dataclasses import dataclass

from robolab.core.errors import UnknownName
from robolab.core.transforms import Array
from robolab.scene.spec import SensorSpec
from robolab.sim.arm import Arm
from robolab.sim.world import World

WORLD = "world"


@dataclass(frozen=True)
class Mount:
    """Attributes:
    arm: The robot, or None for world.
    link: Name of the robot's link.
    X_link_sensor: Pose of the sensor in the link or in world, shape (4, 4).
    """

    arm: Arm | None
    link: str
    X_link_sensor: Array

    def pose(self) -> Array:
        """Return X_world_sensor now, shape (4, 4)."""
        if self.arm is None:
            return self.X_link_sensor
        return self.arm.link_pose(self.link) @ self.X_link_sensor


def mount_of(spec: SensorSpec, world: World) -> Mount:
    """Find a sensor's mount.

    Raises:
        UnknownName: it is neither "world" nor "ROBOT/LINK" of this scene.
    """
    X = spec.pose.matrix()
    if spec.mount == WORLD:
        return Mount(None, WORLD, X)
    file, field = world.scene.folder / f"{world.scene.name}.yaml", f"sensors.{spec.name}.mount"
    robot, _, link = spec.mount.partition("/")
    if robot not in world.arms or not link:
        valid = [WORLD, *(f"{name}/LINK" for name in world.arms)]
        raise UnknownName("mount", spec.mount, valid, file=file, field=field)
    arm = world.arms[robot]
    if link not in arm.robot.bodies:
        raise UnknownName(f"link of {robot}", link, arm.robot.bodies, file=file, field=field)
    return Mount(arm, link, X)


def arm_of(spec: SensorSpec, world: World) -> Arm:
    """Return the robot that a sensor of joints is on.

    Raises:
        UnknownName: the mount is no link of a robot.
    """
    mount = mount_of(spec, world)
    if mount.arm is None:
        valid = [f"{name}/LINK" for name in world.arms]
        raise UnknownName(
            "mount",
            spec.mount,
            valid,
            file=world.scene.folder / f"{world.scene.name}.yaml",
            field=f"sensors.{spec.name}.mount",
        )
    return mount.arm
