"""What the arm knows of bodies that move, seen by the scene's own depth camera.

The camera stands in a world in which the bodies are where their tracks have them and the arm is where it was
commanded. Of each depth image the points of arm and furniture are taken away by where these are known to be; what is left is
grouped into bodies, followed, and completed by what may be behind.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from robolab.core.errors import SceneError
from robolab.core.transforms import Array
from robolab.kernels.moving import Mover, MovingChecker
from robolab.kernels.obstacles import Obstacles
from robolab.perception.bodies import BodyFollower, clusters_of
from robolab.perception.pointcloud import PointCloud, as_obstacles, from_depth, thinned
from robolab.planning.query import Threat
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec, SensorSpec
from robolab.scene.tracks import track_of
from robolab.sensors import SENSORS
from robolab.sim.shapes import place_object
from robolab.sim.world import World

_BEFORE = 0.5
"""Watching begins this long before the arm may move [s]."""
_KNOWN = 0.08
"""Points nearer than this to arm or furniture are theirs: depth noise, and the arm's motion in a frame [m]."""
_VOXEL, _SPACING = 0.06, 0.1
_GAP, _FEWEST = 0.2, 12
_DOUBT, _DOUBT_RATE, _MOST_DOUBT = 0.03, 0.07, 0.16
"""See `Threat` [m, m/s, m]."""


class CameraWatcher:
    """Follows bodies through a depth camera; close it in the end.

    Raises:
        SceneError: the scene has no depth camera.
    """

    def __init__(self, scene: SceneSpec, robot: RobotModel, standing: Obstacles, seed: int) -> None:
        spec = _camera_of(scene)
        self._spec, self._tracks = spec, [(t.object, track_of(t)) for t in scene.tracks]
        self._poses = {t.object: scene.object(t.object).pose.matrix() for t in scene.tracks}
        self._world = World(scene, seed, robots={scene.robot.name: robot})
        try:
            self._sensor = SENSORS.get(spec.type)(spec, self._world)
        except BaseException:
            self.close()
            raise
        self._checker = MovingChecker(robot.chain, robot.spheres)
        self._standing = Mover(standing)
        self._bodies = BodyFollower(spacing=_SPACING)
        self._movers: dict[int, tuple[Array, Mover]] = {}
        self._taken = 0

    def close(self) -> None:
        """Stop the world that the camera looks at."""
        self._world.close()

    def update(self, now: float, arm_at: Callable[[float], Array]) -> bool:
        """Take the frames that have come in until now [s]; say whether there were any."""
        news = False
        while True:
            time = self._taken / self._spec.rate_hz - _BEFORE
            if time + self._spec.delay_s > now + 1e-9:
                return news
            self._taken += 1
            self._see(time, arm_at(max(time, 0.0)))
            news = True

    def threats(self) -> tuple[Threat, ...]:
        """Everything that moves, as it is expected to go on."""
        return tuple(
            Threat(
                self._mover(k, body.points),
                body.origin,
                body.prediction.time,
                body.prediction.position,
                body.prediction.velocity,
                _DOUBT,
                _DOUBT_RATE,
                _MOST_DOUBT,
            )
            for k, body in enumerate(self._bodies.bodies)
        )

    def _see(self, time: float, q: Array) -> None:
        world = self._world
        world.put_arm(q)
        for name, track in self._tracks:
            X = self._poses[name].copy()
            X[:3, 3] = track.position(time)
            place_object(world.client.id, world.object(name), X)
        image = self._sensor.corrupt(self._sensor.sample(world))
        cloud = thinned(from_depth(image["depth"], image["intrinsics"], image["pose"]), _VOXEL)
        unknown = self._checker.unknown(q, self._standing, cloud.points, _KNOWN)
        found = clusters_of(cloud.points[unknown], _GAP, _FEWEST)
        self._bodies.see(time, found, np.asarray(image["pose"])[:3, 3])

    def _mover(self, key: int, points: Array) -> Mover:
        """The shape of a body, packed once for as long as it stays the same."""
        kept = self._movers.get(key)
        if kept is None or kept[0] is not points:
            radius = 0.5 * 3.0**0.5 * _SPACING
            kept = (points, Mover(as_obstacles(PointCloud(points), radius, "seen")))
            self._movers[key] = kept
        return kept[1]


def _camera_of(scene: SceneSpec) -> SensorSpec:
    found = next((sensor for sensor in scene.sensors if sensor.type == "rgbd"), None)
    if found is None:
        raise SceneError("nothing to watch with", field="sensors", expected="a sensor of type rgbd")
    return found
