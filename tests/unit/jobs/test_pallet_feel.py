"""Feeling for what no camera knows the shape of: lowered until it touches, set down beside where it does not seal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from robolab.core.transforms import pose
from robolab.jobs import pallet_feel
from robolab.jobs.pallet_attempt import LEAKS
from robolab.jobs.pallet_cell import PalletCell, pallet_cell
from robolab.jobs.pallet_feel import HIGHER, feel_for, touch_down
from robolab.jobs.pallet_hand import Hand
from robolab.jobs.pallet_tally import NO_WAY
from robolab.planning.pallet_moves import Move
from robolab.tasks.pallet_case import Case
from robolab.tasks.pallet_choice import Option, options_of
from robolab.tasks.pallet_faces import CaseFace, SeenFace, upper_face
from tests.pallets import DECK, box, hand_over, on_deck, pallet

GUESS, DOUBT = 0.2, 0.15


@pytest.fixture(scope="module")
def cell() -> PalletCell:
    return pallet_cell("mixed_pallet")


def offer(x: float, y: float) -> CaseFace:
    """What something unknown offers to cups at a place, at a guessed height."""
    return CaseFace(pose(on_deck(x, y, GUESS)), np.full(2, 0.13))


def lowered(cell: PalletCell, case: Case, highest: float) -> tuple[Hand, str]:
    hand = Hand(cell, pallet(case))
    (option,) = options_of([offer(0.0, 0.0)], cell.deck, cell.cups)
    return hand, touch_down(hand, option, DECK.top + highest, (), {0: case})


@pytest.mark.parametrize("height", [0.05, 0.16, 0.3])
def test_the_tool_goes_down_as_far_as_something_is(cell: PalletCell, height: float) -> None:
    hand, trouble = lowered(cell, box("a", 0.0, 0.0, size=(0.3, 0.2, height)), 0.35)
    assert trouble == ""
    assert hand.X[:3, 3] == pytest.approx(on_deck(0.0, 0.0, height), abs=1e-4)
    assert hand.tally.collisions == 0


def slowly(cell: PalletCell, monkeypatch: pytest.MonkeyPatch, above: float) -> float:
    """Time of lowering onto a case from so far above it beyond the move itself [s]."""
    moved: list[float] = []
    go = Hand.go

    def noted(self: Hand, move: Move, lift: float, standing: dict[int, Case]) -> None:
        before = self.tally.seconds
        go(self, move, lift, standing)
        moved.append(self.tally.seconds - before)

    with monkeypatch.context() as patch:
        patch.setattr(Hand, "go", noted)
        hand, _ = lowered(cell, box("a", 0.0, 0.0), 0.16 + above)
    return hand.tally.seconds - sum(moved)


def test_only_the_end_of_what_a_range_finder_reaches_is_slow(
    cell: PalletCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert slowly(cell, monkeypatch, 0.01) == pytest.approx(0.01 / 0.3, abs=1e-6)
    near, far, beyond = (slowly(cell, monkeypatch, above) for above in (0.1, 0.35, 0.5))
    assert 0.05 < near == pytest.approx(0.05 + 0.02 / 0.3, abs=0.08)
    assert far == pytest.approx(near, abs=1e-9)
    assert beyond == pytest.approx(near + 0.15 / 0.3, abs=1e-9)


def test_what_is_felt_just_above_the_deck_is_the_deck(cell: PalletCell) -> None:
    hand, trouble = lowered(cell, box("sheet", 0.0, 0.0, size=(0.3, 0.2, 0.025)), 0.3)
    assert trouble == "nothing felt"
    assert hand.tally.collisions == 0


def test_what_is_felt_before_the_tool_is_there_is_higher_than_it_looked(cell: PalletCell) -> None:
    # So little above where it would have been slow, the cups give way to it; farther up it is hit.
    for highest, hits in ((0.385, 0), (0.35, 1)):
        tall = box("tall", 0.0, 0.0, size=(0.3, 0.2, 0.4))
        hand, trouble = lowered(cell, tall, highest)
        assert trouble == HIGHER
        assert hand.tally.collisions == hits
        assert hand.tally.seconds > 0.5
        # The next time it is slow from above where it was met.
        (option,) = options_of([offer(0.03, 0.0)], cell.deck, cell.cups)
        assert touch_down(hand, option, DECK.top + highest, (), {0: tall}) == ""
        assert hand.tally.collisions == hits


def test_a_neighbour_that_is_seen_to_be_higher_is_not_felt_for(cell: PalletCell) -> None:
    tall = box("tall", 0.0, 0.0, size=(0.3, 0.2, 0.4))
    seen = CaseFace(pose(on_deck(0.0, 0.0, 0.4)), np.array([0.3, 0.2]))
    hand = Hand(cell, pallet(tall))
    (option,) = options_of([offer(0.0, 0.0)], cell.deck, cell.cups)
    trouble = touch_down(hand, option, DECK.top + 0.35, (seen,), {0: tall})
    assert trouble.startswith(NO_WAY)
    assert hand.tally.collisions == 0


def test_the_cup_of_a_plate_that_is_tight_takes_what_the_one_meant_for_it_misses() -> None:
    large = pallet_cell("mixed_pallet_large")
    case = box("a", 0.0, 0.0, 0.8, (0.3, 0.25, 0.2), deck=large.deck)
    top = CaseFace(pose(on_deck(0.0, 0.2, 0.2, large.deck)), np.full(2, 0.13))
    hand = Hand(large, pallet(case, arm=large.kind))
    (option, *_) = options_of([top], large.deck, large.cups)
    assert len(option.used) == 1
    assert feel_for(hand, top, DOUBT, (), {0: case}) == ""
    assert (hand.tally.moved, hand.tally.double_picks) == (1, 0)


def test_where_the_tool_rests_on_what_is_known_it_does_not_hop(
    cell: PalletCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cup's middle is just beside a known case: what is felt for is lower than that."""
    downs = Downs(monkeypatch)
    case = box("a", 0.0, -0.1, size=(0.3, 0.2, 0.2))
    known = CaseFace(pose(on_deck(0.0, -0.1, 0.2)), np.array([0.3, 0.24]))
    hand, trouble = felt(cell, offer(0.0, 0.015), (known,), case)
    assert trouble == LEAKS
    assert len(downs.places) == 1
    assert hand.tally.moved == 0


class Downs:
    """Notes from where and to what the tool is lowered."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answer: str | None = None) -> None:
        self.places: list[list[float]] = []
        self.highest: list[float] = []

        def noted(hand: Hand, option: Option, highest: float, *rest: Any) -> str:
            self.places.append((option.X_world_tcp[:2, 3] - DECK.X_world_deck[:2, 3]).tolist())
            self.highest.append(highest - DECK.top)
            return touch_down(hand, option, highest, *rest) if answer is None else answer

        monkeypatch.setattr(pallet_feel, "touch_down", noted)


def felt(
    cell: PalletCell, top: CaseFace, others: Sequence[SeenFace], case: Case
) -> tuple[Hand, str]:
    hand = Hand(cell, pallet(case))
    return hand, feel_for(hand, top, DOUBT, others, {0: case})


def test_at_an_edge_it_hops_until_it_seals_and_then_takes(
    cell: PalletCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    downs = Downs(monkeypatch)
    # The cup's middle stands on the very edge of the case.
    hand, trouble = felt(cell, offer(0.0, 0.1), (), box("a", 0.0, 0.0))
    assert trouble == ""
    assert (hand.tally.moved, hand.tally.collisions, hand.tally.drops) == (1, 0, 0)
    assert downs.places == [
        pytest.approx(place, abs=1e-9)
        for place in ([0.0, 0.1], [0.04, 0.1], [-0.04, 0.1], [0.0, 0.14], [0.0, 0.06])
    ]


def test_where_nothing_seals_on_any_side_it_is_left(
    cell: PalletCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    downs = Downs(monkeypatch)
    hand, trouble = felt(cell, offer(0.0, 0.0), (), box("slat", 0.0, 0.0, size=(0.3, 0.05, 0.16)))
    assert trouble == LEAKS
    assert len(downs.places) == 5
    assert hand.tally.moved == 0


def test_it_is_lowered_slowly_from_above_what_its_top_may_be_and_what_stands_beside_it(
    cell: PalletCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = box("a", 0.0, 0.0)

    def wall(y: float, above: float) -> CaseFace:
        return CaseFace(pose(on_deck(0.0, y, above)), np.array([0.3, 0.2]))

    for others, highest in (
        ((), GUESS + DOUBT),
        ((wall(0.25, 0.3),), GUESS + DOUBT),
        ((wall(0.2, 0.5), wall(0.2, 0.45)), 0.53),
        ((wall(0.6, 0.5),), GUESS + DOUBT),
    ):
        downs = Downs(monkeypatch, answer="nothing felt")
        _, trouble = felt(cell, offer(0.0, 0.0), others, case)
        assert trouble == "nothing felt"
        assert downs.highest == [pytest.approx(highest)]


def test_without_a_way_nothing_is_tried_beside(
    cell: PalletCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    downs = Downs(monkeypatch)
    hand, trouble = felt(cell, offer(0.0, 0.0), (), box("elsewhere", 0.0, 0.3))
    assert trouble.startswith(NO_WAY)
    assert len(downs.places) == 1
    assert np.array_equal(hand.X, cell.start)


def test_what_is_felt_is_carried_as_if_it_were_nearly_as_wide_as_any(
    cell: PalletCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[SeenFace, bool]] = []

    def take(
        _: Hand, option: Option, faces: Sequence[SeenFace], standing: object, bold: bool = False
    ) -> str:
        asked.append((faces[option.face], bold))
        return ""

    monkeypatch.setattr(Hand, "take", take)
    other = CaseFace(pose(on_deck(0.0, 0.35, 0.1)), np.array([0.2, 0.1]))
    _, trouble = felt(cell, offer(0.05, 0.0), (other,), box("a", 0.0, 0.0))
    assert trouble == ""
    ((face, bold),) = asked
    assert bold
    assert face.extent == pytest.approx(np.full(2, 0.7 * DECK.longest))
    assert face.X_world_face[:3, 3] == pytest.approx(on_deck(0.05, 0.0, 0.16), abs=1e-4)


def test_what_the_tool_is_lowered_onto_is_not_cut_through_on_the_way(cell: PalletCell) -> None:
    """From below and beside it, the way leads over the very case that is felt for."""
    tall = box("tall", 0.0, 0.0, size=(0.3, 0.2, 0.4))
    hand = hand_over(cell, (tall,), on_deck(-0.25, 0.0, 0.1))
    face = upper_face(tall)
    (option, *_) = options_of([face], cell.deck, cell.cups)
    highest = float(face.X_world_face[2, 3]) + 0.05
    assert touch_down(hand, option, highest, (face,), {0: tall}) == ""
    assert hand.tally.collisions == 0
