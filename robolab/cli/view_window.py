"""PyBullet's window on a world: sliders, previews of the scene's cameras, playback."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from robolab.core.transforms import Array, quat_of
from robolab.jobs.playback import Playback
from robolab.scene.spec import CameraView, SceneSpec, SensorSpec
from robolab.sim.camera import Camera, Intrinsics
from robolab.sim.client import Owner, p
from robolab.sim.world import World

_FRAME_S = 1.0 / 30.0
_PREVIEW_S = 0.4
"""How often the camera previews are drawn anew: in software that takes a while."""
_PREVIEW_SIZE = (320, 240)
_ESCAPE = 27


class Window(Owner):
    """A window on a realised scene; use it in a `with` statement."""

    def __init__(self, scene: SceneSpec, seed: int) -> None:
        self._world = World(scene, seed, gui=True)
        self._client = self._world.client.id
        self._cameras = [spec for spec in scene.sensors if spec.type == "rgbd"]
        self._previewed = -math.inf
        look_from(scene.view, self._client)
        previews = (
            p.COV_ENABLE_RGB_BUFFER_PREVIEW,
            p.COV_ENABLE_DEPTH_BUFFER_PREVIEW,
            p.COV_ENABLE_SEGMENTATION_MARK_PREVIEW,
        )
        for preview in previews:
            p.configureDebugVisualizer(
                preview, int(bool(self._cameras)), physicsClientId=self._client
            )
        p.configureDebugVisualizer(p.COV_ENABLE_SHADOWS, 1, physicsClientId=self._client)

    def close(self) -> None:
        """Close the window, unless the user has."""
        if self._connected():
            self._world.close()

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> bool:
        """Close; that the user has closed the window in the middle of a frame is no error."""
        closed_by_user = kind is p.error and not self._connected()
        self.close()
        return closed_by_user

    def let_joints_be_moved(self) -> None:
        """Show a slider for each joint until the window is closed."""
        robot = self._world.robot
        sliders = [
            self._slider(name, robot.limits.lower[i], robot.limits.upper[i], robot.home[i])
            for i, name in enumerate(robot.joints)
        ]
        for _ in self._frames():
            self._world.put_arm(np.array([self._read(slider) for slider in sliders]))

    def play(self, playback: Playback) -> None:
        """Show a program over and over, at the speed of a slider, until the window is closed."""
        speed = self._slider("speed", 0.0, 2.0, 1.0)
        now = 0.0
        for passed in self._frames():
            now = (now + passed * self._read(speed)) % (playback.duration + 1.0)
            q, poses = playback.at(min(now, playback.duration))
            self._world.put_arm(q)
            for name, X_world_object in poses.items():
                self._put(name, X_world_object)

    def _frames(self) -> Iterator[float]:
        """Yield the time since the last frame [s] until the window is closed."""
        last = time.monotonic()
        while self._open():
            now = time.monotonic()
            yield now - last
            last = now
            if self._cameras and now - self._previewed > _PREVIEW_S:
                self._preview(self._cameras[0])
                self._previewed = time.monotonic()
            time.sleep(max(0.0, _FRAME_S - (time.monotonic() - now)))

    def _open(self) -> bool:
        if not self._connected():
            return False
        keys: dict[int, int] = p.getKeyboardEvents(physicsClientId=self._client)
        return not {_ESCAPE, ord("q")} & keys.keys()

    def _connected(self) -> bool:
        return bool(p.getConnectionInfo(self._client)["isConnected"])

    def _preview(self, spec: SensorSpec) -> None:
        """Take the picture that the camera takes; the window shows its colour, depth and bodies."""
        X_world_cam = spec.pose.matrix()
        if spec.mount != "world":
            robot, _, link = spec.mount.partition("/")
            X_world_cam = self._world.arms[robot].link_pose(link) @ X_world_cam
        fov = float(spec.parameters.get("fov_deg", 60.0))
        camera = Camera(Intrinsics.of_fov(*_PREVIEW_SIZE, fov))
        camera.take(self._client, X_world_cam)

    def _put(self, name: str, X_world_object: Array) -> None:
        item = self._world.object(name)
        X_world_com = X_world_object @ item.X_object_com
        p.resetBasePositionAndOrientation(
            item.body, X_world_com[:3, 3], quat_of(X_world_com), physicsClientId=self._client
        )

    def _slider(self, name: str, low: float, high: float, value: float) -> Any:
        return p.addUserDebugParameter(
            name, float(low), float(high), float(value), physicsClientId=self._client
        )

    def _read(self, slider: Any) -> float:
        return float(p.readUserDebugParameter(slider, physicsClientId=self._client))


def look_from(view: CameraView, client: int) -> None:
    """Point the window's camera as a scene's view says."""
    forward = np.subtract(view.target, view.eye)
    distance = float(np.linalg.norm(forward))
    x, y, z = forward / distance
    p.resetDebugVisualizerCamera(
        distance,
        math.degrees(math.atan2(-x, y)),
        math.degrees(math.asin(z)),
        view.target,
        physicsClientId=client,
    )
