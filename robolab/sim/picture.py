"""A picture of a world for people to look at."""

from __future__ import annotations

import io

import numpy as np

from robolab.core.transforms import Array
from robolab.sim.camera import Camera, Intrinsics
from robolab.sim.world import World

_SAMPLES = 2
"""Pixels drawn for each pixel shown, along each side: the renderer does not smooth edges."""


def take_picture(world: World, width: int = 960, height: int = 640) -> bytes:
    """Return a PNG of the world as the scene's `view` sees it."""
    from PIL import Image

    view = world.scene.view
    size = Intrinsics.of_fov(_SAMPLES * width, _SAMPLES * height, view.fov_deg)
    X_world_cam = looking_at(np.array(view.eye), np.array(view.target))
    shot = Camera(size, near=0.05, far=30.0, shadow=True).take(world.client.id, X_world_cam)
    image = Image.fromarray(shot.colour).resize((width, height), Image.Resampling.BOX)
    stream = io.BytesIO()
    image.save(stream, format="PNG", optimize=True)
    return stream.getvalue()


def looking_at(eye: Array, target: Array) -> Array:
    """Return the pose of a camera at `eye` that looks at `target`, upright in world, shape (4, 4)."""
    forward = target - eye
    forward = forward / np.linalg.norm(forward)
    up = np.array([0.0, 0.0, 1.0]) if abs(forward[2]) < 0.999 else np.array([0.0, 1.0, 0.0])
    right = np.cross(forward, up)
    right = right / np.linalg.norm(right)
    X = np.eye(4)
    X[:3, :3] = np.column_stack([right, np.cross(forward, right), forward])
    X[:3, 3] = eye
    return X
