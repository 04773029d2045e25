"""Graspable faces in one frame of a colour and depth camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from robolab.core.transforms import Array


@dataclass(frozen=True)
class Face:
    """A flat rectangle that a suction cup could hold.

    Attributes:
        X_world_face: Origin in the face's middle, z out of it, x along its longer side, shape (4, 4).
        extent: Along x and y, shape (2,) [m].
        confidence: That this is one whole face of one case, 0 to 1.
        polygon: Its corners in the image, in order, shape (4, 2) [pixels].
        std_mm, std_deg: Standard deviation of the position of its plane and of its tilt, as the fit gives them.
    """

    X_world_face: Array
    extent: Array
    confidence: float
    polygon: Array
    std_mm: float = 0.0
    std_deg: float = 0.0


class EdgeNetwork(Protocol):
    """Tells where faces end."""

    def edges(self, colour: np.ndarray, depth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return chances at every second pixel of a frame.

        Args:
            colour: Shape (h, w, 3), uint8.
            depth: Shape (h, w), float32 [m]; 0 where none.
        Returns:
            That a pixel lies on the border of a face, and that it lies on a case, each of shape
            (h / 2, w / 2), float32.
        """
        ...


def find_faces(
    colour: np.ndarray,
    depth: np.ndarray,
    intrinsics: Array,
    X_world_cam: Array,
    network: EdgeNetwork | None = None,
) -> tuple[Face, ...]:
    """Find every graspable face, the surest first.

    Args:
        colour: Shape (h, w, 3), uint8.
        depth: Along the optical axis, shape (h, w), float32 [m]; 0 where none.
        intrinsics: Shape (3, 3).
        X_world_cam: Pose of the camera (+z forward, +y down), shape (4, 4).
        network: Tells flush neighbours apart; without it, geometry alone decides.
    Returns:
        The faces; none where nothing is in view.
    Raises:
        FrameError: the frame cannot be used: the message says why.
    """
    raise NotImplementedError
