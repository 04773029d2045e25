"""Few spheres that cover a surface and stand out of the body by little.

Every sphere is a ball that fits into the body, grown by the overshoot allowed: so none stands out by
more. Greedily the one that covers most of what is left is taken.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from robolab.core.transforms import Array
from robolab.robots.skin import Outside, skin
from robolab.robots.surfaces import halve

_SAMPLES, _CANDIDATES, _SPARE = 4000, 1500, 0.0015
_FINEST = 0.004
"""Triangles are not cut below this edge to find out whether spheres cover them [m]."""


def cover(corners: Array, outside: Outside, overshoot: float) -> tuple[Array, Array]:
    """Cover a surface by spheres.

    Args:
        corners: Triangles, shape (t, 3, 3) [m].
        outside: Their outside.
        overshoot: How far a sphere may stand out of the body [m].
    Returns:
        Centres, shape (s, 3), and radii, shape (s,) [m]. Every point of the
        surface that can be touched is inside.
    """
    points, normals = skin(corners, _SAMPLES, outside)
    centres, depth = _inner_balls(points, normals)
    pick = np.linspace(0, len(centres) - 1, min(_CANDIDATES, len(centres))).astype(int)
    order = np.argsort(depth)[pick]
    centres, radius = centres[order], depth[order] + overshoot
    # Samples are held to be covered with room to spare, because the surface between them counts.
    inside = _distances(centres, points) <= (radius - _SPARE)[:, None]
    chosen = _greedy(inside)
    centres, radius = centres[chosen], radius[chosen]
    return centres, _closed(corners, centres, radius, outside)


def overshoot_of(centres: Array, radius: Array, corners: Array, outside: Outside) -> float:
    """Return how far the spheres stand out of the body at most [m]."""
    points, normals = skin(corners, 4 * _SAMPLES, outside)
    shells = (centres[:, None] + radius[:, None, None] * _DIRECTIONS).reshape(-1, 3)
    distance, nearest = cKDTree(points).query(shells)
    outside = ((shells - points[nearest]) * normals[nearest]).sum(axis=1) > 0.0
    return float(np.max(np.where(outside, distance, 0.0), initial=0.0))


def _inner_balls(points: Array, normals: Array) -> tuple[Array, Array]:
    """Find the largest ball inside the body that touches each point.

    References: Ma, Bae, Choi (2012), "3D medial axis point approximation using nearest neighbors".
    """
    tree = cKDTree(points)
    radius = np.full(len(points), 0.5 * float(np.linalg.norm(np.ptp(points, axis=0))))
    for _ in range(40):
        centres = points - radius[:, None] * normals
        distance, nearest = tree.query(centres)
        touched = points[nearest]
        gap = points - touched
        squared = (gap**2).sum(axis=1)
        along = (gap * normals).sum(axis=1)
        shrinks = (distance < radius * (1.0 - 1e-6)) & (along > 1e-9)
        if not shrinks.any():
            break
        radius = np.where(shrinks, squared / np.where(shrinks, 2.0 * along, 1.0), radius)
    return points - radius[:, None] * normals, radius


def _greedy(inside: np.ndarray) -> list[int]:
    """Choose rows that together cover all columns that any row covers."""
    left = inside.any(axis=0)
    gain = inside.sum(axis=1)
    chosen: list[int] = []
    while left.any():
        best = int(np.argmax(gain))
        new = inside[best] & left
        chosen.append(best)
        left &= ~new
        gain = gain - inside[:, new].sum(axis=1)
    needless = [row for row in chosen if not _needed(inside, chosen, row)]
    while needless:
        chosen.remove(needless[0])
        needless = [row for row in chosen if not _needed(inside, chosen, row)]
    return chosen


def _needed(inside: np.ndarray, chosen: list[int], row: int) -> bool:
    return bool(np.any(inside[row] & (inside[chosen].sum(axis=0) == 1)))


def _closed(corners: Array, centres: Array, radius: Array, outside: Outside) -> Array:
    """Grow radii until every triangle, cut small where needed, lies wholly inside one sphere.

    Triangles and spheres being convex, no point of the surface is outside then. Small triangles
    that the outside does not reach are left.
    """
    radius = radius.copy()
    while len(corners):
        far = np.stack([_distances(centres, corners[:, k]) for k in range(3)]).max(axis=0)
        over = far - radius[:, None]
        owner = np.argmin(over, axis=0)
        open_ = over[owner, np.arange(len(corners))] > 0.0
        sides = np.linalg.norm(corners - np.roll(corners, -1, axis=1), axis=2).max(axis=1)
        small = sides <= _FINEST
        final = open_ & small & _near(corners.mean(axis=1), outside)
        np.maximum.at(radius, owner[final], far[owner[final], np.flatnonzero(final)])
        corners = halve(corners[open_ & ~small])
    return radius


def _near(points: Array, outside: Outside) -> np.ndarray:
    steps = 1.5 * outside.step * _DIRECTIONS[::4]
    return np.any(outside(points[:, None] + steps), axis=1)


def _distances(a: Array, b: Array) -> Array:
    squared = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None, :] - 2.0 * a @ b.T
    return np.sqrt(np.maximum(squared, 0.0))


def _sphere_directions(count: int) -> Array:
    k = np.arange(count) + 0.5
    z, turn = 1.0 - 2.0 * k / count, np.pi * (1.0 + 5.0**0.5) * k
    flat = np.sqrt(1.0 - z**2)
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), z], axis=1)


_DIRECTIONS = _sphere_directions(100)
