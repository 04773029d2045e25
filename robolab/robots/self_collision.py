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

_POSES = 3000
_TOUCH = 0.001
"""Depth from which links count as meeting [m]."""
_NEVER_NEAR = 0.15
"""Spheres that stay this far apart in all random poses are not tested [m]."""
_FALSE, _MISSED = 0.003, 0.015
"""Pairs that overlap in more than this share of the poses that are free in truth are left out, worst
first, as long as no more than this share of the poses that collide in truth goes unseen."""


@dataclass(frozen=True)
class Part:
    """One link as self-collision sees it: its frame, skin points there (k, 3) and outside."""

    body: str
    frame: int
    X_frame_link: Array
    points: Array
    outside: Outside


def sphere_pairs(robot: RobotModel, parts: list[Part], link: np.ndarray, ball: Array) -> np.ndarray:
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
    X = poses[:, np.array([part.frame for part in parts])[link]]
    centres = np.einsum("psij,sj->psi", X[..., :3, :3], ball[:, :3]) + X[..., :3, 3]
    met = [pair for pair, hits in meeting.items() if hits.any()]
    if not met:
        return np.zeros((0, 2), dtype=np.int64)
    pairs = np.concatenate([_of_links(link == i, link == j) for i, j in met])
    overlap = np.empty((_POSES, len(pairs)), dtype=bool)
    near = np.empty(len(pairs), dtype=bool)
    for k, (a, b) in enumerate(pairs):
        gaps = np.linalg.norm(centres[:, a] - centres[:, b], axis=1) - ball[a, 3] - ball[b, 3]
        overlap[:, k], near[k] = gaps < 0.0, gaps.min() < _NEVER_NEAR
    collides = np.any([meeting[pair] for pair in met], axis=0)
    kept = pairs[near][_informative(overlap[:, near], collides)]
    return kept[np.lexsort(kept.T[::-1])]


def _of_links(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return all index pairs of two sets of spheres given as masks, the smaller index first."""
    a, b = np.meshgrid(np.flatnonzero(first), np.flatnonzero(second), indexing="ij")
    return np.sort(np.stack([a.ravel(), b.ravel()], axis=1), axis=1)


def _informative(overlap: np.ndarray, collides: np.ndarray) -> np.ndarray:
    """Say which pairs to keep, given in which poses they overlap and which poses collide in truth."""
    false = overlap[~collides].mean(axis=0) if not collides.all() else np.zeros(overlap.shape[1])
    true = overlap[collides].mean(axis=0) if collides.any() else np.zeros(overlap.shape[1])
    seen_by = overlap[collides].sum(axis=1)
    allowed = int(_MISSED * collides.sum()) + int((seen_by == 0).sum())
    keep = np.ones(overlap.shape[1], dtype=bool)
    for k in np.argsort(true / np.maximum(false, 1e-9)):
        without = seen_by - overlap[collides, k]
        if false[k] > _FALSE and (without == 0).sum() <= allowed:
            keep[k], seen_by = False, without
    return keep


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
    depth = body.outside.depth(local.reshape(-1, 3)).reshape(local.shape[:2])
    hits[near] = np.any(depth > _TOUCH, axis=1)
    return hits
