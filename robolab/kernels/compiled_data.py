"""Robot and surroundings packed into few flat arrays, as the compiled kernels read them.

Every array that crosses into compiled code costs about 0.2 microseconds a call, so there are few of them.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.batched_groups import split
from robolab.kernels.obstacles import Obstacles
from robolab.robots.model import Chain, Hulls, Spheres

CARRIED = "carried"
"""Body name of the spheres that cover a carried object."""

BOX, CYLINDER, BALL = 0, 1, 2
_GROUP = 8
"""Most spheres in a group."""
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


class Body(NamedTuple):
    """A robot as the kernels read it: spheres in small groups, groups in parts, each part on one link.

    Attributes:
        rows, ends: See `PackedChain`.
        ball: Centre, radius, padding against obstacles, shape (s, 5) [m].
        group: Link, first and last + 1 sphere, centre, radius around all (padding included), radius around all
            centres, shape (g, 8).
        part: The same of groups, then first and last + 1 hull, padding, and the radius around all hulls' vertices
            and spheres' centres, shape (p, 12).
        hull: First and last + 1 vertex, centre, radius, shape (h, 6); vertex: in the link's frame, shape (v, 3) [m].
        lever: Bound on how far a sphere of a part moves as joint j turns by one radian, shape (p, N) [m].
        pairs: Sphere pairs sorted by pair of groups, the sphere of the nearer link first, shape (m, 2).
        group_pairs: Groups (nearer link first), first and last + 1 pair, shape (k, 4), sorted by parts.
        part_pairs: Parts (nearer link first), first and last + 1 pair of groups, and 1 if all spheres of the one
            are paired with all of the other, shape (h, 5).
    """

    rows: Array
    ends: Array
    ball: Array
    group: Array
    part: Array
    hull: Array
    vertex: Array
    lever: Array
    pairs: np.ndarray
    group_pairs: np.ndarray
    part_pairs: np.ndarray


class World(NamedTuple):
    """Obstacles: packed solids, shape (k, 16), and points as a tree, shape (m, 3)."""

    solids: Array
    tree: Array


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


def packed_body(
    chain: Chain, spheres: Spheres, hulls: Hulls | None, clearance: float, carried: float
) -> Packed:
    """`pack_body` with a memory of the last few robots: many problems in a row have the same.

    Args:
        clearance, carried: Clearances that the robot's spheres and a carried object's must keep [m].
    """
    key = (id(chain), id(spheres), id(hulls), clearance, carried)
    if key not in _PACKED:
        while len(_PACKED) >= _REMEMBERED:
            _PACKED.pop(next(iter(_PACKED)))
        padding = np.array([carried if body == CARRIED else clearance for body in spheres.body])
        # Chain and spheres are kept with the result, so that no other pair can have their identities.
        _PACKED[key] = ((chain, spheres, hulls), pack_body(chain, spheres, hulls, padding))
    return _PACKED[key][1]


class Packed(NamedTuple):
    """A packed robot, the body name of each of its parts, and where each sphere was before sorting, shape (s,)."""

    body: Body
    names: tuple[str, ...]
    order: np.ndarray


_REMEMBERED = 16
_PACKED: dict[tuple[int, int, int, float, float], tuple[Any, Packed]] = {}


def pack_body(chain: Chain, spheres: Spheres, hulls: Hulls | None, padding: Array) -> Packed:
    """Pack a robot.

    Args:
        hulls: For exact distances of the bodies that have some; without them the spheres alone count.
        padding: The clearance that each sphere must keep from obstacles, shape (s,) [m].
    """
    packed_chain = pack_chain(chain)
    by_part = _by_part(spheres)
    parts = [split(index, spheres.centre, _GROUP) for index in by_part]
    names = tuple(spheres.body[index[0]] for index in by_part)
    order = np.concatenate([index for groups in parts for index in groups])
    ball = np.column_stack([spheres.centre, spheres.radius, padding])[order]
    link = np.asarray(spheres.link, dtype=int)[order]
    ends = np.cumsum([0, *(len(index) for groups in parts for index in groups)])
    group = np.array([_around(link, ball, i, j) for i, j in itertools.pairwise(ends)])
    firsts = np.cumsum([0, *(len(groups) for groups in parts)])
    part = np.array(
        [_around(link, ball, int(ends[i]), int(ends[j])) for i, j in itertools.pairwise(firsts)]
    )
    part[:, 1], part[:, 2] = firsts[:-1], firsts[1:]
    part_of_ball = np.repeat(np.arange(len(part)), [len(index) for index in by_part])
    hull, vertex, extra = _pack_hulls(hulls, part, names, padding[order], part_of_ball)
    part = np.hstack([part, extra])
    group_of = np.repeat(np.arange(len(group)), np.diff(ends))
    part_of = np.repeat(np.arange(len(part)), np.diff(firsts))
    pairs, group_pairs, part_pairs = _sorted_pairs(spheres, order, group_of, part_of)
    tips = np.array(
        [
            np.linalg.norm(np.vstack([ball[part_of_ball == i, :3], vertex[a:b]]), axis=1).max()
            for i, (a, b) in enumerate(_vertices_of(part, hull))
        ]
    )
    lever = _levers(chain, part[:, 0].astype(int), tips)
    body = Body(
        packed_chain.rows,
        packed_chain.ends,
        ball=ball,
        group=group,
        part=part,
        hull=hull,
        vertex=vertex,
        lever=lever,
        pairs=pairs,
        group_pairs=group_pairs,
        part_pairs=part_pairs,
    )
    return Packed(body, names, order)


def _pack_hulls(
    hulls: Hulls | None,
    part: Array,
    names: tuple[str, ...],
    padding: Array,
    part_of_ball: np.ndarray,
) -> tuple[Array, Array, Array]:
    """Hulls and vertices sorted by parts, and what `Body.part` says of them."""
    rows: list[Array] = []
    vertices: list[Array] = [np.zeros((0, 3))]
    extra = np.zeros((len(part), 4))
    start = 0
    for i, name in enumerate(names):
        mine = [] if hulls is None else [h for h, body in enumerate(hulls.body) if body == name]
        first = len(rows)
        reach = float(part[i, 7])
        for h in mine:
            assert hulls is not None
            corners = hulls.vertices[hulls.first[h] : hulls.first[h + 1]]
            centre = (corners.min(axis=0) + corners.max(axis=0)) / 2.0
            radius = np.linalg.norm(corners - centre, axis=1).max()
            rows.append(np.array([start, start + len(corners), *centre, radius]))
            reach = max(reach, float(np.linalg.norm(corners - part[i, 3:6], axis=1).max()))
            vertices.append(corners)
            start += len(corners)
        extra[i] = first, len(rows), padding[part_of_ball == i][0], reach
    return np.array(rows).reshape(-1, 6), np.ascontiguousarray(np.vstack(vertices)), extra


def _vertices_of(part: Array, hull: Array) -> list[tuple[int, int]]:
    """First and last + 1 vertex of each part."""
    spans: list[tuple[int, int]] = []
    for first, last in part[:, 8:10].astype(int):
        spans.append((int(hull[first, 0]), int(hull[last - 1, 1])) if last > first else (0, 0))
    return spans


def _by_part(spheres: Spheres) -> list[np.ndarray]:
    """Indices of the spheres of each body on each link, by link."""
    bodies = sorted(set(spheres.body))
    label = np.array([bodies.index(name) for name in spheres.body], dtype=int)
    key = np.stack([np.asarray(spheres.link, dtype=int), label], axis=1)
    return [np.flatnonzero(np.all(key == row, axis=1)) for row in np.unique(key, axis=0)]


def _around(link: np.ndarray, ball: Array, i: int, j: int) -> tuple[float, ...]:
    """A row of `Body.group` for spheres i to j."""
    low = (ball[i:j, :3] - ball[i:j, 3:4]).min(axis=0)
    high = (ball[i:j, :3] + ball[i:j, 3:4]).max(axis=0)
    centre = (low + high) / 2.0
    away = np.linalg.norm(ball[i:j, :3] - centre, axis=1)
    size = float((away + ball[i:j, 3] + ball[i:j, 4]).max())
    return (link[i], i, j, *centre, size, float(away.max()))


def _levers(chain: Chain, link: np.ndarray, tip: Array) -> Array:
    """See `Body.lever`; `tip` is the distance of each part's farthest point from its link's origin [m]."""
    count = len(chain.axis)
    length = np.linalg.norm(chain.fixed[:, :3, 3], axis=1)
    travel = np.abs(chain.offset) + _LONGEST_AXIS * np.abs(chain.weights).sum(axis=1)
    length += np.where(chain.prismatic, travel, 0.0)
    lever = np.zeros((len(link), count))
    for row, (last, far) in enumerate(zip(link, tip, strict=True)):
        for joint in range(last):
            lever[row, joint] = (
                1.0 if chain.prismatic[joint] else length[joint + 1 : last].sum() + far
            )
    return lever


def _sorted_pairs(
    spheres: Spheres, order: np.ndarray, group_of: np.ndarray, part_of: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of spheres, of groups and of parts, each of the last two a stretch of the one before."""
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    # Parts are sorted by link, so the smaller index rides on the nearer link.
    pairs = np.sort(place[np.asarray(spheres.pairs, dtype=int).reshape(-1, 2)], axis=1)
    owner = group_of[pairs]
    rank = np.lexsort((*pairs.T[::-1], *owner.T[::-1], *part_of[owner].T[::-1]))
    pairs, owner = pairs[rank], owner[rank]
    group_pairs = _stretches(owner)
    part_pairs = _stretches(part_of[group_pairs[:, :2]])
    size = np.bincount(part_of[group_of], minlength=len(part_of))
    paired = [group_pairs[i:j, 3].max() - group_pairs[i:j, 2].min() for _, _, i, j in part_pairs]
    whole = np.array(paired, dtype=np.int64) == size[part_pairs[:, 0]] * size[part_pairs[:, 1]]
    return pairs.astype(np.int64), group_pairs, np.column_stack([part_pairs, whole])


def _stretches(key: np.ndarray) -> np.ndarray:
    """Stretches of equal rows of a key, shape (m, 2): the row, first and last + 1, shape (k, 4)."""
    first = np.flatnonzero(np.any(np.diff(key, axis=0, prepend=-1), axis=1))
    last = np.append(first[1:], len(key)) if len(first) else first
    return np.column_stack([key[first], first, last]).astype(np.int64).reshape(-1, 4)


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
