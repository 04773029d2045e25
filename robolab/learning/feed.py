"""The endless row of problems that a run trains on: numbered units, each from a stream of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from robolab.core.rng import stream
from robolab.learning.problems import Pairs
from robolab.learning.workers import Workers


class Source(Protocol):
    """Where problems come from."""

    def draw(self, count: int, rng: np.random.Generator) -> Pairs:
        """Draw `count` problems."""
        ...


@dataclass(frozen=True)
class DrawUnit:
    """Draws unit k of a run's problems: the same ones, whoever draws them."""

    source: Source
    seed: int
    count: int

    def __call__(self, unit: int) -> Pairs:
        return self.source.draw(self.count, stream(self.seed, "problems", unit))


class Feed:
    """Hands problems out in batches, and knows the place where it stands.

    Args:
        unit: Problems drawn at once.
    """

    def __init__(self, source: Source, seed: int, unit: int, workers: Workers) -> None:
        self._draw, self._workers = DrawUnit(source, seed, unit), workers
        self.place = (0, 0)
        self._units: Iterator[Pairs] | None = None
        self._block: Pairs | None = None

    def take(self, count: int) -> Pairs:
        """Take the next problems, at most a unit of them; a unit's remainder that is too short is passed over."""
        number, used = self.place
        if used + count > self._draw.count:
            number, used, self._block = number + 1, 0, None
        if self._units is None:
            self._units = self._workers.map(self._draw, itertools.count(number))
        if self._block is None:
            self._block = next(self._units)
        self.place = (number, used + count)
        return self._block.take(np.arange(used, used + count))

    def seek(self, place: tuple[int, int]) -> None:
        """Go on from a place."""
        self.place, self._units, self._block = place, None, None
