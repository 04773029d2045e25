"""The learned planner: a policy's proposals, each checked exactly, the best refined where none is free."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array, pose
from robolab.kernels.batched_cost import Situations
from robolab.kernels.compiled import CompiledChecker
from robolab.kernels.compiled_data import CARRIED
from robolab.kernels.obstacles import Obstacles
from robolab.learning.policy import Policy
from robolab.learning.rank import rank
from robolab.learning.refine import refine
from robolab.planning.asking import Asked, ask
from robolab.planning.contract import NoPlan, Planned, Problem
from robolab.planning.proposal import Change
from robolab.trajectory.polynomial import PiecewisePolynomial, from_bernstein


@dataclass(frozen=True)
class LearnedPlanner:
    """Takes the fastest of a policy's likely proposals that is free along its whole curve.

    Attributes:
        least_sure: Proposals with a smaller chance than this are not checked, nor refined with a smaller one: the
            next planner has its turn at once.
        refining_steps: Gradient steps on the most promising proposals where none is free; 0 leaves the network alone.
        refined: How many proposals are refined.
        most_goals: How many goals, nearest first, the network is asked about.
    """

    policy: Policy
    refining_steps: int = 30
    refined: int = 3
    most_goals: int = 6
    least_sure: float = 0.03
    name: str = "learned"

    def plan(self, problem: Problem, budget: int, rng: np.random.Generator) -> Planned | NoPlan:
        """Propose, rank, check; refine where none is free; `budget` and `rng` are not needed."""
        asked = ask(self.name, self.policy, problem, self.situation_of, self.most_goals)
        if isinstance(asked, NoPlan):
            return asked
        ranking, count = asked.ranking, len(asked.curves)
        likely = _likely(ranking.proposed, count, self.least_sure)
        found, tried = _first_free(asked.ready.checker, asked.curves[likely])
        if found is not None:
            return asked.taken(found[0], int(likely[found[1]]), tried)
        hopeful = _hopeful(ranking.refined, count, self.least_sure)[: self.refined]
        if self.refining_steps and hopeful.size:
            better, owner = self._refine(asked.curves[hopeful], asked.situation)
            found, more = _first_free(asked.ready.checker, better)
            tried += more
            if found is not None:
                row = int(hopeful[owner[found[1]]])
                change = Change.between(asked.proposal(row), found[0], problem.robot.joints)
                return asked.taken(found[0], row, tried, change, ranking.hope_of(row))
        return _given_up(asked, tried)

    def _refine(self, curves: Array, situation: Situations) -> tuple[Array, np.ndarray]:
        """Refine proposals, (k, degree + 1, n); return those that then look free, best first, and their rows."""
        many = situation.take(np.zeros(len(curves), dtype=int))
        better = refine(curves[:, None], many, self.policy.objective, self.refining_steps)
        better = self.policy.exact_ends(better, curves[0, 0], curves[:, -1])
        ranked = rank(better, situation, self.policy.objective)
        rows = ranked.order[ranked.free, 0]
        return better[rows, 0], rows

    def situation_of(self, problem: Problem) -> Situations:
        """What the policy takes in of a problem's surroundings."""
        poses = poses_in(problem.obstacles, self.policy.cell.names)
        return self.policy.situation(poses, self._carried(problem, poses))

    def _carried(self, problem: Problem, poses: dict[str, Array]) -> str | None:
        """Name of the held object: of those that stand nowhere, the one whose spheres are most alike."""
        held = np.array([body == CARRIED for body in problem.spheres.body])
        missing = [m for m in self.policy.cell.movables if m.name not in poses]
        if not held.any() or not missing:
            return None
        size = np.ptp(problem.spheres.centre[held], axis=0)
        return min(
            missing, key=lambda m: float(np.linalg.norm(np.ptp(m.held_centre, axis=0) - size))
        ).name


def poses_in(obstacles: Obstacles, names: tuple[str, ...]) -> dict[str, Array]:
    """Poses in world of those of the named objects that stand among the obstacles."""
    found = dict(zip(obstacles.cylinder_names, obstacles.cylinder_pose, strict=True))
    found |= {
        n: pose(ball[:3]) for n, ball in zip(obstacles.sphere_names, obstacles.sphere, strict=True)
    }
    found |= dict(zip(obstacles.box_names, obstacles.box_pose, strict=True))
    return {name: found[name] for name in names if name in found}


def _likely(chance: Array | None, count: int, least: float) -> np.ndarray:
    """Rows whose chance is at least so much, in their order; all where no chance is known."""
    return np.arange(count) if chance is None else np.flatnonzero(chance >= least)


def _hopeful(chance: Array | None, count: int, least: float) -> np.ndarray:
    """The same, the greatest chance first."""
    rows = _likely(chance, count, least)
    return rows if chance is None else rows[np.argsort(-chance[rows], kind="stable")]


def _given_up(asked: Asked, tried: int) -> NoPlan:
    if tried:
        why = f"none of {tried} curves that the network proposed keeps all clearances"
    else:
        count = len(asked.curves)
        why = f"none of {count} curves that the network proposed is likely enough to be free"
    return asked.given_up(tried, why)


def _first_free(
    checker: CompiledChecker, points: Array
) -> tuple[tuple[PiecewisePolynomial, int] | None, int]:
    """Return the first free curve with its row, and how many were checked."""
    for row, control in enumerate(points):
        curve = from_bernstein(control)
        if checker.curve_free(curve):
            return (curve, row), row + 1
    return None, len(points)
