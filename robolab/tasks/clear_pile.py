"""Clearing a pile: look, grasp, and again, until nothing is left or three attempts in succession have failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from robolab.core.transforms import Array
from robolab.sensors.rgbd import RgbdParameters, noisy_depth
from robolab.sim.clutter import Clutter
from robolab.sim.clutter_bodies import Item
from robolab.tasks.clear import Aim, attempt
from robolab.tasks.clear_case import INTRINSICS, NOISE, camera_pose

GIVE_UP = 3
"""Failures in succession that end it."""
_SAME, _SAME_YAW = 0.015, 0.35
"""A grasp that close to one that has just failed is not tried again [m, rad]."""


class View(NamedTuple):
    """A depth image (h, w) [m], 0 where nothing is, and X_world_cam (4, 4)."""

    depth: np.ndarray
    X_world_cam: Array


class Cleared(NamedTuple):
    """Objects of the pile, those taken out, attempts, and attempts that took something."""

    objects: int
    taken: int
    attempts: int
    hits: int


Aims = Callable[[View], Sequence[Aim]]
"""From what is seen to grasps, best first."""


def look(clutter: Clutter, rng: np.random.Generator, noise: RgbdParameters = NOISE) -> View:
    """Take a depth image of a pile."""
    X = camera_pose(rng)
    picture = clutter.picture(INTRINSICS, X)
    depth = np.where(picture.bodies >= 0, picture.depth, np.float32(0.0))
    return View(noisy_depth(depth, noise, rng), X)


def highest(clutter: Clutter) -> float:
    """Return a height that no object reaches over [m]."""
    return max(clutter.heights().values(), default=0.0) + 0.1


def clear_pile(
    clutter: Clutter,
    items: Sequence[Item],
    aims: Aims,
    rng: np.random.Generator,
    noise: RgbdParameters = NOISE,
) -> Cleared:
    """Drop objects, and take them out one by one."""
    clutter.drop(items, rng)
    attempts, hits, failed = 0, 0, list[Aim]()
    while clutter.items and len(failed) < GIVE_UP:
        aim = next(_others(aims(look(clutter, rng, noise)), failed), None)
        if aim is None:
            break
        attempts += 1
        taken = attempt(clutter, aim, highest(clutter)).taken
        for place in taken:
            clutter.remove(place)
        hits += bool(taken)
        failed = [] if taken else [*failed, aim]
        clutter.wait(0.3)
    return Cleared(len(items), len(items) - len(clutter.items), attempts, hits)


def _others(aims: Sequence[Aim], failed: Sequence[Aim]) -> Iterator[Aim]:
    return (aim for aim in aims if not any(_same(aim, other) for other in failed))


def _same(a: Aim, b: Aim) -> bool:
    turned = abs((a.yaw - b.yaw + np.pi / 2) % np.pi - np.pi / 2)
    return turned < _SAME_YAW and float(np.linalg.norm(a.position - b.position)) < _SAME
