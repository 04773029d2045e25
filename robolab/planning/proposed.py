"""The planner for any scene: a policy that takes in the obstacles proposes, shaping improves, the exact check decides."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from robolab.kernels.batched_cost import Situations, solids_of
from robolab.learning.furnished import surrounded
from robolab.learning.policy import Policy
from robolab.planning.asking import ask
from robolab.planning.checks import Ready
from robolab.planning.contract import NoPlan, Planned, Problem
from robolab.planning.optimise import optimise
from robolab.planning.proposal import Change
from robolab.planning.spline import on_path
from robolab.trajectory.polynomial import PiecewisePolynomial

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
        situation = partial(situation_of, self.policy)
        asked = ask(self.name, self.policy, problem, situation, self.most_goals)
        if isinstance(asked, NoPlan):
            return asked
        tried = min(self.shaped, len(asked.curves))
        for row in range(tried):
            proposal = asked.proposal(row)
            path = _improved(asked.ready, problem, proposal)
            if path is not None:
                return asked.taken(path, row, row + 1, _change(proposal, path, problem))
        best = f"{tried} best of {len(asked.curves)} proposals"
        return asked.given_up(tried, f"none of the {best} could be shaped free")


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
