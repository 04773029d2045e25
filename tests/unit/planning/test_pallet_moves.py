"""Moves between a pallet and a belt: an arm does not come back from one bent the other way round."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.rng import stream
from robolab.jobs.pallet_cell import PalletCell, over, pallet_cell
from robolab.planning.contract import NoPlan
from robolab.planning.ik import solve_ik
from robolab.planning.pallet_moves import Move, PalletArm, Stop


@pytest.fixture(scope="module")
def cell() -> PalletCell:
    return pallet_cell("mixed_pallet")


def bends(cell: PalletCell) -> tuple[float, float]:
    """Sign of the determinant with the elbow up and down, the wrist as at home."""
    arm, home = cell.arm, cell.home
    found = solve_ik(arm.robot, arm.robot.fk(home), stream(0, "bends"))
    like = [q for q in found if np.sin(q[4]) * np.sin(home[4]) > 0.5]
    up, down = (
        {
            arm._handed(q)
            for q in like
            if np.sign(q[2]) == side and abs(_wrapped(q[0] - home[0])) < 0.5
        }  # pyright: ignore[reportPrivateUsage]
        for side in (np.sign(home[2]), -np.sign(home[2]))
    )
    (one,), (other,) = up, down
    return one, other


def _wrapped(angle: float) -> float:
    return float((angle + np.pi) % (2.0 * np.pi) - np.pi)


def test_the_elbow_tells_itself_by_the_determinant(cell: PalletCell) -> None:
    one, other = bends(cell)
    assert one == -other != 0.0
    assert cell.arm._handed(cell.home) == one  # pyright: ignore[reportPrivateUsage]


def test_a_move_that_would_end_bent_the_other_way_round_is_none(
    cell: PalletCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    goal = over(cell.deck.X_world_deck, 0.6)
    ends = Stop(cell.start, 0.05), Stop(goal, 0.05)
    checker = cell.arm.checker([], cell.arm.base, 0.0)
    asked = (*ends, cell.home, 1.1, cell.arm.base, checker)
    assert isinstance(cell.arm.plan(*asked), Move)
    signs = iter((1.0, -1.0))
    monkeypatch.setattr(PalletArm, "_handed", lambda arm, q: next(signs))
    refused = cell.arm.plan(*asked)
    assert isinstance(refused, NoPlan)
    assert refused.reason == "singular on the way"
