"""What the compiled clearance pass works on: the robot, held objects, problems, results, and room to work in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from robolab.core.compiled import jit

SOLID = 17
"""A solid as a row: rotation (9), centre (3), half sizes (3) or radius, half length, -; rounding; 1 if a cylinder."""


class Model(NamedTuple):
    """The chain (see `batched.ChainTensors`), its spheres in groups, and the tool's axis in the last frame.

    Attributes:
        group: First and last-plus-one sphere and the frame of each group, shape (g, 3).
        group_bound: A ball around each in that frame, shape (g, 4) [m].
        pairs: Sphere pairs, shape (p, 2), sorted by groups.
        pair_group: First and last-plus-one pair, and the two groups that they join, shape (h, 4).
    """

    R_base: np.ndarray
    p_base: np.ndarray
    turn: np.ndarray
    shift: np.ndarray
    slide: np.ndarray
    axis: np.ndarray
    prismatic: np.ndarray
    weights: np.ndarray
    offset: np.ndarray
    link: np.ndarray
    centre: np.ndarray
    radius: np.ndarray
    tip_z: np.ndarray
    group: np.ndarray
    group_bound: np.ndarray
    pairs: np.ndarray
    pair_group: np.ndarray


class Held(NamedTuple):
    """Spheres of each movable object when held, in the last frame.

    Attributes:
        start: Where each movable's spheres begin, shape (M + 1,).
        bound: A ball around each movable's, shape (M, 4) [m].
        guard: Spheres of links up to this one must not touch them.
    """

    start: np.ndarray
    centre: np.ndarray
    radius: np.ndarray
    bound: np.ndarray
    guard: int


class Problems(NamedTuple):
    """What differs from problem to problem; see `batched_cost.Situations`."""

    R: np.ndarray
    p: np.ndarray
    present: np.ndarray
    carried: np.ndarray
    cosine: np.ndarray
    solids: np.ndarray
    solid_count: np.ndarray


class Out(NamedTuple):
    """Per row, shape (rows,) or (rows, n).

    Attributes:
        cost: Sum of hinges [m], and its gradient.
        depth: How far the worst sphere breaks its clearance, at least minus the slack [m], and its gradient.
        lean: Required less actual cosine.
    """

    cost: np.ndarray
    gradient: np.ndarray
    depth: np.ndarray
    depth_gradient: np.ndarray
    lean: np.ndarray


class Room(NamedTuple):
    """Where one row's frames, axes, spheres, groups, forces and solids are written."""

    R: np.ndarray
    p: np.ndarray
    axis: np.ndarray
    step: np.ndarray
    point: np.ndarray
    ball: np.ndarray
    gap: np.ndarray
    placed: np.ndarray
    wrench: np.ndarray
    deep: np.ndarray
    normal: np.ndarray
    solids: np.ndarray


class Margins(NamedTuple):
    """Clearances asked for, how far the hinge reaches beyond them [m], and the upright direction."""

    robot: np.float32
    carried: np.float32
    slack: np.float32
    up: np.ndarray
    upright_weight: np.float32


@jit
def new_room(m, held, solids):
    """Make room for one thread."""
    joints, groups = m.offset.shape[0], m.group.shape[0]
    return Room(
        np.empty((joints + 1, 3, 3), np.float32),
        np.empty((joints + 1, 3), np.float32),
        np.empty((joints, 3), np.float32),
        np.empty((3, 3), np.float32),
        np.empty((m.radius.shape[0] + held.radius.shape[0], 3), np.float32),
        np.empty((3, groups + 1), np.float32),
        np.empty(groups + 1, np.float32),
        np.empty(groups, np.bool_),
        np.empty((joints + 1, 6), np.float32),
        np.empty((joints + 1, 6), np.float32),
        np.empty(3, np.float32),
        np.empty((solids, SOLID), np.float32),
    )
