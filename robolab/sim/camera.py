"""Pictures of a world by PyBullet's software renderer: colour, depth and who is seen, in one pass.

Cameras follow OpenCV: +z looks forward, +x right, +y down; pixel (u, v) has its centre at integer
coordinates, u to the right.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import radians, tan

import numpy as np

from robolab.core.transforms import Array, inverse
from robolab.kernels.raster import Lens, draw
from robolab.sim.client import p
from robolab.sim.visuals import frame_poses, look_of

_GL_CV = np.diag([1.0, -1.0, -1.0, 1.0])
_LIGHT = (0.4, -0.6, 1.0)


@dataclass(frozen=True)
class Intrinsics:
    """A pinhole camera.

    Attributes:
        width, height: In pixels.
        fx, fy: Focal lengths [pixels].
        cx, cy: Where the optical axis meets the image [pixels].
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    @staticmethod
    def of_fov(width: int, height: int, fov_deg: float) -> Intrinsics:
        """Square pixels, axis through the middle; `fov_deg` is the vertical field of view."""
        f = 0.5 * height / tan(0.5 * radians(fov_deg))
        return Intrinsics(width, height, f, f, 0.5 * (width - 1), 0.5 * (height - 1))

    def matrix(self) -> Array:
        """The camera matrix, shape (3, 3)."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])

    def project(self, points: Array) -> Array:
        """Project points in the camera's frame, shape (..., 3), to pixels, shape (..., 2)."""
        points = np.asarray(points, dtype=float)
        x, y, z = points[..., 0], points[..., 1], points[..., 2]
        return np.stack([self.fx * x / z + self.cx, self.fy * y / z + self.cy], axis=-1)


@dataclass(frozen=True)
class Picture:
    """Attributes:
    colour: Shape (h, w, 3), uint8.
    depth: Distance along the optical axis, shape (h, w), float32 [m]; inf where nothing is.
    bodies: Number of the body seen in PyBullet, shape (h, w), int32; -1 where nothing is.
    """

    colour: np.ndarray
    depth: np.ndarray
    bodies: np.ndarray


class Camera:
    """A camera's matrices, made once and moved as often as needed.

    Args:
        near, far: Range of depth that is drawn [m].
    """

    def __init__(
        self, intrinsics: Intrinsics, near: float = 0.02, far: float = 10.0, shadow: bool = False
    ) -> None:
        self.intrinsics = intrinsics
        self._near, self._far, self._shadow = near, far, int(shadow)
        self._projection = _projection(intrinsics, near, far)

    def take(self, client: int, X_world_cam: Array) -> Picture:
        """Take a picture from a pose, shape (4, 4)."""
        size = self.intrinsics
        view = (_GL_CV @ inverse(X_world_cam)).T.ravel().tolist()
        _, _, colour, buffer, mask = p.getCameraImage(
            size.width,
            size.height,
            viewMatrix=view,
            projectionMatrix=self._projection,
            lightDirection=_LIGHT,
            shadow=self._shadow,
            renderer=p.ER_TINY_RENDERER,
            physicsClientId=client,
        )
        shape = (size.height, size.width)
        buffer = np.asarray(buffer, dtype=np.float32).reshape(shape)
        bodies = np.asarray(mask, dtype=np.int32).reshape(shape)
        return Picture(
            np.asarray(colour, dtype=np.uint8).reshape(*shape, 4)[..., :3],
            self._metres(buffer, bodies),
            bodies,
        )

    def _metres(self, buffer: np.ndarray, bodies: np.ndarray) -> np.ndarray:
        near, far = self._near, self._far
        depth = np.float32(far * near) / (np.float32(far) - np.float32(far - near) * buffer)
        depth[bodies < 0] = np.inf
        return depth


def _projection(size: Intrinsics, near: float, far: float) -> list[float]:
    """OpenGL's projection matrix, in columns; its pixel corners lie half a pixel from ours."""
    w, h = size.width, size.height
    return [
        2.0 * size.fx / w, 0.0, 0.0, 0.0,
        0.0, 2.0 * size.fy / h, 0.0, 0.0,
        1.0 - 2.0 * (size.cx + 0.5) / w, 2.0 * (size.cy + 0.5) / h - 1.0, -(far + near) / (far - near), -1.0,
        0.0, 0.0, -2.0 * far * near / (far - near), 0.0,
    ]  # fmt: skip


class QuickCamera:
    """A camera that draws a world's own triangles, many times as quick as PyBullet's renderer.

    Depth and bodies are the same; colours are flat-shaded, without shadows.

    Args:
        bodies: Names by PyBullet's number of all that can be seen.
        near, far: Range of depth that is drawn [m].
    """

    def __init__(
        self,
        client: int,
        bodies: dict[int, str],
        intrinsics: Intrinsics,
        near: float = 0.02,
        far: float = 10.0,
    ) -> None:
        self.intrinsics = intrinsics
        self._client = client
        self._look = look_of(client, bodies)
        self._light = np.array(_LIGHT) / np.linalg.norm(_LIGHT)
        self._lens = Lens(**vars(intrinsics), near=near, far=far)

    def take(self, X_world_cam: Array) -> Picture:
        """Take a picture from a pose, shape (4, 4)."""
        X_cam_world = inverse(X_world_cam)
        poses = X_cam_world @ frame_poses(self._client, self._look)
        light = X_cam_world[:3, :3] @ self._light
        return Picture(
            *draw(
                self._look.triangles,
                poses.astype(np.float32),
                self._lens,
                light.astype(np.float32),
            )
        )
