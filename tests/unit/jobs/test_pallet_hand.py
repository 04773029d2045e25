"""An empty hand rises out of what seems to be where it stands, and only then."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.transforms import pose
from robolab.jobs.pallet_cell import PalletCell, pallet_cell
from robolab.jobs.pallet_hand import Hand
from robolab.tasks.pallet_faces import CaseFace, Hole
from tests.pallets import box, hand_over, on_deck

CASE = box("a", 0.0, 0.0)
ABOVE = 0.03
"""What a hand keeps above what it has risen out of [m]."""


@pytest.fixture(scope="module")
def cell() -> PalletCell:
    return pallet_cell("mixed_pallet")


def hand(cell: PalletCell) -> Hand:
    return hand_over(cell, (CASE,), on_deck(0.0, 0.0, 0.3))


def hole(of: Hand, higher: float, beside: float = 0.0) -> Hole:
    """Something unknown of 0.3 m by 0.3 m, so much higher than the tool, with its middle so far beside it."""
    return Hole(pose(of.X[:3, 3] + [beside, 0.0, higher]), np.full(2, 0.3))


@pytest.mark.parametrize("higher", [0.06, 0.1, 0.25])
def test_it_rises_straight_above_the_highest_that_it_seems_to_stand_in(
    cell: PalletCell, higher: float
) -> None:
    risen = hand(cell)
    before, seconds = risen.X.copy(), risen.tally.seconds
    risen.rise([hole(risen, higher, beside=0.05), hole(risen, 0.05)], {0: CASE})
    assert risen.X[:3, 3] - before[:3, 3] == pytest.approx([0.0, 0.0, higher + ABOVE], abs=1e-6)
    assert risen.X[:3, :3] == pytest.approx(before[:3, :3], abs=1e-6)
    assert risen.tally.seconds > seconds
    assert risen.tally.collisions == 0


def test_a_known_face_that_the_tool_seems_to_be_in_counts_as_well(cell: PalletCell) -> None:
    risen = hand(cell)
    before = float(risen.X[2, 3])
    face = CaseFace(pose(risen.X[:3, 3] + [0.0, 0.0, 0.1]), np.array([0.3, 0.2]), 0.5)
    risen.rise([face], {0: CASE})
    assert risen.X[2, 3] == pytest.approx(before + 0.1 + ABOVE)


@pytest.mark.parametrize(("higher", "beside"), [(0.2, 0.6), (-0.1, 0.0)])
def test_it_stays_where_what_is_seen_is_elsewhere_or_below(
    cell: PalletCell, higher: float, beside: float
) -> None:
    still = hand(cell)
    before, seconds = still.X.copy(), still.tally.seconds
    still.rise([hole(still, higher, beside)], {0: CASE})
    still.rise([], {0: CASE})
    assert np.array_equal(still.X, before)
    assert still.tally.seconds == seconds
