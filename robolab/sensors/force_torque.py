"""A six-axis force-torque sensor at the wrist."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array, inverse
from robolab.scene.spec import NotNegative, Spec
from robolab.sensors.contract import SENSORS, Sensor
from robolab.sensors.mount import arm_of, mount_of
from robolab.sim.readings import Sample
from robolab.sim.world import World
from robolab.sim.wrench import skew, wrench_map


class ForceTorqueParameters(Spec):
    """Standard deviations of noise and of the constant bias [N, N m].

    `tare` takes the reading at the start as zero, once the tool's own weight is taken off;
    `compensate_gravity` takes that weight off every reading.
    """

    noise_force: NotNegative = 0.1
    noise_torque: NotNegative = 0.005
    bias_force: NotNegative = 2.0
    bias_torque: NotNegative = 0.05
    tare: bool = True
    compensate_gravity: bool = True


@SENSORS.register("force_torque")
class ForceTorque(Sensor[ForceTorqueParameters]):
    """What tool and load press on the arm with, at the joint before the mount's link.

    Channel: `wrench` (6,): force [N], then torque [N m] about the sensor's origin, in its axes. A load
    that hangs still reads its weight, downwards.
    """

    kind = "force_torque"

    def start(self, world: World) -> None:
        arm = arm_of(self.spec, world)
        self._mount = mount_of(self.spec, world)
        if self._mount.link == arm.robot.base_link:
            raise self.refuse(world, "base link has no joint before it", "a link further on")
        self._joint = arm.reaction_sensor(self._mount.link)
        self._to_sensor = wrench_map(inverse(self._mount.X_link_sensor))
        mass, com = arm.weight_behind(self._mount.link)
        weight_in_link = np.vstack([np.eye(3), skew(com)])
        self._weight_of = self._to_sensor @ weight_in_link  # (6, 3), of a force in the link's axes
        self._force = mass * np.array(world.scene.physics.gravity)
        p = self.parameters
        scale = np.repeat([p.bias_force, p.bias_torque], 3)
        self._bias = scale * self.rng.standard_normal(6)
        self._noise = np.repeat([p.noise_force, p.noise_torque], 3)
        self._zero = self._bias if p.tare else np.zeros(6)

    def sample(self, world: World) -> Sample:
        weight = self._weight()
        # The physics knows no reaction before its first step: the tool hangs still.
        measured = self._to_sensor @ self._joint() if world.ticks else weight
        return {"wrench": measured - weight if self.parameters.compensate_gravity else measured}

    def corrupt(self, truth: Sample) -> Sample:
        noise = self._noise * self.rng.standard_normal(6)
        return {"wrench": truth["wrench"] + self._bias - self._zero + noise}

    def _weight(self) -> Array:
        """The tool's own weight, as a wrench on the sensor."""
        R_world_link = self._mount.pose()[:3, :3] @ self._mount.X_link_sensor[:3, :3].T
        return self._weight_of @ (R_world_link.T @ self._force)
