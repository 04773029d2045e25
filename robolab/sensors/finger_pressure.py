"""Pressure-sensitive skin on the pads of a jaw gripper's fingers."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from robolab.core.transforms import Array
from robolab.scene.spec import NotNegative, Positive, Spec
from robolab.sensors.contract import SENSORS, Sensor
from robolab.sensors.mount import arm_of
from robolab.sim.jaw import Jaw
from robolab.sim.readings import Sample
from robolab.sim.world import World
from robolab.sim.wrench import skew

Cells = Annotated[int, Field(ge=1, le=64)]


class SkinParameters(Spec):
    """A pad of `rows` (along the finger) by `columns` cells of `cell` metres, around the tool centre point.

    `spread` is how far the skin spreads a point load [m], a standard deviation; `noise` [Pa].
    """

    rows: Cells = 4
    columns: Cells = 4
    cell: Positive = 0.005
    spread: Positive = 0.004
    noise: NotNegative = 200.0


@SENSORS.register("finger_pressure")
class FingerPressure(Sensor[SkinParameters]):
    """Channel: `pressure` (fingers, rows, columns) [Pa]. Pressure times area sums to the contact force."""

    kind = "finger_pressure"

    def start(self, world: World) -> None:
        gripper = world.gripper
        if arm_of(self.spec, world) is not world.arm or not isinstance(gripper, Jaw):
            raise self.refuse(world, "no fingers to measure", "a robot with a jaw gripper")
        self._gripper = gripper
        p = self.parameters
        self._along = (np.arange(p.rows) - (p.rows - 1) / 2.0) * p.cell
        self._across = (np.arange(p.columns) - (p.columns - 1) / 2.0) * p.cell

    def sample(self, world: World) -> Sample:
        X_world_tcp = world.arm.tcp()
        fingers = range(len(self._gripper.finger_names))
        return {"pressure": np.stack([self._pressure(f, X_world_tcp) for f in fingers])}

    def corrupt(self, truth: Sample) -> Sample:
        noise = self.parameters.noise * self.rng.standard_normal(truth["pressure"].shape)
        return {"pressure": np.maximum(truth["pressure"] + noise, 0.0)}

    def labels(self) -> dict[str, tuple[str, ...]]:
        return {"pressure": self._gripper.finger_names}

    def _pressure(self, finger: int, X_world_tcp: Array) -> Array:
        p = self.parameters
        result = np.zeros((p.rows, p.columns))
        contacts = self._gripper.contacts(finger)
        if not contacts:
            return result
        along = X_world_tcp[:3, 2]
        across = skew(self._gripper.closing_axis(finger)) @ along
        for point, force in contacts:
            offset = point - X_world_tcp[:3, 3]
            rows = _bell(self._along - along @ offset, p.spread)
            columns = _bell(self._across - across @ offset, p.spread)
            share = np.outer(rows, columns)
            if share.sum() > 1e-6:  # a touch beside the pad presses on no cell
                result += force * share / share.sum() / p.cell**2
        return result


def _bell(distance: Array, width: float) -> Array:
    return np.exp(-0.5 * (distance / width) ** 2)
