"""What became of a network's proposals: how far a path was changed, and how that is told and kept."""

from __future__ import annotations

import json

import numpy as np
import pytest

from robolab.core.rng import stream
from robolab.planning.contract import NoPlan, Planned, Planner, Problem
from robolab.planning.portfolio import Portfolio
from robolab.planning.proposal import KEY, Change, Proposal, proposal_words
from robolab.trajectory.polynomial import PiecewisePolynomial, from_bernstein

LINE = np.linspace([0.0, 0.0], [1.0, 1.0], 5)


def bent(joint: int, by: float) -> PiecewisePolynomial:
    points = LINE.copy()
    points[2, joint] += by
    return from_bernstein(points)


def test_a_change_is_found_with_its_joint_and_place() -> None:
    change = Change.between(from_bernstein(LINE), bent(1, -0.8), ("one", "two"))
    # The middle Bernstein polynomial of degree four is 3/8 in the middle.
    assert change.most == pytest.approx(0.3)
    assert (change.joint, change.at) == ("two", pytest.approx(0.5))


@pytest.mark.parametrize(
    ("proposal", "words"),
    [
        (Proposal(24, 1, 1), "choice 1 of 24, not known how sure, taken as proposed"),
        (
            Proposal(24, 1, 1, certainty=0.999),
            "choice 1 of 24, over 99 % sure, taken as proposed",
        ),
        (
            Proposal(24, 26, 3, Change(0.2134, "elbow", 0.455), "", 0.02, 0.31),
            "choice 3 of 24, 2 % sure, 31 % sure of refining it, refined: elbow by up to 0.213 rad, at 46 % of the way",
        ),
        (
            Proposal(24, 24, why="all collide", certainty=0.002),
            "given up, under 1 % sure of the best: all collide",
        ),
    ],
)
def test_it_is_told_in_words_and_survives_a_file(proposal: Proposal, words: str) -> None:
    assert proposal.words() == words
    assert Proposal.from_json(json.loads(json.dumps(proposal.to_json()))) == proposal


class _Fixed:
    def __init__(self, name: str, result: Planned | NoPlan) -> None:
        self.name, self.result = name, result

    def plan(self, problem: Problem, budget: int, rng: np.random.Generator) -> Planned | NoPlan:
        return self.result


def test_why_proposals_were_given_up_reaches_the_fallback_s_result() -> None:
    told = Proposal(4, 7, why="none is free")
    planners: list[Planner] = [
        _Fixed("learned", NoPlan("collision on the way", "x", provenance={KEY: told.to_json()})),
        _Fixed("direct", Planned(from_bernstein(LINE), 0, "direct", 0.0)),
    ]
    result = Portfolio(planners).plan(None, 1, stream(1, "x"))  # pyright: ignore[reportArgumentType]
    assert isinstance(result, Planned)
    assert result.planner == "direct"
    assert proposal_words(result.provenance) == (
        "learned given up, not known how sure of the best: none is free"
    )


def test_a_path_without_proposals_has_nothing_to_tell() -> None:
    assert proposal_words({"pieces": 2, "tried_before": [{"planner": "direct", "why": "x"}]}) == ""
