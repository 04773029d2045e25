"""What a trial is of: an object, how it is taken, and what nobody is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from robolab.core.assets import package_file
from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.sim.pinch import PinchBody
from robolab.tasks.lift_grasp import Grasp, Solid, grasps, solid_of
from robolab.tasks.lift_motion import Motion, lift_and_shake

LEARN, TEST = range(800), range(800, 900)
"""PyBullet's random objects to learn from, and to test on; 900 to 999 are nobody's."""
MASS, FRICTION = (0.02, 1.5), (0.2, 1.2)
STIFFNESS = (3000.0, 8000.0)
FRAGILE_SHARE = 0.3
FRAGILE = (1.5, 4.0)
"""Force that breaks a fragile object, over what the friction cone needs."""
LEAST_LIMIT = 2.5
"""Nothing breaks of less [N]."""
_SCALE = 0.015
"""Of PyBullet's own description of these objects."""
_SMALLER = (1.0, 0.8, 0.6)
"""Scales of an object too wide for the hand; the first that fits is taken."""
_EMPTY = frozenset({168})
"""Objects whose corners are not numbers."""
_OFF = 0.006
"""How far beside the centre of mass an object may be taken [m]."""


@dataclass(frozen=True)
class LiftCase:
    """Attributes:
    item: Number of PyBullet's random object.
    body: It, in the hand.
    width: Between the faces that are taken [m].
    cone: Force of each finger that holds it by the friction cone, without rotation [N].
    limit: Force that it must not see [N], or None.
    motion: What will be done with it.
    """

    item: int
    body: PinchBody
    width: float
    cone: float
    limit: float | None
    motion: Motion


def draw_case(seed: int, number: int, items: range, dt: float) -> LiftCase:
    """Return the case that a seed and a number determine; objects without opposite faces that fit are drawn again.

    Args:
        items: Numbers of the objects to draw from.
        dt: Time of a step [s].
    Raises:
        MissingAsset: an object's mesh is not there.
    """
    rng = stream(seed, "lift", number)
    item, ways = -1, (0, ())
    while not ways[1]:
        item = int(rng.integers(items.start, items.stop))
        ways = ways_to_take(item)
    scale, found = ways
    grasp, place = _one_of(found, rng)
    mass = _evenly(rng, *MASS)
    friction = float(rng.uniform(*FRICTION))
    motion = lift_and_shake(rng, dt)
    cone = mass * motion.hardest / (2.0 * friction)
    fragile = rng.uniform() < FRAGILE_SHARE
    over = _evenly(rng, *FRAGILE)
    vertices = _solid(item, scale).vertices @ grasp.R_hand_solid.T
    stiffness = float(rng.uniform(*STIFFNESS))
    return LiftCase(
        item=item,
        body=PinchBody(vertices, -place, mass, friction, stiffness),
        width=grasp.width,
        cone=cone,
        limit=max(over * cone, LEAST_LIMIT) if fragile else None,
        motion=motion,
    )


@lru_cache(maxsize=1000)
def ways_to_take(item: int) -> tuple[int, tuple[Grasp, ...]]:
    """Return which of the scales fits, and all grasps close to the centre of mass; none where there are none."""
    for scale in range(0 if item in _EMPTY else len(_SMALLER)):
        near = tuple(
            Grasp(grasp.R_hand_solid, points, grasp.width)
            for grasp in grasps(_solid(item, scale))
            if len(points := grasp.points[_beside(grasp.points) < _OFF])
        )
        if near:
            return scale, near
    return 0, ()


@lru_cache(maxsize=1000)
def _solid(item: int, scale: int) -> Solid:
    file = package_file(f"package://pybullet_data/random_urdfs/{item:03d}/{item:03d}.obj")
    return solid_of(file, _SCALE * _SMALLER[scale])


def _evenly(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw a number whose logarithm is even."""
    return low * float((high / low) ** rng.uniform())


def _beside(points: Array) -> Array:
    return np.linalg.norm(points[:, 1:], axis=1)


def _one_of(ways: tuple[Grasp, ...], rng: np.random.Generator) -> tuple[Grasp, Array]:
    grasp = ways[int(rng.integers(len(ways)))]
    return grasp, grasp.points[int(rng.integers(len(grasp.points)))]
