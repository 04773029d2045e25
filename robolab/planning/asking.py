"""Ask a policy about a problem: its proposals in the order of their promise, and what is told of them afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from robolab.core.transforms import Array
from robolab.kernels.batched_cost import Situations
from robolab.learning.policy import Policy
from robolab.learning.rank import Ranking
from robolab.planning.checks import Ready
from robolab.planning.contract import NoPlan, Planned, Problem
from robolab.planning.proposal import KEY, Change, Proposal
from robolab.trajectory.polynomial import PiecewisePolynomial, from_bernstein


@dataclass(frozen=True)
class Asked:
    """A policy's m proposals for a problem that can be planned, the most promising first.

    Attributes:
        planner: Name of who asked. began: When [s].
        situation: What the policy took in.
        curves: Bernstein control points, shape (m, degree + 1, n).
        goals: Which row of the problem's goals each leads to, shape (m,).
    """

    planner: str
    began: float
    ready: Ready
    situation: Situations
    ranking: Ranking
    curves: Array
    goals: Array

    def proposal(self, row: int) -> PiecewisePolynomial:
        """A proposal as a curve over [0, 1]."""
        return from_bernstein(self.curves[row])

    def taken(
        self,
        path: PiecewisePolynomial,
        row: int,
        checked: int,
        change: Change | None = None,
        hope: float | None = None,
    ) -> Planned:
        """A path made of the proposal in a row, the rest as in `Proposal`."""
        sure = self.ranking.sure_of(row)
        told = Proposal(len(self.curves), checked, row + 1, change, certainty=sure, hope=hope)
        seconds = time.perf_counter() - self.began
        return Planned(path, int(self.goals[row]), self.planner, seconds, {KEY: told.to_json()})

    def given_up(self, checked: int, why: str) -> NoPlan:
        """No path, since none of the proposals would do."""
        sure = self.ranking.surest()
        told = Proposal(len(self.curves), checked, why=why, certainty=sure)
        return NoPlan("collision on the way", why, provenance={KEY: told.to_json()})


def ask(
    planner: str,
    policy: Policy,
    problem: Problem,
    situation_of: Callable[[Problem], Situations],
    most_goals: int,
) -> Asked | NoPlan:
    """Ask a policy about a problem's nearest goals; why there is nothing to plan, where there is not."""
    began = time.perf_counter()
    ready = problem.ready
    if isinstance(ready, NoPlan):
        return ready
    situation = situation_of(problem)
    proposals = policy.consider(problem.start, ready.goals[:most_goals], situation)
    ranking = policy.rank(proposals, situation)
    goal, k = ranking.order.T
    curves = proposals.points[goal, k]
    return Asked(planner, began, ready, situation, ranking, curves, ready.rows[goal])
