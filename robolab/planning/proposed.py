"""The planner for any scene: a policy that takes in the obstacles proposes, shaping improves, the exact check decides."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from robolab.kernels.batched_cost import Situations, solids_of
from robolab.learning.furnished import surrounded
from robolab.learning.policy import Policy
from robolab.planning.checks import Ready
from robolab.planning.contract import NoPlan, Planned, Problem
from robolab.planning.optimise import optimise
from robolab.planning.proposal import KEY, Change, Proposal
from robolab.planning.spline import on_path
from robolab.trajectory.polynomial import PiecewisePolynomial, from_bernstein

_POINTS = 12
"""Control points of what is shaped."""
_PLACES = np.linspace(0.0, 1.0, 33)


@dataclass(frozen=True)
class ProposedPlanner:
    """Shapes a policy's proposals, the most promising first, until one is free along its whole curve.

    Attributes:
        policy: Of a scene whose surroundings are drawn anew, for the problem's robot.
        shaped: How many proposals are shaped.
        most_goals: How many goals, nearest first, the network is asked about.
    """

    policy: Policy
    shaped: int = 3
    most_goals: int = 2
    name: str = "proposed"

    def plan(self, problem: Problem, budget: int, rng: np.random.Generator) -> Planned | NoPlan:
        """Propose, rank, shape, check; `budget` and `rng` are not needed."""
        began = time.perf_counter()
        ready = problem.ready
        if isinstance(ready, NoPlan):
            return ready
        situation = situation_of(self.policy, problem)
        goals = ready.goals[: self.most_goals]
        proposals = self.policy.consider(problem.start, goals, situation)
        ranking = self.policy.rank(proposals, situation)
        order = ranking.order
        for tried, (goal, k) in enumerate(order[: self.shaped].tolist(), 1):
            proposal = from_bernstein(proposals.points[goal, k])
            path = _improved(ready, problem, proposal)
            if path is not None:
                change, sure = _change(proposal, path, problem), ranking.sure_of(tried - 1)
                told = Proposal(len(order), tried, tried, change, certainty=sure)
                seconds = time.perf_counter() - began
                return Planned(
                    path, int(ready.rows[goal]), self.name, seconds, {KEY: told.to_json()}
                )
        tried = min(self.shaped, len(order))
        detail = f"none of the {tried} best of {len(order)} proposals could be shaped free"
        told = Proposal(len(order), tried, why=detail, certainty=ranking.surest())
        return NoPlan("collision on the way", detail, provenance={KEY: told.to_json()})


def situation_of(policy: Policy, problem: Problem) -> Situations:
    """What the policy takes in of a problem: all obstacles as they stand."""
    return surrounded(policy.cell, [solids_of(problem.obstacles)])


def _improved(
    ready: Ready, problem: Problem, proposal: PiecewisePolynomial
) -> PiecewisePolynomial | None:
    """The proposal shaped; as it is where shaping breaks it but it is free; None where neither is."""
    line = on_path(proposal(_PLACES), ready.scale, _POINTS)
    path = optimise(ready.checker, line, problem.robot.limits, ready.scale)
    if path is None and ready.checker.curve_free(proposal):
        return proposal
    return path


def _change(
    proposal: PiecewisePolynomial, path: PiecewisePolynomial, problem: Problem
) -> Change | None:
    if path is proposal:
        return None
    return Change.between(proposal, path, problem.robot.joints)
