"""Problems in surroundings that are drawn anew for every few of them: what a policy for any scene trains on."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from robolab.core.errors import SceneError
from robolab.core.transforms import Array
from robolab.kernels.batched_cost import Situations
from robolab.kernels.batched_room import SOLID
from robolab.learning.cell import Cell
from robolab.learning.problems import HOME_SHARE, Pairs, Pool, straight_free
from robolab.scene.furniture import MOST_PIECES, Piece, furnish

_SCENES = 16
_PER_SCENE = 24
_LOOKED_AT = 768
"""Joint positions of the pool that are tried in each scene."""
_NEAR = 0.12
"""Positions that come this near to something are what most problems are about [m]."""
_GOALS_NEAR, _STARTS_NEAR = 0.75, 0.3
_LEAST_FREE = 16
_TRIES = 8


class FurnishedSource:
    """Draws scenes, and in each of them problems between positions that are clear there.

    Args:
        free_share: Largest share of problems that a straight line solves.
    """

    def __init__(self, cell: Cell, pool: Pool, free_share: float) -> None:
        self.cell, self.flat, self.free_share = cell, np.unique(pool.flat, axis=0), free_share
        self.cost, self.near = cell.cost(slack=0.01), cell.cost(slack=_NEAR)

    def draw(self, count: int, rng: np.random.Generator) -> Pairs:
        """Draw `count` problems.

        Raises:
            SceneError: hardly anywhere in the surroundings is the arm clear and near something.
        """
        got: list[Pairs] = []
        for tries in itertools.count(1):
            got.append(self._some(rng))
            total = sum(map(len, got))
            if total >= count:
                break
            if tries >= _TRIES and total < tries:
                raise SceneError(
                    f"in {tries * _SCENES} drawn surroundings only {total} problems were found",
                    field="randomisation.furniture.reach",
                    expected="about the arm's reach, and a work volume around it",
                )
        every = functools.reduce(Pairs.join, got)
        return every.take(rng.permutation(len(every))[:count])

    def _some(self, rng: np.random.Generator) -> Pairs:
        scenes = draw_surroundings(self.cell, _SCENES, rng)
        rows = rng.integers(0, len(self.flat), (_SCENES, _LOOKED_AT))
        q = self.flat[rows]
        depth = self.near.numbers(q.reshape(-1, q.shape[-1]), scenes)["depth"].reshape(rows.shape)
        ends = [_ends(q[k], depth[k], self.cell.robot.home, rng) for k in range(_SCENES)]
        owner = np.repeat(np.arange(_SCENES), [len(start) for start, _ in ends])
        start, goal = (np.concatenate([e[k] for e in ends]).astype(np.float32) for k in (0, 1))
        pairs = Pairs(start, goal, scenes.take(owner))
        if len(pairs) == 0:
            return pairs
        pairs = self._clear(pairs)
        free = straight_free(self.cost, pairs) if len(pairs) else np.zeros(0, bool)
        blocked, easy = np.flatnonzero(~free), np.flatnonzero(free)
        most = int(len(blocked) * self.free_share / (1.0 - self.free_share))
        return pairs.take(rng.permutation(np.concatenate([blocked, easy[:most]])))

    def _clear(self, pairs: Pairs) -> Pairs:
        """Those whose ends are clear: the home position need not be."""
        fine = np.ones(len(pairs), bool)
        for q in (pairs.start, pairs.goal):
            fine &= self.cost.numbers(q, pairs.situations)["depth"] < 0.0
        return pairs.take(np.flatnonzero(fine))


def _ends(
    q: Array, depth: np.ndarray, home: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Starts and goals in one scene, shape (k, n) each; none where hardly anything is clear."""
    clear = np.flatnonzero(depth < 0.0)
    near = np.flatnonzero((depth < 0.0) & (depth > -0.95 * _NEAR))
    if len(clear) < _LEAST_FREE or len(near) == 0:
        return q[:0], q[:0]

    def some(share_near: float) -> Array:
        anywhere, close = rng.choice(clear, _PER_SCENE), rng.choice(near, _PER_SCENE)
        return q[np.where(rng.random(_PER_SCENE) < share_near, close, anywhere)]

    start, goal = some(_STARTS_NEAR), some(_GOALS_NEAR)
    start[rng.random(_PER_SCENE) < HOME_SHARE] = home
    # Either way round: what is approached is also left again.
    turned = rng.random((_PER_SCENE, 1)) < 0.5
    return np.where(turned, goal, start), np.where(turned, start, goal)


def draw_surroundings(cell: Cell, count: int, rng: np.random.Generator) -> Situations:
    """Draw scenes of the cell's kinds, with empty hands."""
    asked = cell.scene.randomisation.furniture
    assert asked is not None
    drawn = [furnish(asked.kinds, asked.reach, rng) for _ in range(count)]
    return surrounded(cell, [rows_of(pieces, cell.robot.X_world_base) for pieces in drawn])


def surrounded(cell: Cell, tables: Sequence[np.ndarray]) -> Situations:
    """Situations with these solids, each of shape (k, SOLID), and nothing held."""
    count = len(tables)
    plain = cell.situations(
        np.zeros((count, len(cell.movables), 4, 4)),
        np.zeros((count, len(cell.movables)), bool),
        np.full(count, -1),
    )
    solids = np.zeros((count, max(MOST_PIECES, *map(len, tables)), SOLID), np.float32)
    for k, table in enumerate(tables):
        solids[k, : len(table)] = table
    return replace(plain, solids=solids, solid_count=np.array([len(t) for t in tables], np.int64))


def rows_of(pieces: Sequence[Piece], X_world_base: Array) -> np.ndarray:
    """Pieces as rows of `batched_room.SOLID` in world, shape (k, SOLID)."""
    table = np.zeros((len(pieces), SOLID), np.float32)
    for row, piece in zip(table, pieces, strict=True):
        X = X_world_base @ piece.X
        row[:9], row[9:12], row[12:15] = X[:3, :3].ravel(), X[:3, 3], piece.half
        row[16] = piece.cylinder
    return table
