"""What the scene's camera makes of an object before it is touched, and how each touch refines that."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from robolab.core.transforms import Array
from robolab.perception.pointcloud import from_depth
from robolab.sensors import SensorSuite
from robolab.sensors.rgbd import Rgbd, RgbdParameters
from robolab.sim.world import World
from robolab.touch.tip_draw import CLASSES

_FLAT = np.array([0.02, 0.42, 0.42, 0.1, 0.04])
_DOMED = np.array([0.86, 0.06, 0.02, 0.03, 0.03])
"""Chances of CLASSES where fingers close from aside on something with a flat top, and on a dome."""
_OFF = 1e-3
"""How far tops are off the two models beside the camera's noise, standard deviation [m]."""
_FEWEST = 4
_TOUCHED_STD = 5e-4
"""Of the width that the fingers tell: drives, and that a gripper does not close quite along the shortest way [m]."""


@dataclass(frozen=True)
class Guess:
    """What is known of an object.

    Attributes:
        seen: Chances of each of CLASSES by the camera, shape (5,).
        width, width_std: Between the fingers [m].
        felt: Logarithms of the chances by each touch of a finger, shape (n, 5).
    """

    seen: Array
    width: float
    width_std: float
    felt: Array

    @property
    def chances(self) -> Array:
        """Of each of CLASSES, shape (5,): the camera's, times the touches' mean.

        Touches of one object share what the network is wrong about: their logarithms are averaged, not summed.
        """
        logs = np.log(self.seen) + (self.felt.mean(axis=0) if len(self.felt) else 0.0)
        chances: Array = np.exp(logs - logs.max())
        return chances / chances.sum()

    def touched(self, kinds: list[Array], width: float) -> Guess:
        """Return what is known after one more touch.

        Args:
            kinds: Chances of each of CLASSES by each fingertip that feels something.
            width: Between the fingers [m].
        """
        gain = self.width_std**2 / (self.width_std**2 + _TOUCHED_STD**2)
        logs = np.log(np.array(kinds).reshape(-1, len(CLASSES)) + 1e-3)
        return replace(
            self,
            width=self.width + gain * (width - self.width),
            width_std=float(np.sqrt(1.0 - gain) * self.width_std),
            felt=np.concatenate([self.felt, logs]),
        )

    @property
    def told(self) -> dict[str, object]:
        """For a file."""
        return {
            "chances": dict(zip(CLASSES, self.chances.tolist(), strict=True)),
            "width_mm": 1e3 * self.width,
            "width_std_mm": 1e3 * self.width_std,
        }


def guess_of(world: World, suite: SensorSuite, name: str) -> Guess | None:
    """Look at an object from above with the scene's camera; None where it has none or hardly sees it."""
    for spec in world.scene.sensors:
        sensor = suite.sensor(spec.name)
        if isinstance(sensor, Rgbd):
            assert isinstance(sensor.parameters, RgbdParameters)
            seen = sensor.corrupt(sensor.sample(world))
            label = sensor.labels()["segmentation"].index(name)
            keep = seen["segmentation"] == label
            cloud = from_depth(seen["depth"], seen["intrinsics"], seen["pose"], keep=keep)
            focal = float(seen["intrinsics"][0, 0])
            return guess_from(cloud.points, float(seen["pose"][2, 3]), focal, sensor.parameters)
    return None


def guess_from(points: Array, eye: float, focal: float, noise: RgbdParameters) -> Guess | None:
    """Guess from what is seen of an object's top.

    Args:
        points: Shape (n, 3), in world [m].
        eye: Height of the camera, which looks down [m].
        focal: Its focal length [pixels].
        noise: Of its depth.
    Returns:
        None where fewer than four points are seen.
    """
    if len(points) < _FEWEST:
        return None
    away = eye - float(np.median(points[:, 2]))
    pixel = away / focal
    # As wide as a square or a disc, whichever it is, of so many pixels; those at its rim may or may not count.
    area, rim = len(points) * pixel**2, 4.0 * np.sqrt(len(points))
    width = float(np.sqrt(area)) * 0.5 * (1.0 + np.sqrt(4.0 / np.pi))
    std = float(np.hypot(0.5 * width * np.sqrt(rim / 3.0) / len(points), 0.05 * width))
    radius = 0.5 * width
    out = np.hypot(*(points[:, :2] - points[:, :2].mean(axis=0)).T)
    dome = np.sqrt(np.maximum(radius**2 - out**2, 0.0))
    spread = np.hypot(noise.depth_noise + noise.depth_noise_squared * away**2, _OFF)
    off = [points[:, 2] - model for model in (np.zeros(len(out)), dome)]
    flat, domed = (-0.5 * (((o - o.mean()) / spread) ** 2).sum() for o in off)
    share = 1.0 / (1.0 + np.exp(np.clip(flat - domed, -30.0, 30.0)))
    seen = (1.0 - share) * _FLAT + share * _DOMED
    return Guess(seen, width, std, np.empty((0, len(CLASSES))))
