"""Encoders on the joints."""

from __future__ import annotations

from math import pi
from typing import Annotated

import numpy as np
from pydantic import Field

from robolab.scene.spec import Spec
from robolab.sensors.contract import SENSORS, Sensor
from robolab.sensors.mount import arm_of
from robolab.sim.readings import Sample
from robolab.sim.world import World


class EncoderParameters(Spec):
    """`bits` of one turn of the joint: 2**bits steps."""

    bits: Annotated[int, Field(ge=4, le=32)] = 19


@SENSORS.register("joint_encoder")
class JointEncoder(Sensor[EncoderParameters]):
    """Channels: `position` (n,) in whole steps [rad or m], `velocity` (n,) from the last step."""

    kind = "joint_encoder"

    def start(self, world: World) -> None:
        self._arm = arm_of(self.spec, world)
        self._step = 2.0 * pi / 2.0**self.parameters.bits
        self._last: np.ndarray | None = None

    def sample(self, world: World) -> Sample:
        q, qd = self._arm.joint_state()
        return {"position": q, "velocity": qd}

    def corrupt(self, truth: Sample) -> Sample:
        position = self._step * np.round(truth["position"] / self._step)
        last = position if self._last is None else self._last
        self._last = position
        return {"position": position, "velocity": (position - last) * self.spec.rate_hz}

    def labels(self) -> dict[str, tuple[str, ...]]:
        return {"position": self._arm.robot.joints, "velocity": self._arm.robot.joints}
