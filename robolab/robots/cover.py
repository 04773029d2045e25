"""Few spheres that cover a surface and stand out of the body by little.

Every sphere is a ball that fits into the body, grown by the overshoot allowed: so none stands out by
more. Greedily the one that covers most of what is left is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from robolab.core.transforms import Array
from robolab.robots.skin import Outside, skin
from robolab.robots.surfaces import halve

_SAMPLES, _CANDIDATES, _SPARE = 3000, 1200, 0.0015


@dataclass(frozen=True)
class Candidates:
    """Balls that fit into a body, and how far samples of its surface are from their centres.

    Attributes:
        centres: Shape (c, 3) [m].
        depth: Radii of the balls, shape (c,) [m].
        distances: Shape (c, samples) [m].
    """

    centres: Array
    depth: Array
    distances: Array


def candidates(corners: Array, outside: Outside) -> Candidates:
    """Find the balls that fit into the body of triangles, shape (t, 3, 3) [m]."""
    points, normals = skin(corners, _SAMPLES, outside)
    centres, depth = _inner_balls(points, normals)
    pick = np.linspace(0, len(centres) - 1, min(_CANDIDATES, len(centres))).astype(int)
    order = np.argsort(depth)[pick]
    return Candidates(centres[order], depth[order], _distances(centres[order], points))


def choose(found: Candidates, overshoot: float) -> tuple[Array, Array]:
    """Choose spheres that cover all samples and stand out by no more than `overshoot` [m].

    Returns:
        Centres, shape (s, 3), and radii, shape (s,) [m].
    """
    radius = found.depth + overshoot
    # Samples are held to be covered with room to spare, because the surface between them counts.
    chosen = _greedy(found.distances <= (radius - _SPARE)[:, None])
    return found.centres[chosen], radius[chosen]


def overshoot_of(centres: Array, radius: Array, corners: Array, outside: Outside) -> float:
    """Return how far the spheres stand out of the body at most [m]."""
    points, normals = skin(corners, 4 * _SAMPLES, outside)
    shells = (centres[:, None] + radius[:, None, None] * _DIRECTIONS).reshape(-1, 3)
    distance, nearest = cKDTree(points).query(shells)
    beyond = ((shells - points[nearest]) * normals[nearest]).sum(axis=1) > 0.0
    return float(np.max(np.where(beyond, distance, 0.0), initial=0.0))


def _inner_balls(points: Array, normals: Array) -> tuple[Array, Array]:
    """Find the largest ball inside the body that touches each point.

    References: Ma, Bae, Choi (2012), "3D medial axis point approximation using nearest neighbors".
    """
    tree = cKDTree(points)
    radius = np.full(len(points), 0.5 * float(np.linalg.norm(np.ptp(points, axis=0))))
    for _ in range(25):
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
    # What was taken early may have become needless.
    times = inside[chosen].sum(axis=0)
    for row in list(chosen):
        if np.all(times[inside[row]] > 1):
            chosen.remove(row)
            times -= inside[row]
    return chosen


def close(corners: Array, centres: Array, radius: Array, outside: Outside) -> Array:
    """Grow radii until every triangle, cut small where needed, lies wholly inside one sphere.

    Triangles and spheres being convex, no point of the surface that the outside reaches is left
    uncovered then.

    Args:
        corners: Triangles, shape (t, 3, 3) [m].
        centres, radius: Spheres, shapes (s, 3) and (s,) [m].
        outside: The triangles' outside.
    Returns:
        The larger radii, shape (s,) [m].
    """
    radius = radius.copy()
    finest = max(0.004, 0.5 * outside.step)
    while len(corners):
        far = np.stack([_distances(centres, corners[:, k]) for k in range(3)]).max(axis=0)
        over = far - radius[:, None]
        owner = np.argmin(over, axis=0)
        sides = np.linalg.norm(corners - np.roll(corners, -1, axis=1), axis=2).max(axis=1)
        left = over[owner, np.arange(len(corners))] > 0.0
        # Once triangles are about as small as the grid's cells, it tells which are inside.
        left &= (sides > 2.0 * outside.step) | _near(corners.mean(axis=1), outside)
        final = left & (sides <= finest)
        np.maximum.at(radius, owner[final], far[owner[final], np.flatnonzero(final)])
        corners = halve(corners[left & ~final])
    return radius


def _near(points: Array, outside: Outside) -> np.ndarray:
    steps = 2.5 * outside.step * _DIRECTIONS[::5]
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
