"""The learned planner: a policy's proposals, each checked exactly, the best refined where none is free."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array, pose
from robolab.kernels.batched_cost import Situations
from robolab.kernels.compiled import CompiledChecker
from robolab.kernels.compiled_data import CARRIED
from robolab.kernels.obstacles import Obstacles
from robolab.learning.policy import Policy
from robolab.learning.rank import Ranking, rank
from robolab.learning.refine import refine
from robolab.planning.contract import NoPlan, Planned, Problem
from robolab.planning.proposal import KEY, Change, Proposal
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
        began = time.perf_counter()
        ready = problem.ready
        if isinstance(ready, NoPlan):
            return ready
        situation = self.situation_of(problem)
        goals = ready.goals[: self.most_goals]
        proposals = self.policy.consider(problem.start, goals, situation)
        ranking = self.policy.rank(proposals, situation)
        order = ranking.order
        asked, curves = ready.rows[order[:, 0]], proposals.points[order[:, 0], order[:, 1]]
        likely = _likely(ranking.proposed, len(order), self.least_sure)
        found, tried = _first_free(ready.checker, curves[likely])
        if found is not None:
            row = int(likely[found[1]])
            told = Proposal(len(order), tried, row + 1, certainty=ranking.sure_of(row))
            return self._planned(found[0], int(asked[row]), began, told)
        hopeful = _hopeful(ranking.refined, len(order), self.least_sure)[: self.refined]
        if self.refining_steps and hopeful.size:
            better, owner = self._refine(curves[hopeful], situation)
            found, more = _first_free(ready.checker, better)
            tried += more
            if found is not None:
                row = int(hopeful[owner[found[1]]])
                joints = problem.robot.joints
                change = Change.between(from_bernstein(curves[row]), found[0], joints)
                sure, hope = ranking.sure_of(row), ranking.hope_of(row)
                told = Proposal(len(order), tried, row + 1, change, certainty=sure, hope=hope)
                return self._planned(found[0], int(asked[row]), began, told)
        return _given_up(ranking, tried)

    def _refine(self, curves: Array, situation: Situations) -> tuple[Array, np.ndarray]:
        """Refine proposals, (k, degree + 1, n); return those that then look free, best first, and their rows."""
        many = situation.take(np.zeros(len(curves), dtype=int))
        better = refine(curves[:, None], many, self.policy.objective, self.refining_steps)
        better = self.policy.exact_ends(better, curves[0, 0], curves[:, -1])
        ranked = rank(better, situation, self.policy.objective)
        rows = ranked.order[ranked.free, 0]
        return better[rows, 0], rows

    def _planned(
        self, path: PiecewisePolynomial, goal: int, began: float, told: Proposal
    ) -> Planned:
        return Planned(path, goal, self.name, time.perf_counter() - began, {KEY: told.to_json()})

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


def _given_up(ranking: Ranking, tried: int) -> NoPlan:
    count = len(ranking.order)
    detail = f"none of {tried} curves that the network proposed keeps all clearances"
    if not tried:
        detail = f"none of {count} curves that the network proposed is likely enough to be free"
    told = Proposal(count, tried, why=detail, certainty=ranking.surest())
    return NoPlan("collision on the way", detail, provenance={KEY: told.to_json()})


def _first_free(
    checker: CompiledChecker, points: Array
) -> tuple[tuple[PiecewisePolynomial, int] | None, int]:
    """Return the first free curve with its row, and how many were checked."""
    for row, control in enumerate(points):
        curve = from_bernstein(control)
        if checker.curve_free(curve):
            return (curve, row), row + 1
    return None, len(points)
