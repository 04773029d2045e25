"""A run's pool of poses, gathered in numbered chunks by whoever works for it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Any

from robolab.core.rng import stream
from robolab.core.transforms import Array
from robolab.learning.cell import Cell
from robolab.learning.problems import MOST_CHUNKS, Pool, collected, reached
from robolab.learning.workers import Workers


@dataclass(frozen=True)
class ReachChunk:
    """Finds chunk k of a run's poses and what reaches them."""

    cell: Cell
    seed: int

    def __call__(self, unit: int) -> Array:
        return reached(self.cell, stream(self.seed, "pool", unit))


def gather_pool(cell: Cell, count: int, seed: int, workers: Workers, seconds: float) -> Pool:
    """Gather poses as `build_pool` does, a chunk at a time; the same ones, whoever finds them.

    Args:
        seconds: Most time to take.
    Raises:
        SceneError: the scene names no work volume, or almost none of it can be reached.
    """
    chunks: Any = workers.map(ReachChunk(cell, seed), range(MOST_CHUNKS))
    with closing(chunks):
        return collected(chunks, count, seconds)
