"""The job behind `robolab see calibrate`: where a scene's camera really is, by a ball on the robot's tool."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from robolab.core.errors import CalibrationError, SceneError, UnknownName
from robolab.core.rng import stream
from robolab.core.transforms import Array, apply, inverse, pose, quat_of, rotation_angle
from robolab.kernels.compiled import CompiledChecker
from robolab.perception.handeye import FEWEST, HandEye, ball_middle, calibrate
from robolab.planning.scene_obstacles import carried_spheres, obstacles_of
from robolab.scene.realise import realise
from robolab.scene.spec import ObjectSpec, SceneSpec, SensorSpec, SphereShape
from robolab.sensors.depth_faults import DepthFaults, jolt, spoiled
from robolab.sim.camera import Intrinsics, QuickCamera
from robolab.sim.shapes import place_object
from robolab.sim.world import World

BALL = "calibration-ball"
_RADIUS = 0.05
_PLACES = ((0.0, 0.0, 0.08), (0.35, 0.0, 0.0))
"""Where the ball is put on the tool, from its centre point: before it, and beside it where the tool hides that [m]."""
_HUNG_STD = 0.002
_COLOUR = (0.9, 0.05, 0.9)
_FEWEST_PIXELS = 20
_MOST_TRIES = 3000
_BORDER = 0.06
"""Share of the picture at each side in which the ball's middle is not wanted."""


@dataclass(frozen=True)
class Installed:
    """How far a camera may be from where the scene has it: standard deviations [mm, deg]."""

    off_mm: float = 20.0
    off_deg: float = 1.5


def see_calibrate(
    scene: SceneSpec,
    camera: str | None,
    poses: int,
    seed: int,
    installed: Installed,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Calibrate a camera of a scene, which stands off by an amount that only the report knows.

    The robot shows the ball at poses that are free of collision and from which the camera sees it.

    Args:
        camera: Name of the sensor; the first camera where not given.
    Returns:
        The camera's pose, how sure it is, and how far it is from the truth, in simulation.
    Raises:
        SceneError: the scene has no camera. UnknownName: it has none of that name.
        CalibrationError: too few poses show the ball.
    """
    rng = stream(seed, "calibrate")
    scene = realise(scene, seed)
    sensor = _camera_of(scene, camera)
    ball = ObjectSpec(name=BALL, shape=SphereShape(type="sphere", radius=_RADIUS), colour=_COLOUR)
    with World(scene.model_copy(update={"objects": (*scene.objects, ball)}), seed) as world:
        X_true = sensor.pose.matrix() @ jolt(rng, installed.off_mm, installed.off_deg)
        seen: list[tuple[Array, Array, Array]] = []
        for place in _PLACES:
            station = _Station(world, scene, sensor, rng, X_true, np.array(place))
            seen = station.see(poses, progress)
            if len(seen) >= FEWEST:
                break
        else:
            raise CalibrationError(
                "the camera hardly sees the tool",
                value=f"{len(seen)} poses",
                expected=f"{FEWEST} or more that are free of collision",
            )
        found = calibrate(
            np.array([p for p, _, _ in seen]),
            np.array([mount for _, mount, _ in seen]),
            np.array([holder for _, _, holder in seen]),
            sensor.pose.matrix(),
            station.meant(),
        )
        return _report(sensor, found, X_true, len(seen), seed)


class _Station:
    """A world with a ball on its robot's tool and a camera that is not quite where it should be."""

    def __init__(
        self,
        world: World,
        scene: SceneSpec,
        sensor: SensorSpec,
        rng: np.random.Generator,
        X_mount_cam: Array,
        place: Array,
    ) -> None:
        self.world, self._rng, self._X_mount_cam = world, rng, X_mount_cam
        robot, _, self._link = sensor.mount.partition("/")
        self.fixed = sensor.mount == "world"
        if not self.fixed and robot != scene.robot.name:
            raise UnknownName("mount", sensor.mount, ["world", f"{scene.robot.name}/LINK"])
        p = sensor.parameters
        self._lens = Intrinsics.of_fov(
            p.get("width", 128), p.get("height", 128), p.get("fov_deg", 60.0)
        )
        self._place, self._hangs = place, place + _HUNG_STD * rng.standard_normal(3)
        self._stand = world.robot.fk(world.joint_state()[0])
        self._camera = QuickCamera(world.client.id, world.bodies, self._lens)
        self._number = next(n for n, name in world.bodies.items() if name == BALL)
        asked = scene.requirements
        spheres = carried_spheres(
            world.robot.spheres,
            SphereShape(type="sphere", radius=_RADIUS),
            pose(place),
            world.robot.chain,
            scene,
        )
        self._checker = CompiledChecker(
            world.robot.chain,
            spheres,
            obstacles_of(scene),
            clearance=asked.clearance,
            carried_clearance=asked.carried_clearance,
            hulls=world.robot.hulls,
        )

    def see(self, poses: int, progress: Callable[[str], None]) -> list[tuple[Array, Array, Array]]:
        """Show the ball until it was seen so often; return where, with the poses of mount and holder."""
        limits = self.world.robot.limits
        low, high = np.maximum(limits.lower, -np.pi), np.minimum(limits.upper, np.pi)
        found: list[tuple[Array, Array, Array]] = []
        for _ in range(_MOST_TRIES):
            q = self._rng.uniform(low, high)
            if not self._in_view(q) or not self._checker.free(q):
                continue
            self.world.put_arm(q)
            point = self._look()
            if point is not None:
                found.append((point, self._mount(q), self.holder()))
                progress(f"pose {len(found)} of {poses}")
            if len(found) == poses:
                break
        return found

    def meant(self) -> Array:
        """Where the ball is meant to be on what it hangs on, shape (3,) [m]."""
        return self._place if self.fixed else apply(self._stand, self._place)

    def holder(self) -> Array:
        """What the ball hangs on now: the tool, or where the tool was when it was put into the scene."""
        return self.world.robot.fk(self.world.joint_state()[0]) if self.fixed else np.eye(4)

    def _ball(self, q: Array) -> Array:
        holder = self.world.robot.fk(q) if self.fixed else self._stand
        return apply(holder, self._hangs)

    def _mount(self, q: Array) -> Array:
        return np.eye(4) if self.fixed else self.world.robot.fk(q, self._link)

    def _in_view(self, q: Array) -> bool:
        point = apply(inverse(self._mount(q) @ self._X_mount_cam), self._ball(q))
        if point[2] < 4.0 * _RADIUS:
            return False
        size = np.array([self._lens.width, self._lens.height])
        pixel = self._lens.project(point)
        return bool(np.all(pixel > _BORDER * size) and np.all(pixel < (1.0 - _BORDER) * size))

    def _look(self) -> Array | None:
        """Take a frame and find the ball's middle in it."""
        world = self.world
        q, _ = world.joint_state()
        place_object(world.client.id, world.object(BALL), pose(self._ball(q)))
        picture = self._camera.take(self._mount(q) @ self._X_mount_cam)
        truth = np.where(picture.bodies >= 0, picture.depth, np.float32(0.0))
        matt = np.zeros(truth.shape, dtype=np.float32)
        depth = spoiled(truth, picture.colour, matt, self._lens.matrix(), DepthFaults(), self._rng)
        mask = _ball_coloured(picture.colour)
        if np.count_nonzero(mask) < _FEWEST_PIXELS:
            return None
        return ball_middle(depth, mask, self._lens.matrix(), _RADIUS)


def _ball_coloured(colour: np.ndarray) -> np.ndarray:
    """Pixels of the ball's hue, shape (h, w), bool."""
    red, green, blue = (colour[..., k].astype(int) for k in range(3))
    return (red > 60) & (blue > 60) & (2 * green < red) & (2 * green < blue)


def _camera_of(scene: SceneSpec, name: str | None) -> SensorSpec:
    cameras = {sensor.name: sensor for sensor in scene.sensors if sensor.type == "rgbd"}
    if not cameras:
        raise SceneError(
            "has no camera",
            file=scene.folder / f"{scene.name}.yaml",
            field="sensors",
            expected="one of type rgbd",
        )
    if name is not None and name not in cameras:
        raise UnknownName("camera", name, cameras)
    return cameras[name or next(iter(cameras))]


def _report(
    sensor: SensorSpec, found: HandEye, X_true: Array, poses: int, seed: int
) -> dict[str, Any]:
    X, stated = found.X_mount_cam, sensor.pose.matrix()
    return {
        "camera": sensor.name,
        "mount": sensor.mount,
        "seed": seed,
        "poses": poses,
        "outliers": found.outliers,
        "pose": {"position": X[:3, 3].tolist(), "quat_xyzw": quat_of(X).tolist()},
        "ball": found.p_holder_ball.tolist(),
        "residual_rms_mm": found.rms_mm,
        "std_mm": found.std_mm,
        "std_deg": found.std_deg,
        "error_mm": _off_mm(X, X_true),
        "error_deg": float(np.degrees(rotation_angle(X, X_true))),
        "before_mm": _off_mm(stated, X_true),
        "before_deg": float(np.degrees(rotation_angle(stated, X_true))),
    }


def _off_mm(X: Array, X_true: Array) -> float:
    return 1e3 * float(np.linalg.norm(X[:3, 3] - X_true[:3, 3]))
