"""A colour and depth camera."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from robolab.scene.spec import NotNegative, Positive, Spec
from robolab.sensors.contract import SENSORS, Sensor
from robolab.sensors.depth_faults import DepthFaults, exposed, jolt, spoiled
from robolab.sensors.mount import mount_of
from robolab.sim.camera import Intrinsics, QuickCamera
from robolab.sim.readings import Sample
from robolab.sim.world import World

Pixels = Annotated[int, Field(ge=8, le=4096)]


class RgbdParameters(Spec):
    """`fov_deg` is vertical; depth outside `near` to `far` [m] reads 0.

    Depth noise is a standard deviation of `depth_noise` + `depth_noise_squared` z^2 [m, 1/m]; a share
    `dropout` of the pixels has no depth; `colour_noise` is of 255 steps. `faults` are those of a real camera, in
    place of `depth_noise`: see `robolab.sensors.depth_faults`.
    """

    width: Pixels = 128
    height: Pixels = 128
    fov_deg: Annotated[float, Field(gt=1, lt=170)] = 60.0
    near: Positive = 0.05
    far: Positive = 10.0
    depth_noise: NotNegative = 0.0005
    depth_noise_squared: NotNegative = 0.0012
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    colour_noise: NotNegative = 0.0
    faults: DepthFaults | None = None


@SENSORS.register("rgbd")
class Rgbd(Sensor[RgbdParameters]):
    """Channels: `colour` (h, w, 3) uint8, `depth` (h, w) float32 [m] along the optical axis, 0 where none,
    `segmentation` (h, w) int16, an index into the labels, -1 where nothing is; `intrinsics` (3, 3) and
    `pose` X_world_cam (4, 4) as the scene has it, OpenCV's camera: +z forward, +y down.
    """

    kind = "rgbd"

    def start(self, world: World) -> None:
        p = self.parameters
        self._mount = mount_of(self.spec, world)
        self.intrinsics = Intrinsics.of_fov(p.width, p.height, p.fov_deg)
        self._camera = QuickCamera(world.client.id, world.bodies, self.intrinsics, p.near, p.far)
        self._names = tuple(world.bodies.values())
        self._index = np.full(max(world.bodies, default=0) + 2, -1, dtype=np.int16)
        for index, body in enumerate(world.bodies):
            self._index[body] = index
        faults = p.faults
        self._X_mount_true = (
            np.eye(4) if faults is None else jolt(self.rng, faults.mount_mm, faults.mount_deg)
        )

    def sample(self, world: World) -> Sample:
        X, faults = self._mount.pose(), self.parameters.faults
        X_true = X @ self._X_mount_true
        if faults is not None:
            X_true = X_true @ jolt(self.rng, faults.shake_mm, faults.shake_deg)
        picture = self._camera.take(X_true)
        return {
            "colour": picture.colour,
            "depth": np.where(picture.bodies >= 0, picture.depth, np.float32(0.0)),
            "segmentation": self._index[picture.bodies],
            "intrinsics": self.intrinsics.matrix(),
            "pose": X,
        }

    def corrupt(self, truth: Sample) -> Sample:
        p = self.parameters
        depth, colour = truth["depth"], truth["colour"]
        if p.faults is not None:
            matt = np.zeros(depth.shape, dtype=np.float32)
            depth = spoiled(depth, colour, matt, truth["intrinsics"], p.faults, self.rng)
            colour = exposed(colour, p.faults.light, p.colour_noise, self.rng)
        elif p.depth_noise > 0.0 or p.depth_noise_squared > 0.0:
            noise = self.rng.standard_normal(depth.shape, dtype=np.float32)
            noise *= np.float32(p.depth_noise) + np.float32(p.depth_noise_squared) * depth * depth
            depth = np.where(depth > 0.0, np.maximum(depth + noise, np.float32(p.near)), depth)
        if p.dropout > 0.0:
            depth = np.where(self.rng.random(depth.shape) < p.dropout, np.float32(0.0), depth)
        if p.faults is None:
            colour = self._noisy(colour)
        return {**truth, "colour": colour, "depth": depth}

    def labels(self) -> dict[str, tuple[str, ...]]:
        return {"segmentation": self._names}

    def _noisy(self, colour: np.ndarray) -> np.ndarray:
        if self.parameters.colour_noise == 0.0:
            return colour
        noise = self.parameters.colour_noise * self.rng.standard_normal(colour.shape)
        return np.clip(colour + noise, 0.0, 255.0).astype(np.uint8)
