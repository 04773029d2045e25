"""Robot and surroundings packed into few flat arrays, as the compiled kernels read them.

Every array that crosses into compiled code costs about 0.2 microseconds a call, so there are few of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.obstacles import Obstacles
from robolab.robots.model import Chain, Spheres

CARRIED = "carried"
"""Body name of the spheres that cover a carried object."""

BOX, CYLINDER, BALL = 0, 1, 2
_LONGEST_AXIS = 6.0
"""Prismatic joints are taken to move at most this far [m]; only bounds depend on it."""


@dataclass(frozen=True)
class PackedChain:
    """Columns of `rows`, one row a joint: turn matrices (27), origin (3), axis (3), prismatic, offset, weights (n).

    Joint motion with its fixed part is turn[0] + sin(q) turn[1] + (1 - cos(q)) turn[2].

    Attributes:
        ends: Poses of base in world and of tcp in the last frame: rotation (9) and origin (3), shape (2, 12).
    """

    rows: Array
    ends: Array


@dataclass(frozen=True)
class PackedSpheres:
    """Spheres sorted into groups, each on one link of the description.

    Attributes:
        ball: Centre, radius, padding against obstacles, shape (s, 5) [m].
        group: Link, first and last + 1 sphere, centre, radius around all (padding included), radius around all
            centres, shape (g, 8).
        lever: Bound on how far a sphere of a group moves as joint j turns by one radian, shape (g, N) [m].
        pairs: Sphere pairs sorted by pair of groups, the sphere of the nearer link first, shape (p, 2).
        group_pairs: Groups (nearer link first), first and last + 1 pair, shape (k, 4).
        order: Where each sphere was before sorting, shape (s,).
    """

    ball: Array
    group: Array
    lever: Array
    pairs: np.ndarray
    group_pairs: np.ndarray
    order: np.ndarray


def pack_chain(chain: Chain) -> PackedChain:
    """Pack a chain; see `PackedChain`."""
    count = len(chain.axis)
    rows = np.zeros((count, 35 + chain.weights.shape[1]))
    for i in range(count):
        R, a = chain.fixed[i, :3, :3], chain.axis[i]
        K = np.array([[0.0, -a[2], a[1]], [a[2], 0.0, -a[0]], [-a[1], a[0], 0.0]])
        rows[i, :27] = np.concatenate([R.ravel(), (R @ K).ravel(), (R @ K @ K).ravel()])
        rows[i, 27:30] = chain.fixed[i, :3, 3]
        rows[i, 30:33] = R @ a
        rows[i, 33] = float(chain.prismatic[i])
        rows[i, 34] = chain.offset[i]
        rows[i, 35:] = chain.weights[i]
    ends = np.array([_flat(chain.X_world_base), _flat(chain.X_last_tcp)])
    return PackedChain(rows, ends)


def _flat(X: Array) -> Array:
    return np.concatenate([X[:3, :3].ravel(), X[:3, 3]])


def pack_spheres(chain: Chain, spheres: Spheres, padding: Array) -> PackedSpheres:
    """Pack spheres; `padding` is the clearance that each must keep from obstacles, shape (s,) [m]."""
    bodies = sorted(set(spheres.body))
    label = np.array([bodies.index(name) for name in spheres.body], dtype=int)
    link = np.asarray(spheres.link, dtype=int)
    order = np.lexsort((label, link))
    key = np.stack([link[order], label[order]], axis=1)
    first = np.flatnonzero(np.any(np.diff(key, axis=0, prepend=-1), axis=1))
    last = np.append(first[1:], len(order))
    ball = np.column_stack([spheres.centre, spheres.radius, padding])[order]
    group = np.array(
        [[key[i, 0], i, j, *_enclosing(ball[i:j])] for i, j in zip(first, last, strict=True)]
    )
    group_of = np.repeat(np.arange(len(first)), last - first)
    pairs, group_pairs = _sorted_pairs(spheres, order, group_of, group)
    return PackedSpheres(ball, group, _levers(chain, ball, group), pairs, group_pairs, order)


def _enclosing(ball: Array) -> tuple[float, ...]:
    """Centre of a group, the radius around its spheres, and around their centres."""
    low = (ball[:, :3] - ball[:, 3:4]).min(axis=0)
    high = (ball[:, :3] + ball[:, 3:4]).max(axis=0)
    centre = (low + high) / 2.0
    away = np.linalg.norm(ball[:, :3] - centre, axis=1)
    return (*centre, float((away + ball[:, 3] + ball[:, 4]).max()), float(away.max()))


def _levers(chain: Chain, ball: Array, group: Array) -> Array:
    count = len(chain.axis)
    length = np.linalg.norm(chain.fixed[:, :3, 3], axis=1)
    travel = np.abs(chain.offset) + _LONGEST_AXIS * np.abs(chain.weights).sum(axis=1)
    length += np.where(chain.prismatic, travel, 0.0)
    lever = np.zeros((len(group), count))
    for g, row in enumerate(group):
        link, i, j = (int(v) for v in row[:3])
        tip = np.linalg.norm(ball[i:j, :3], axis=1).max()
        for joint in range(link):
            lever[g, joint] = (
                1.0 if chain.prismatic[joint] else length[joint + 1 : link].sum() + tip
            )
    return lever


def _sorted_pairs(
    spheres: Spheres, order: np.ndarray, group_of: np.ndarray, group: Array
) -> tuple[np.ndarray, np.ndarray]:
    if len(spheres.pairs) == 0:
        return np.zeros((0, 2), dtype=np.int64), np.zeros((0, 4), dtype=np.int64)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    # Groups are sorted by link, so the smaller index rides on the nearer link.
    pairs = np.sort(place[np.asarray(spheres.pairs, dtype=int)], axis=1)
    key = group_of[pairs]
    rank = np.lexsort((pairs[:, 1], pairs[:, 0], key[:, 1], key[:, 0]))
    pairs, key = pairs[rank], key[rank]
    first = np.flatnonzero(np.any(np.diff(key, axis=0, prepend=-1), axis=1))
    last = np.append(first[1:], len(pairs))
    return pairs.astype(np.int64), np.column_stack([key[first], first, last]).astype(np.int64)


def pack_solids(obstacles: Obstacles) -> tuple[Array, tuple[str, ...]]:
    """Pack boxes, cylinders and spheres.

    Returns:
        Rows of kind, rotation (9), centre (3), size (3), shape (k, 16); names of their bodies.
    """
    rows: list[Array] = []
    for X, half in zip(obstacles.box_pose, obstacles.box_half, strict=True):
        rows.append(_row(BOX, X, half))
    for X, (radius, half) in zip(obstacles.cylinder_pose, obstacles.cylinder_size, strict=True):
        rows.append(_row(CYLINDER, X, [radius, half, 0.0]))
    for x, y, z, radius in obstacles.sphere:
        X = np.eye(4)
        X[:3, 3] = x, y, z
        rows.append(_row(BALL, X, [radius, 0.0, 0.0]))
    names = obstacles.box_names + obstacles.cylinder_names + obstacles.sphere_names
    return np.array(rows).reshape(-1, 16), names


def _row(kind: int, X: Array, size: Array | list[float]) -> Array:
    return np.concatenate([[kind], _flat(X), size])


def pack_points(points: Array) -> Array:
    """Order points as a balanced k-d tree in place: the middle of every stretch splits it, axes in turn."""
    tree = np.array(points, dtype=float).reshape(-1, 3)
    stack = [(0, len(tree), 0)]
    while stack:
        low, high, axis = stack.pop()
        if high - low < 2:
            continue
        middle = (low + high) // 2
        part = np.argpartition(tree[low:high, axis], middle - low)
        tree[low:high] = tree[low:high][part]
        stack += [(low, middle, (axis + 1) % 3), (middle + 1, high, (axis + 1) % 3)]
    return tree
