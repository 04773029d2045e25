"""Photos of drawn pallets to learn from and to be tried on: other cases, prints, cameras and light each time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.ndimage import maximum_filter, minimum_filter

from robolab.core.rng import stream
from robolab.core.transforms import Array, pose_rpy
from robolab.sensors.depth_faults import DepthFaults
from robolab.sight.network import picture_of
from robolab.sim.prints import FACES
from robolab.tasks.pallet_case import LEVELS, ArmKind, Pallet, Split, draw_pallet
from robolab.tasks.pallet_view import Photo, overhead, photograph

ARMS: tuple[ArmKind, ...] = ("ur10e", "palletiser")
_SHIFT, _TURN_DEG = 0.12, 4.0
"""How far a camera is from its place: standard deviation along each axis [m], about each axis."""
_TAKEN_SHARE = 0.7
"""Greatest share of a pallet's cases that have been taken from its top already."""


def targets_of(seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return at half the size where faces end (1; 2 between two cases, 0 elsewhere) and where cases are, uint8.

    Args:
        seen: Number of the face of each pixel, -1 for none, shape (h, w).
    """
    squares = (seen.shape[0] // 2, 2, seen.shape[1] // 2, 2)
    ends = np.not_equal(maximum_filter(seen, 3), minimum_filter(seen, 3))
    border = np.any(ends.reshape(squares), axis=(1, 3)).astype(np.uint8)
    case = np.where(seen < 0, -1, seen // FACES)
    low = minimum_filter(case, 3)
    between = (low >= 0) & np.not_equal(maximum_filter(case, 3), low)
    border += np.any(between.reshape(squares), axis=(1, 3))
    return border, np.any(seen.reshape(squares) >= 0, axis=(1, 3)).astype(np.uint8)


def photos(
    seed: int, split: Split, number: int, views: int, faults: DepthFaults | None = None
) -> Iterator[tuple[Pallet, Photo]]:
    """Take photos of one drawn pallet: the first of all of it, the others after cases have been taken.

    Args:
        number: Of the pallet: its level and its arm follow from it, the rest is drawn by it and the seed.
        faults: Of the camera; where not given, light is drawn between a tenth and ten times a hall's usual, and noise
            about its usual.
    """
    rng = stream(seed, "photos", split, str(number))
    level, arm = LEVELS[number % 3], ARMS[number // 3 % 2]
    pallet = draw_pallet(level, int(rng.integers(2**31)), split, arm)
    for view in range(views):
        share = 0.0 if view == 0 else float(rng.uniform(0.0, _TAKEN_SHARE))
        left = without_top(pallet, share)
        yield left, _photo(left, rng, faults)


def without_top(pallet: Pallet, share: float) -> Pallet:
    """Return a pallet from which a share of its cases has been taken, the highest first."""
    order = sorted(pallet.cases, key=lambda case: case.X_world_case[2, 3])
    kept = order[: max(len(order) - int(share * len(order)), 1)]
    return Pallet(
        tuple(kept), pallet.level, pallet.seed, pallet.split, pallet.slip_sheet, pallet.arm
    )


def _photo(pallet: Pallet, rng: np.random.Generator, faults: DepthFaults | None) -> Photo:
    jitter = pose_rpy(
        _SHIFT * rng.standard_normal(3), np.radians(_TURN_DEG) * rng.standard_normal(3)
    )
    drawn = float(np.exp(rng.uniform(np.log(0.1), np.log(10.0))))
    noise = 0.002 * float(rng.uniform(0.5, 1.5))
    faults = faults or DepthFaults(noise=noise, light=drawn)
    lamps: Array = np.array([*(0.7 * rng.standard_normal(2)), 1.0])
    X_world_cam = overhead(pallet.deck) @ jitter
    return photograph(pallet.cases, pallet.deck, X_world_cam, faults, rng, lamps=lamps)


def lesson(seed: int, split: Split, number: int, views: int) -> tuple[np.ndarray, np.ndarray]:
    """Return one pallet's photos as pictures (views, CHANNELS, h, w), float16, and targets (views, 2, h, w), uint8."""
    pictures, targets = [], []
    for _, photo in photos(seed, split, number, views):
        pictures.append(picture_of(photo.colour, photo.depth).astype(np.float16))
        targets.append(np.array(targets_of(photo.seen)))
    return np.array(pictures), np.array(targets)
