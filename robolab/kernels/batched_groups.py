"""Spheres in small groups, each inside a ball, so that what is far is passed over at once."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.model import Spheres

_GROUP = 4


@dataclass(frozen=True)
class Groups:
    """Spheres reordered so that groups are stretches of them.

    Attributes:
        group: First and last-plus-one sphere, and the frame, shape (g, 3).
        bound: Centre in the frame and radius of a ball around the group, shape (g, 4) [m].
        pairs: Sphere pairs, sorted by the groups that they join, shape (p, 2).
        pair_group: First and last-plus-one pair, and the two groups, shape (h, 4).
    """

    spheres: Spheres
    group: np.ndarray
    bound: Array
    pairs: np.ndarray
    pair_group: np.ndarray


def grouped(spheres: Spheres) -> Groups:
    """Group the spheres of each frame along their longest extent."""
    parts = [
        part
        for link in np.unique(spheres.link)
        for part in split(np.flatnonzero(spheres.link == link), spheres.centre, _GROUP)
    ]
    order = np.concatenate([np.zeros(0, int), *parts]).astype(int)
    rank = np.argsort(order)
    pairs = rank[np.asarray(spheres.pairs, dtype=int).reshape(-1, 2)]
    ordered = replace(
        spheres,
        link=spheres.link[order],
        centre=spheres.centre.reshape(-1, 3)[order],
        radius=spheres.radius[order],
        body=tuple(spheres.body[i] for i in order),
        pairs=pairs,
    )
    ends = np.cumsum([0, *(len(part) for part in parts)])
    group = np.array(
        [(a, b, ordered.link[a]) for a, b in itertools.pairwise(ends)], dtype=np.int64
    ).reshape(-1, 3)
    bound = np.array([ball_around(ordered.centre[a:b], ordered.radius[a:b]) for a, b, _ in group])
    owner = np.repeat(np.arange(len(parts)), np.diff(ends))
    return Groups(ordered, group, bound.reshape(-1, 4), *_sorted_pairs(pairs, owner))


def ball_around(centre: Array, radius: Array) -> Array:
    """A ball, shape (4,), around balls with centres (k, 3) and radii (k,): middle and reach [m]."""
    if len(radius) == 0:
        return np.zeros(4)
    middle = (np.min(centre, axis=0) + np.max(centre, axis=0)) / 2.0
    reach = np.max(np.linalg.norm(centre - middle, axis=1) + radius)
    return np.append(middle, reach)


def split(index: np.ndarray, centre: Array, most: int) -> list[np.ndarray]:
    """Halve a set of spheres across its longest extent until each part has at most so many."""
    if len(index) <= most:
        return [index]
    extent = np.ptp(centre[index], axis=0)
    order = index[np.argsort(centre[index, int(np.argmax(extent))], kind="stable")]
    half = len(order) // 2
    return [*split(order[:half], centre, most), *split(order[half:], centre, most)]


def _sorted_pairs(pairs: np.ndarray, owner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    joined = owner[pairs]
    order = np.lexsort((joined[:, 1], joined[:, 0]))
    pairs, joined = pairs[order], joined[order]
    edges = np.flatnonzero(np.any(np.diff(joined, axis=0) != 0, axis=1)) + 1
    bounds = [0, *edges.tolist(), len(pairs)] if len(pairs) else [0]
    stretches = [(a, b, *joined[a]) for a, b in itertools.pairwise(bounds)]
    table = np.array(stretches, dtype=np.int64).reshape(-1, 4)
    return np.ascontiguousarray(pairs, dtype=np.int64), table
