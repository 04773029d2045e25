"""A box on a table as a camera right above it sees it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from robolab.core.transforms import Array
from robolab.sim.camera import Intrinsics

Draw = Callable[..., np.ndarray]
INTRINSICS = Intrinsics.of_fov(160, 120, 45.0)
HEIGHT = 0.6


@pytest.fixture
def X_world_cam() -> Array:
    X = np.diag([1.0, -1.0, -1.0, 1.0])
    X[2, 3] = HEIGHT
    return X


@pytest.fixture
def intrinsics() -> Array:
    return INTRINSICS.matrix()


@pytest.fixture
def draw() -> Draw:
    def box(size: tuple[float, float, float], yaw: float = 0.0, at: float = 0.0) -> np.ndarray:
        """Depth of a box of a size [m], turned about the vertical, its middle at x = `at`."""
        v, u = np.indices((INTRINSICS.height, INTRINSICS.width))
        top = HEIGHT - size[2]
        x = (u - INTRINSICS.cx) / INTRINSICS.fx * top - at
        y = -(v - INTRINSICS.cy) / INTRINSICS.fy * top
        along = np.abs(np.cos(yaw) * x + np.sin(yaw) * y) < size[0] / 2
        across = np.abs(-np.sin(yaw) * x + np.cos(yaw) * y) < size[1] / 2
        return np.where(along & across, top, HEIGHT).astype(np.float32)

    return box
