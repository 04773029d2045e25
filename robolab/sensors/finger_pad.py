"""Pads on the fingers of a jaw gripper whose cells feel normal and shear force."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array
from robolab.sensors.contract import SENSORS, Sensor
from robolab.sensors.mount import arm_of
from robolab.sensors.pad import COLUMNS, ROWS, PadForces, PadParameters, PadSkin, cells_of
from robolab.sim.jaw import Jaw
from robolab.sim.readings import Sample
from robolab.sim.world import World
from robolab.sim.wrench import skew


@SENSORS.register("finger_pad")
class FingerPad(Sensor[PadParameters]):
    """Channels: `normal` (fingers, rows, columns) [N], `shear` (fingers, rows, columns, 2) [N].

    The pad's middle is the tool centre point. Both fingers share their axes: along points from the tips into the hand,
    across is along times the closing axis of the first. Sums over the cells are the forces of the physics.
    """

    kind = "finger_pad"

    def start(self, world: World) -> None:
        gripper = world.gripper
        if arm_of(self.spec, world) is not world.arm or not isinstance(gripper, Jaw):
            raise self.refuse(world, "no fingers to measure", "a robot with a jaw gripper")
        self._gripper = gripper
        shape = (len(gripper.finger_names), ROWS, COLUMNS)
        self._skin = PadSkin(self.parameters, shape, 1.0 / self.spec.rate_hz, self.rng)

    def sample(self, world: World) -> Sample:
        X_world_tcp, gripper = world.arm.tcp(), self._gripper
        middle, axes = X_world_tcp[:3, 3], pad_axes(X_world_tcp, gripper)
        fingers = range(len(gripper.finger_names))
        pads = [cells_of(gripper.touch(finger, middle, axes)) for finger in fingers]
        return {
            "normal": np.stack([pad.normal for pad in pads]),
            "shear": np.stack([pad.shear for pad in pads]),
        }

    def corrupt(self, truth: Sample) -> Sample:
        read = self._skin.read(PadForces(truth["normal"], truth["shear"]))
        return {"normal": read.normal, "shear": read.shear}

    def labels(self) -> dict[str, tuple[str, ...]]:
        names = self._gripper.finger_names
        return {"normal": names, "shear": names}


def pad_axes(X_world_tcp: Array, gripper: Jaw) -> Array:
    """Return the pads' across and along axes in world, shape (2, 3)."""
    along = -X_world_tcp[:3, 2]
    return np.stack([skew(along) @ gripper.closing_axis(0), along])
