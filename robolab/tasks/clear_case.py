"""What a pile is of, and where and how it is seen.

Small parts are simulated ten times as large: rigid bodies under gravity and dry friction behave alike at any size, times
going with its square root, masses and forces with its cube (Froude's similarity). Adhesion does not, and is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from robolab.core.assets import package_file, shipped
from robolab.core.transforms import Array
from robolab.sensors.rgbd import RgbdParameters
from robolab.sim.camera import Intrinsics
from robolab.sim.clutter_bodies import Item

LEARN, ASIDE, TEST = range(700), range(700, 800), range(800, 900)
"""PyBullet's random objects: to learn from, to choose by, and to test on; 900 to 999 are nobody's."""
COUNT = 5
"""Objects of a pile."""
MASS, FRICTION = (0.05, 0.25), (0.4, 1.0)
_SCALE = 0.015
"""Of PyBullet's own description of these objects."""
_EMPTY = frozenset({168})
"""Objects whose corners are not numbers."""
INTRINSICS = Intrinsics.of_fov(320, 240, 45.0)
NOISE = RgbdParameters()
"""Of the camera: a standard deviation of 0.5 mm + 1.2 mm (z / 1 m)^2."""
SMALL = 10.0
"""How many times larger small parts are simulated."""
PARTS = ("cube", "pin", "screw")
PART_SIZE = (0.003, 0.005)
"""Greatest side of a small part [m]."""
PART_MASS, PART_FRICTION = (0.05, 0.2), (0.3, 0.6)
"""Mass as simulated, a thousand times the true one [kg]: 0.05 to 0.2 g."""
CLOSE_NOISE = RgbdParameters(depth_noise=0.05e-3 * SMALL, depth_noise_squared=0.0)
"""Of the close-range camera: 0.05 mm, the point accuracy that Artec states for its Space Spider."""
HEIGHT = 0.6
"""Of the camera over the table [m]."""
_WOBBLE = 0.05
"""How far the camera stands beside that, and is turned [m, rad]."""


def random_items(
    rng: np.random.Generator, numbers: Sequence[int], count: int = COUNT
) -> list[Item]:
    """Draw the objects of a pile, no two the same.

    Raises:
        MissingAsset: a mesh is not there.
    """
    usable = [n for n in numbers if n not in _EMPTY]
    return [
        Item(
            package_file(f"package://pybullet_data/random_urdfs/{n:03d}/{n:03d}.obj"),
            _SCALE,
            mass=float(rng.uniform(*MASS)),
            friction=float(rng.uniform(*FRICTION)),
            colour=tuple(rng.uniform(0.2, 0.9, 3)),
        )
        for n in rng.choice(usable, count, replace=False)
    ]


def small_parts(rng: np.random.Generator, count: int = COUNT) -> list[Item]:
    """Draw parts of 3 to 5 mm: cubes, pins and screws."""
    return [
        Item(
            shipped("scenes") / "assets" / f"part_{PARTS[int(rng.integers(len(PARTS)))]}.obj",
            SMALL * float(rng.uniform(*PART_SIZE)),
            mass=float(rng.uniform(*PART_MASS)),
            friction=float(rng.uniform(*PART_FRICTION)),
            colour=tuple(rng.uniform(0.4, 0.9, 3)),
        )
        for _ in range(count)
    ]


def camera_pose(rng: np.random.Generator) -> Array:
    """Draw where the camera looks down from, X_world_cam, shape (4, 4)."""
    X = np.eye(4)
    tilt, turn = rng.uniform(-_WOBBLE, _WOBBLE, 2)
    down = np.diag([1.0, -1.0, -1.0])
    X[:3, :3] = down @ _about(0, tilt) @ _about(1, turn)
    X[:3, 3] = [0.0, 0.0, HEIGHT]
    X[:2, 3] = rng.uniform(-_WOBBLE, _WOBBLE, 2) + HEIGHT * X[:2, 2] / X[2, 2]
    return X


def _about(axis: int, angle: float) -> Array:
    c, s = np.cos(angle), np.sin(angle)
    i, j = [k for k in range(3) if k != axis]
    R = np.eye(3)
    R[i, i], R[i, j], R[j, i], R[j, j] = c, -s, s, c
    return R
