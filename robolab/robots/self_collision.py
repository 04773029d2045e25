"""Which spheres of a robot are tested against each other.

Left out are: links that share a joint, links that no random pose brings together, pairs of spheres
that random poses never bring near, and pairs that overlap only because spheres are larger than links.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.chain import frame_poses
from robolab.robots.model import RobotModel
from robolab.robots.skin import Outside

_POSES = 1500
_NEVER_NEAR = 0.15
"""Spheres that stay this far apart in all random poses are not tested [m]."""
_FALSE_SHARE = 0.03
"""A pair that overlaps in a larger share of the poses free in truth is not tested."""


@dataclass(frozen=True)
class Part:
    """One link as self-collision sees it: its frame, skin points there (k, 3) and outside."""

    body: str
    frame: int
    X_frame_link: Array
    points: Array
    outside: Outside


def sphere_pairs(robot: RobotModel, parts: list[Part], link: Array, ball: Array) -> np.ndarray:
    """Choose the pairs of spheres to test.

    Args:
        parts: The links.
        link: Index of the part that each sphere covers, shape (s,).
        ball: Centre in the part's frame on the chain, and radius, shape (s, 4) [m].
    Returns:
        Index pairs, shape (p, 2).
    """
    rng = np.random.default_rng(0)
    q = rng.uniform(robot.limits.lower, robot.limits.upper, (_POSES, robot.dof))
    q[0] = robot.home
    poses = frame_poses(robot.chain, q)
    meeting = {
        (i, j): _meet(parts[i], parts[j], poses)
        for i in range(len(parts))
        for j in range(i + 1, len(parts))
        if abs(parts[i].frame - parts[j].frame) > 1
    }
    collides = np.any(list(meeting.values()), axis=0) if meeting else None
    frames = np.array([part.frame for part in parts])[link]
    X = poses[:, frames]
    centres = np.einsum("psij,sj->psi", X[..., :3, :3], ball[:, :3]) + X[..., :3, 3]
    pairs: list[tuple[int, int]] = []
    for (i, j), hits in meeting.items():
        if hits.any() and collides is not None:
            pairs += _of_links(
                np.flatnonzero(link == i), np.flatnonzero(link == j), centres, ball[:, 3], ~collides
            )
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)


def _of_links(
    first: np.ndarray, second: np.ndarray, centres: Array, radius: Array, free: np.ndarray
) -> list[tuple[int, int]]:
    chosen: list[tuple[int, int]] = []
    for a in first:
        gaps = np.linalg.norm(centres[:, a, None] - centres[:, second], axis=2)
        gaps -= radius[a] + radius[second]
        near = gaps.min(axis=0) < _NEVER_NEAR
        true = (gaps[free] < 0.0).mean(axis=0) < _FALSE_SHARE if free.any() else near
        chosen += [(int(min(a, b)), int(max(a, b))) for b in second[near & true]]
    return chosen


def _meet(a: Part, b: Part, poses: Array) -> np.ndarray:
    """Say in which poses two links overlap, up to the grid of their outsides, shape (s,)."""
    X_a = poses[:, a.frame] @ a.X_frame_link
    X_b = poses[:, b.frame] @ b.X_frame_link
    return _enters(X_a, a.points, X_b, b) | _enters(X_b, b.points, X_a, a)


def _enters(X_points: Array, points: Array, X_body: Array, body: Part) -> np.ndarray:
    """Say in which poses any of the points is inside a body."""
    middle = points.mean(axis=0)
    reach = np.linalg.norm(points - middle, axis=1).max()
    low = body.outside.low
    high = low + body.outside.step * np.array(body.outside.free.shape)
    R, p = X_body[:, :3, :3], X_body[:, :3, 3]
    X = np.einsum("sji,sjk->sik", R, X_points[:, :3, :3])
    t = np.einsum("sji,sj->si", R, X_points[:, :3, 3] - p)
    centre = X @ middle + t
    gap = np.linalg.norm(centre - np.clip(centre, low, high), axis=1)
    hits = gap <= reach
    near = np.flatnonzero(hits)
    local = np.einsum("sij,kj->ski", X[near], points) + t[near, None]
    hits[near] = np.any(~body.outside(local), axis=1)
    return hits
