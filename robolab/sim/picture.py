"""A picture of a world for people: soft shadows, smooth edges, and a quiet background.

The renderer's own shadows end where its light map does. Here a second picture, taken from the
light, says what the light does not reach (shadow mapping: Williams, 1978).
"""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image
from scipy.ndimage import map_coordinates, uniform_filter

from robolab.core.transforms import Array, apply, inverse, look_at
from robolab.scene.spec import CameraView
from robolab.sim.camera import Camera, Intrinsics, Picture
from robolab.sim.world import World

_FINER = 2
"""Rendered at this many times the size, then averaged: the renderer knows no smooth edges."""
_SKY, _HORIZON = (198.0, 208.0, 222.0), (246.0, 247.0, 250.0)
_FAR = 30.0
_LIGHT = (-0.8, -1.3, 0.35)
"""Where the light comes from, seen from the camera: right, down, back."""
_LIGHT_DISTANCE, _LIGHT_FOV_DEG, _LIGHT_PIXELS = 9.0, 42.0, 1000
_SHADE = 0.42
"""How much darker shadows are."""


def take_picture(
    world: World, size: tuple[int, int] = (960, 600), view: CameraView | None = None
) -> bytes:
    """Return a PNG of a world.

    Args:
        size: Width and height in pixels.
        view: From where; without it, as the scene says.
    """
    view = view or world.scene.view
    width, height = size
    lens = Intrinsics.of_fov(width * _FINER, height * _FINER, view.fov_deg)
    X_world_cam = look_at(view.eye, view.target)
    picture = Camera(lens, near=0.05, far=_FAR).take(world.client.id, X_world_cam)
    points = _points(picture, lens, X_world_cam)
    light = 1.0 - _SHADE * _shadow(world, points, view)
    seen = (picture.bodies >= 0)[..., None]
    colour = np.where(seen, picture.colour * light[..., None], _background(lens))
    image = Image.fromarray(np.clip(np.round(colour), 0, 255).astype(np.uint8))
    stream = BytesIO()
    image.resize(size, Image.Resampling.BOX).save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _points(picture: Picture, lens: Intrinsics, X_world_cam: Array) -> Array:
    """What each pixel sees, in world, shape (h, w, 3) [m]."""
    depth = np.where(picture.bodies >= 0, picture.depth, 1.0)
    v, u = np.indices(depth.shape)
    rays = np.stack([(u - lens.cx) / lens.fx, (v - lens.cy) / lens.fy, np.ones(u.shape)], axis=-1)
    return apply(X_world_cam, rays * depth[..., None])


def _shadow(world: World, points: Array, view: CameraView) -> Array:
    """Share of the light that does not reach each point, shape (h, w)."""
    target = np.asarray(view.target, dtype=float)
    X_world_light = look_at(target + _LIGHT_DISTANCE * _direction_of_light(view), target)
    lens = Intrinsics.of_fov(_LIGHT_PIXELS, _LIGHT_PIXELS, _LIGHT_FOV_DEG)
    depth = Camera(lens, near=1.0, far=_FAR).take(world.client.id, X_world_light).depth
    local = apply(inverse(X_world_light), points)
    pixels = lens.project(local)
    reached = map_coordinates(
        np.minimum(depth, _FAR), [pixels[..., 1], pixels[..., 0]], order=0, cval=_FAR
    )
    hidden = (reached < local[..., 2] - 0.02).astype(float)
    return uniform_filter(hidden, 2 * _FINER + 1)


def _direction_of_light(view: CameraView) -> Array:
    level = look_at((view.eye[0], view.eye[1], view.target[2]), view.target)[:3, :3]
    right, down, back = _LIGHT
    direction = level @ np.array([right, down, -back])
    return direction / np.linalg.norm(direction)


def _background(size: Intrinsics) -> np.ndarray:
    share = np.linspace(0.0, 1.0, size.height)[:, None, None]
    colour = (1.0 - share) * np.array(_SKY) + share * np.array(_HORIZON)
    return np.broadcast_to(colour, (size.height, size.width, 3))
