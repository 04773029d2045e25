"""Which proposals to check first: those that are likely to be free, the fastest first."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from robolab.core.transforms import Array
from robolab.kernels.batched_cost import Situations
from robolab.learning.certainty import Certainty, describe
from robolab.learning.objective import Objective, Verdict

_POINTS = 40
_SURE = 0.5
"""Proposals at least as sure as this go by their time; less sure ones follow by how sure they are."""
_AFTER = 1e3


class Proposals(NamedTuple):
    """A network's curves for one problem with k goals.

    Attributes:
        points: Bernstein control points, shape (k, K, degree + 1, n).
        moved: Greatest change of a joint by the network's own corrections, shape (k, K) [rad].
    """

    points: Array
    moved: Array


class Ranking(NamedTuple):
    """Proposals in the order to check them.

    Attributes:
        order: Rows of (goal, proposal), best first, shape (k K, 2).
        free: Whether each looks free at the samples, shape (k K,).
        proposed, refined: How sure to be that each is free, and that refining would make it so, shape (k K,);
            None where that was never learned.
    """

    order: np.ndarray
    free: np.ndarray
    proposed: Array | None = None
    refined: Array | None = None

    def sure_of(self, row: int) -> float | None:
        """How sure to be that the proposal in a row of `order` is free, to four digits."""
        return _rounded(self.proposed, row)

    def hope_of(self, row: int) -> float | None:
        """How sure to be that refining the proposal in a row makes it so, to four digits."""
        return _rounded(self.refined, row)

    def surest(self) -> float | None:
        """How sure to be of the surest of all."""
        return None if self.proposed is None else self.sure_of(int(np.argmax(self.proposed)))


def _rounded(chance: Array | None, row: int) -> float | None:
    return None if chance is None else round(float(chance[row]), 4)


def judge(points: Array, situation: Situations, objective: Objective) -> Verdict:
    """Judge the proposals of one problem, shape (k, K, degree + 1, n), at even samples."""
    many = situation.take(np.zeros(len(points), dtype=int))
    s = np.linspace(0.0, 1.0, _POINTS)
    with torch.inference_mode():
        return objective(torch.tensor(points, dtype=torch.float32), many, s)


def rank(points: Array, situation: Situations, objective: Objective) -> Ranking:
    """Order the proposals of one problem, shape (k, K, degree + 1, n), by how they look at the samples."""
    verdict = judge(points, situation, objective)
    free = verdict.free.numpy().ravel()
    return _ranked(_plain_key(verdict), free, points.shape[1])


def rank_by_certainty(
    proposals: Proposals, situation: Situations, objective: Objective, certainty: Certainty
) -> Ranking:
    """Order the proposals of one problem by how sure to be of them, and where that is enough by their time."""
    verdict = judge(proposals.points, situation, objective)
    proposed, refined = (part.ravel() for part in certainty(describe(*proposals, verdict)))
    key = np.where(proposed >= _SURE, verdict.time.numpy().ravel(), _AFTER * (2.0 - proposed))
    ranking = _ranked(key, verdict.free.numpy().ravel(), proposals.points.shape[1])
    row = ranking.order[:, 0] * proposals.points.shape[1] + ranking.order[:, 1]
    return ranking._replace(proposed=proposed[row], refined=refined[row])


def _plain_key(verdict: Verdict) -> Array:
    free, time = verdict.free.numpy().ravel(), verdict.time.numpy().ravel()
    return np.where(free, time, _AFTER + verdict.cost.numpy().ravel())


def _ranked(key: Array, free: np.ndarray, proposals: int) -> Ranking:
    order = np.argsort(key, kind="stable")
    return Ranking(np.stack(np.divmod(order, proposals), axis=1), free[order])
