"""The problems that a policy is trained on, watched by, calibrated on and judged by: each from a stream of its own."""

from __future__ import annotations

import numpy as np

from robolab.core.rng import stream
from robolab.learning.cell import Cell
from robolab.learning.exact import straight_free_exactly
from robolab.learning.feed import Source
from robolab.learning.furnished import FurnishedSource
from robolab.learning.problems import Pairs, PairSource, Pool, build_pool
from robolab.learning.recipe import Recipe

_TEST_POSES = 400
_FREE_SHARE = 0.4
"""Largest share of unseen problems that a straight line solves."""
_STANDING = 0.01
"""Where no joint has further to go than this, there is no motion to plan [rad or m]."""


def source_of(cell: Cell, pool: Pool, recipe: Recipe) -> Source:
    """The problems that a recipe asks for in a cell."""
    if cell.scene.randomisation.furniture is not None:
        return FurnishedSource(cell, pool, recipe.free_share)
    return PairSource(cell, pool, recipe.free_share, recipe.carrying, recipe.placed, recipe.near)


def held_out_pairs(cell: Cell, recipe: Recipe) -> Pairs:
    """Problems that a run is watched by, the same for every seed."""
    rng = stream(0, "held out")
    pool = build_pool(cell, min(recipe.pool, _TEST_POSES), rng)
    return source_of(cell, pool, recipe).draw(recipe.held_out, rng)


def unseen_pairs(cell: Cell, count: int, carrying: bool, seed: int = 0) -> Pairs:
    """Problems from a stream of their own, that no training run draws from.

    With empty hands goals are any solutions of their poses, the movable objects stand where the scene may draw them,
    and at most 40 % are joined by a free straight line. A goal where the arm stands already is none.
    """
    rng = stream(seed, "unseen", "carrying" if carrying else "empty")
    pool: Pool = build_pool(cell, _TEST_POSES, rng)
    share, near = (1.0, 1.0) if carrying else (0.0, 0.0)
    source = source_of(
        cell, pool, Recipe(free_share=_FREE_SHARE, carrying=share, placed=0.0, near=near)
    )
    drawn = _that_move(source.draw(2 * count, rng))
    # The source asks the spheres of training; hulls find more lines free.
    free = straight_free_exactly(cell, drawn)
    while np.sum(~free) < (1.0 - _FREE_SHARE) * count:
        more = _that_move(source.draw(count, rng))
        drawn, free = drawn.join(more), np.append(free, straight_free_exactly(cell, more))
    easy = np.flatnonzero(free)[: int(_FREE_SHARE * count)]
    blocked = np.flatnonzero(~free)[: count - len(easy)]
    return drawn.take(np.sort(np.concatenate([easy, blocked])))


def _that_move(pairs: Pairs) -> Pairs:
    """Only what has a way to go: no planner is asked for a motion to where the arm stands."""
    way = np.abs(pairs.goal - pairs.start).max(axis=1)
    return pairs.take(np.flatnonzero(way > _STANDING))


def calibration_pairs(cell: Cell, recipe: Recipe, seed: int = 0) -> Pairs:
    """Problems as in training, from a stream that neither training nor the final figures draw from."""
    rng = stream(seed, "certainty")
    pool = build_pool(cell, min(recipe.pool, _TEST_POSES), rng)
    return source_of(cell, pool, recipe).draw(recipe.calibration, rng)


def unseen_sets(cell: Cell, recipe: Recipe) -> dict[str, Pairs]:
    """The problems of the final figures: with empty hands, and carrying where there is something to carry."""
    sets = {"unseen": unseen_pairs(cell, recipe.unseen, False)}
    if cell.movables and recipe.carrying > 0.0 and recipe.unseen > 1:
        sets["carrying"] = unseen_pairs(cell, recipe.unseen // 2, True)
    return sets
