"""What a lift test tells: how many cases hang, and whether another hangs with them; and what is set down stands as before."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.transforms import Array, pose
from robolab.jobs.pallet_attempt import SEVERAL
from robolab.jobs.pallet_cell import PalletCell, pallet_cell
from robolab.jobs.pallet_hand import Hand
from robolab.sim.pile import Pile
from robolab.tasks.pallet_case import Case
from robolab.tasks.pallet_choice import options_of
from robolab.tasks.pallet_faces import CaseFace
from robolab.tasks.pallet_grip import SEALING
from tests.pallets import box, hand_over

HALF = (0.28, 0.32, 0.2)
"""Two of them side by side are as long as four columns of cups, and no cup lies on the seam."""


@pytest.fixture(scope="module")
def large() -> PalletCell:
    return pallet_cell("mixed_pallet_large")


@pytest.fixture(scope="module")
def small() -> PalletCell:
    return pallet_cell("mixed_pallet")


def whole(
    cases: tuple[Case, ...], extent: tuple[float, float], at: Array | None = None
) -> CaseFace:
    """What looks like one face above cases of one height."""
    middle = np.mean([case.X_world_case[:3, 3] for case in cases], axis=0) if at is None else at
    X = pose(middle)
    X[2, 3] += cases[0].size[2] / 2.0
    return CaseFace(X, np.array(extent))


def take(
    cell: PalletCell, cases: tuple[Case, ...], face: CaseFace, bold: bool = False
) -> tuple[Hand, str]:
    """Take what looks like one face by its middle."""
    option = options_of([face], cell.deck, cell.cups)[0]
    at = option.X_world_tcp[:3, 3]
    hand = hand_over(cell, cases, at)
    return hand, hand.take(option, [face], dict(enumerate(cases)), bold)


def cell_box(cell: PalletCell, name: str, x: float, y: float, size: tuple[float, float, float], mass: float = 4.0) -> Case:  # fmt: skip
    return box(name, x, y, mass, size, deck=cell.deck)


def test_of_two_flush_cases_with_a_seam_between_the_cups_one_is_taken(large: PalletCell) -> None:
    pair = tuple(cell_box(large, name, x, 0.0, HALF) for name, x in (("a", -0.1401), ("b", 0.1401)))
    hand, trouble = take(large, pair, whole(pair, (0.56, 0.32)))
    assert trouble == ""
    assert (hand.tally.moved, hand.tally.double_picks, hand.tally.drops) == (1, 0, 0)
    # From now on such a face is two, each known to be one case.
    parts = hand.articles.parted([whole(pair, (0.56, 0.32))])
    assert len(parts) == 2
    assert all(hand.articles.single(part) for part in parts)


def test_of_two_flush_cases_with_a_seam_under_the_cups_one_is_taken(large: PalletCell) -> None:
    size = (0.38, 0.179, 0.16)
    pair = tuple(cell_box(large, name, 0.0, y, size) for name, y in (("a", -0.09), ("b", 0.09)))
    hand, trouble = take(large, pair, whole(pair, (0.38, 0.36)))
    assert trouble == ""
    assert (hand.tally.moved, hand.tally.double_picks, hand.tally.drops) == (1, 0, 0)


def test_one_large_case_is_carried_by_all_cups_and_known_from_then_on(large: PalletCell) -> None:
    case = cell_box(large, "a", 0.0, 0.0, (0.56, 0.32, 0.2))
    face = whole((case,), (0.56, 0.32))
    option = options_of([face], large.deck, large.cups)[0]
    hand = hand_over(large, (case,), option.X_world_tcp[:3, 3])
    assert hand.take(option, [face], {0: case}) == ""
    assert hand.articles.single(face)
    again = hand_over(large, (case,), option.X_world_tcp[:3, 3])
    again.articles = hand.articles
    assert again.take(option, [face], {0: case}) == ""
    # Only the first time it is sealed twice.
    assert hand.tally.seconds - again.tally.seconds == pytest.approx(SEALING, abs=0.1)


def test_what_another_hangs_on_is_set_down_even_where_all_else_failed(small: PalletCell) -> None:
    """Its face is all that shows of a long case; what stands on the rest of it comes along."""
    low = box("low", 0.0, 0.0, 0.8, (0.38, 0.2, 0.16))
    high = box("high", -0.12, 0.0, 6.0, (0.14, 0.14, 0.16), above=0.16)
    face = whole((low,), (0.12, 0.2), low.X_world_case[:3, 3] + [0.13, 0.0, 0.0])
    for bold in (False, True):
        hand, trouble = take(small, (low, high), face, bold)
        assert trouble == "another hangs on it"
        assert (hand.tally.moved, hand.tally.drops) == (0, 0)


def test_a_weight_outside_a_face_is_no_part_of_it(small: PalletCell) -> None:
    case = box("a", 0.0, 0.0, 0.8, (0.3, 0.2, 0.16))
    face = whole((case,), (0.12, 0.2), case.X_world_case[:3, 3] + [0.09, 0.0, 0.0])
    hand, trouble = take(small, (case,), face)
    assert trouble == "hangs beside its middle"
    assert hand.tally.moved == 0
    assert take(small, (case,), face, bold=True)[0].tally.moved == 1


def test_what_is_set_down_is_lowered_before_it_is_let_go_of(
    small: PalletCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go: list[float] = []
    release = Pile.release

    def noted(self: Pile) -> None:
        let_go.append(float(self.poses()[0, 2, 3]))
        release(self)

    monkeypatch.setattr(Pile, "release", noted)
    lead = box("lead", 0.0, 0.0, 14.0)
    hand, trouble = take(small, (lead,), whole((lead,), (0.3, 0.2)))
    assert trouble == "too heavy for the arm"
    assert let_go == pytest.approx([lead.X_world_case[2, 3]], abs=5e-3)
    assert hand.tally.drops == 0


def test_what_a_dimensioner_measures_is_believed_of_what_was_seen_too_small(
    small: PalletCell,
) -> None:
    case = box("a", 0.0, 0.0, 2.0)
    hand, trouble = take(small, (case,), whole((case,), (0.22, 0.16)))
    assert trouble == ""
    assert hand.taken is not None
    assert hand.taken[0].extent == pytest.approx([0.3, 0.2], abs=0.02)
    assert hand.taken[1] == pytest.approx(small.deck.top, abs=0.01)


def test_cups_over_what_is_lower_are_switched_off_and_the_others_lift(large: PalletCell) -> None:
    """A dark row of which the middle one stands higher looks like one face; only on that one cups are tight."""
    low, high = (0.3, 0.4, 0.13), (0.3, 0.4, 0.26)
    row = [(-0.31, low), (0.0, high), (0.31, low)]
    cases = tuple(cell_box(large, f"c{k}", x, 0.0, size, 3.0) for k, (x, size) in enumerate(row))
    face = whole(cases, (0.92, 0.4))
    option = options_of([face], large.deck, large.cups)[0]
    at = option.X_world_tcp[:3, 3].copy()
    at[2] = large.deck.top + 0.26
    hand = hand_over(large, cases, at)
    assert hand.take(option, [face], dict(enumerate(cases))) == ""
    assert (hand.tally.moved, hand.tally.double_picks, hand.tally.drops) == (1, 0, 0)
    assert hand.world.gone == {1}


def test_what_is_as_tall_as_one_before_is_carried_lower_and_sooner(large: PalletCell) -> None:
    """Over its neighbour a case whose height nobody knows is lifted as if it were as tall as any."""
    rows = (
        ("a", 0.2, 0.15, 0.3),
        ("b", -0.2, 0.15, 0.3),
        ("c", 0.2, 0.3, 0.0),
        ("d", -0.2, 0.3, 0.0),
    )
    cases = tuple(box(n, 0.0, y, 4.0, (0.4, 0.3, tall), above, large.deck) for n, y, tall, above in rows)  # fmt: skip
    pair = cases[:2]
    seconds: list[float] = []
    for known in (False, True):
        faces = [whole((case,), (0.4, 0.3)) for case in pair]
        option = options_of(faces, large.deck, large.cups)[0]
        hand = hand_over(large, cases, option.X_world_tcp[:3, 3])
        if known:
            hand.articles.measured(np.array([0.4, 0.3]), np.array([0.4, 0.3]), 4.0, 0.15)
        assert hand.take(option, faces, dict(enumerate(cases))) == ""
        assert (hand.tally.moved, hand.tally.collisions, hand.tally.drops) == (1, 0, 0)
        seconds.append(hand.tally.seconds)
    assert seconds[1] < seconds[0] - 0.05


def test_two_that_came_to_the_belt_at_once_are_noticed_there(large: PalletCell) -> None:
    """Where all else has failed whatever hangs is taken; from then on such a face is two."""
    pair = tuple(cell_box(large, name, x, 0.0, HALF) for name, x in (("a", -0.1401), ("b", 0.1401)))
    face = whole(pair, (0.56, 0.32))
    hand, trouble = take(large, pair, face, bold=True)
    assert trouble == ""
    assert (hand.tally.moved, hand.tally.double_picks) == (2, 1)
    assert hand.tally.causes == {SEVERAL: 1}
    assert len(hand.articles.parted([face])) == 2
