"""The pressure switch of a vacuum gripper."""

from __future__ import annotations

import numpy as np

from robolab.scene.spec import NotNegative, Spec
from robolab.sensors.contract import SENSORS, Sensor
from robolab.sensors.mount import arm_of
from robolab.sim.readings import Sample
from robolab.sim.vacuum import Vacuum
from robolab.sim.world import World


class PressureParameters(Spec):
    """Noise as a standard deviation and steps of the reading [Pa]."""

    noise: NotNegative = 150.0
    resolution: NotNegative = 100.0


@SENSORS.register("vacuum_pressure")
class VacuumPressure(Sensor[PressureParameters]):
    """Channel: `vacuum`, below ambient [Pa]."""

    kind = "vacuum_pressure"

    def start(self, world: World) -> None:
        gripper = world.gripper
        if arm_of(self.spec, world) is not world.arm or not isinstance(gripper, Vacuum):
            raise self.refuse(world, "no vacuum to measure", "a robot with a vacuum gripper")
        self._gripper = gripper

    def sample(self, world: World) -> Sample:
        return {"vacuum": np.float64(self._gripper.pressure)}

    def corrupt(self, truth: Sample) -> Sample:
        value = truth["vacuum"] + self.parameters.noise * self.rng.standard_normal()
        step = self.parameters.resolution
        return {"vacuum": np.float64(step * np.round(value / step) if step > 0.0 else value)}
