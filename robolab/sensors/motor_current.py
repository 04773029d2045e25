"""The drives' own measurement of their current."""

from __future__ import annotations

import numpy as np

from robolab.scene.spec import NotNegative, Spec
from robolab.sensors.contract import SENSORS, Sensor
from robolab.sensors.mount import arm_of
from robolab.sim.readings import Sample
from robolab.sim.world import World


class CurrentParameters(Spec):
    """`noise` [A] for all joints; by default what is known of each drive."""

    noise: NotNegative | None = None
    resolution: NotNegative = 0.0


@SENSORS.register("motor_current")
class MotorCurrent(Sensor[CurrentParameters]):
    """Channel: `current` (n,) [A]."""

    kind = "motor_current"

    def start(self, world: World) -> None:
        self._arm = arm_of(self.spec, world)
        given = self.parameters.noise
        drives = self._arm.motors.noise(self.spec.rate_hz)
        self._noise = drives if given is None else np.full(drives.shape, given)

    def sample(self, world: World) -> Sample:
        return {"current": self._arm.motors.current}

    def corrupt(self, truth: Sample) -> Sample:
        current = truth["current"] + self._noise * self.rng.standard_normal(self._noise.size)
        step = self.parameters.resolution
        return {"current": step * np.round(current / step) if step > 0.0 else current}

    def labels(self) -> dict[str, tuple[str, ...]]:
        return {"current": self._arm.robot.joints}
