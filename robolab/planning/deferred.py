"""A planner that is loaded when it is first asked, since others before it mostly do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from robolab.planning.contract import NoPlan, Planned, Planner, Problem


class Deferred:
    """Stands for a planner that is costly to load.

    Args:
        name: The planner's.
        load: Returns it; called once.
    """

    def __init__(self, name: str, load: Callable[[], Planner]) -> None:
        self.name = name
        self._load = load
        self._planner: Planner | None = None

    @property
    def loaded(self) -> bool:
        return self._planner is not None

    def plan(self, problem: Problem, budget: int, rng: np.random.Generator) -> Planned | NoPlan:
        """Plan as the planner does."""
        if self._planner is None:
            self._planner = self._load()
        return self._planner.plan(problem, budget, rng)
