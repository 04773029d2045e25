"""What a colour and depth camera sees of a pallet of cases, without a physics server.

Cases are boxes with prints; crushed ones have a corner pushed in, bags are narrower above. What stands beside the
pallet, the arm included, is out of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array, inverse, look_at
from robolab.kernels.raster import Lens, Triangles, draw
from robolab.sensors.depth_faults import DepthFaults, exposed, jolt, spoiled
from robolab.sim.camera import Intrinsics
from robolab.sim.prints import CORNERS, FACES, Decal, Skin, printed_boxes
from robolab.tasks.pallet_case import Case, Deck

LENS = Intrinsics.of_fov(640, 480, 48.0)
_LAMPS = np.array([0.25, 0.35, 1.0])
"""Where the hall's light comes from, in world."""
_FLOOR = Skin((0.45, 0.46, 0.47), grain=0.0)
_WOOD = Skin((0.66, 0.52, 0.36), seed=2)
_FLOOR_SIDE = 8.0
_INSET = 0.12
"""Share by which a bag is narrower above than below, on each side."""
_CRUSHED = 0.35
"""Share of a crushed case's height by which its worst corner is pushed in, at most."""
_NEAR, _FAR = 0.2, 6.0


@dataclass(frozen=True)
class Photo:
    """One frame of a pallet.

    Attributes:
        colour: Shape (h, w, 3), uint8. depth: Shape (h, w), float32 [m], 0 where none.
        intrinsics: Shape (3, 3). X_world_cam: As it is believed to be, shape (4, 4).
        seen: The truth: 6 times the number of the case plus the number of its face, -1 elsewhere, shape (h, w), int32.
        X_world_cam_true: Where the camera really was, shape (4, 4).
    """

    colour: np.ndarray
    depth: np.ndarray
    intrinsics: Array
    X_world_cam: Array
    seen: np.ndarray
    X_world_cam_true: Array


def overhead(deck: Deck, beside: float = 0.3) -> Array:
    """Return the pose of a camera above a pallet's deck, a little to the side, that sees a full stack, shape (4, 4).

    The longer side of the deck runs along the picture's width.

    Args:
        beside: Shift against x [m].
    """
    middle = deck.X_world_deck[:3, 3]
    height = deck.top + deck.height + float(deck.size.max())
    target = np.array([middle[0], middle[1], deck.top + 0.5 * deck.height])
    return look_at(np.array([middle[0] - beside, middle[1], height]), target)


def photograph(
    cases: tuple[Case, ...],
    deck: Deck,
    X_world_cam: Array,
    faults: DepthFaults | None,
    rng: np.random.Generator,
    lens: Intrinsics = LENS,
    colour_noise: float = 3.0,
    lamps: Array = _LAMPS,
) -> Photo:
    """Take a frame.

    Args:
        X_world_cam: Where the camera is believed to be; its mount and its shaking move it from there.
        faults: Of the depth; None for a perfect camera.
        colour_noise: Of 255 steps.
        lamps: Direction towards the light, in world, shape (3,).
    """
    X_true = X_world_cam
    if faults is not None:
        X_true = X_true @ jolt(rng, faults.mount_mm, faults.mount_deg)
        X_true = X_true @ jolt(rng, faults.shake_mm, faults.shake_deg)
    X_cam_world = inverse(X_true)
    light = X_cam_world[:3, :3] @ lamps / np.linalg.norm(lamps)
    colour, far, seen = draw(
        triangles_of(cases, deck),
        X_cam_world[None].astype(np.float32),
        Lens(**vars(lens), near=_NEAR, far=_FAR),
        light.astype(np.float32),
    )
    depth = np.where(seen >= 0, far, np.float32(0.0))
    seen = np.where(seen < FACES * len(cases), seen, -1).astype(np.int32)
    if faults is not None:
        gloss = np.append([0.7 * c.look.shiny for c in cases], 0.0).astype(np.float32)
        mirrored = gloss[np.where(seen < 0, len(cases), seen // FACES)]
        depth = spoiled(depth, colour, mirrored, lens.matrix(), faults, rng)
        colour = exposed(colour, faults.light, colour_noise, rng)
    return Photo(colour, depth, lens.matrix(), X_world_cam, seen, X_true)


def triangles_of(cases: tuple[Case, ...], deck: Deck) -> Triangles:
    """Return cases, the pallet under them and the floor, in this order, as triangles in world."""
    floor = np.eye(4)
    floor[:2, 3], floor[2, 3] = deck.X_world_deck[:2, 3], -0.05
    sides = np.array([*(c.size for c in cases), deck.size, [_FLOOR_SIDE, _FLOOR_SIDE, 0.1]])
    poses = np.array([*(c.X_world_case for c in cases), deck.X_world_deck, floor])
    corners = CORNERS * sides[:, None]
    for k, case in enumerate(cases):
        corners[k] = corners_of(case)
    return printed_boxes(poses, [*(skin_of(c) for c in cases), _WOOD, _FLOOR], corners)


def corners_of(case: Case) -> Array:
    """Return a case's corners in its own frame, x slowest, z fastest, shape (8, 3) [m]."""
    corners = CORNERS * case.size
    if case.kind == "bag":
        corners[CORNERS[:, 2] > 0.0, :2] *= 1.0 - 2.0 * _INSET
    if case.look.crushed:
        rng = np.random.default_rng(case.look.seed)
        worst = 2 * int(rng.integers(4)) + 1
        corners[worst, 2] -= _CRUSHED * rng.uniform(0.2, 1.0) * case.size[2]
    return corners


def skin_of(case: Case) -> Skin:
    """Return how a case looks to a camera; labels carry bars."""
    look = case.look
    decals: list[Decal] = []
    for mark in look.marks:
        decals.append(Decal(mark.face, mark.rectangle, mark.colour))
        if mark.kind == "label":
            u0, v0, u1, v1 = mark.rectangle
            inner = (0.85 * u0 + 0.15 * u1, 0.6 * v0 + 0.4 * v1, 0.15 * u0 + 0.85 * u1, v1)
            decals.append(Decal(mark.face, inner, (0.08, 0.08, 0.1), bars=9))
    return Skin(look.colour, tuple(decals), look.seed)
