"""Emptying pallets: it goes well where all is well, and stops safely where it is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from robolab.core.errors import SceneError
from robolab.core.transforms import Array, pose, pose_rpy
from robolab.jobs import pallet_episode
from robolab.jobs.pallet_attempt import DOUBTED, LEAKS
from robolab.jobs.pallet_cell import PalletCell, over, pallet_cell
from robolab.jobs.pallet_episode import BEARS, TIPPED, Episode
from robolab.jobs.pallet_evaluate import perfect
from robolab.jobs.pallet_hand import Hand
from robolab.jobs.pallet_motion import COVERED
from robolab.planning.pallet_moves import Move, Stop
from robolab.tasks.pallet_case import DECKS, Case, Pallet, PrintSpec
from robolab.tasks.pallet_faces import CaseFace, Hole, Spot, Tipped, View, upper_face
from robolab.tasks.pallet_policy import HighestFirst

_PLAIN = PrintSpec((0.7, 0.6, 0.4), False, False, False, (), 0)


@pytest.fixture(scope="module")
def cell() -> PalletCell:
    return pallet_cell("mixed_pallet")


def small(*cases: Case) -> Pallet:
    return Pallet(cases, "easy", 0, "train", False, "ur10e")


def box(name: str, x: float, y: float, z: float, mass: float, look: PrintSpec = _PLAIN) -> Case:
    deck = DECKS["ur10e"]
    at = deck.X_world_deck[:3, 3] * (1.0, 1.0, 0.0) + [x, y, deck.top + z]
    return Case(name, "box", np.array([0.3, 0.2, 0.16]), mass, pose(at), look)


STACK = (box("low", 0.0, 0.0, 0.08, 2.0), box("high", 0.02, 0.0, 0.24, 3.0))


def test_a_stack_goes_from_the_top_onto_the_belt(cell: PalletCell) -> None:
    tally = Episode(cell, small(*STACK), HighestFirst(), perfect(0)).run()
    assert tally.moved == 2
    assert not tally.causes
    assert tally.collisions == tally.drops == tally.interventions == 0
    assert tally.shortest_carry >= 1.5
    again = Episode(cell, small(*STACK), HighestFirst(), perfect(0)).run()
    assert again.seconds == tally.seconds


def test_too_heavy_a_case_is_set_down_and_a_person_asked_after_three_tries(
    cell: PalletCell,
) -> None:
    tally = Episode(
        cell, small(box("lead", 0.0, 0.0, 0.08, 20.0)), HighestFirst(), perfect(0)
    ).run()
    assert (tally.moved, tally.drops, tally.interventions) == (0, 0, 1)
    tries = {cause: n for cause, n in tally.causes.items() if not cause.startswith("asked")}
    assert sum(tries.values()) == 3, tries


def test_a_piece_of_a_case_like_one_before_is_taken_by_its_middle(
    cell: PalletCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all but the first no more is seen than a print in a corner."""
    cases = (box("seen", 0.0, -0.25, 0.09, 2.0), box("printed", 0.0, 0.2, 0.08, 2.0))
    grips: list[Array] = []
    take = Hand.take

    def noted(hand: Hand, *rest: Any, **more: Any) -> str:
        grips.append(hand.X[:2, 3])
        return take(hand, *rest, **more)

    def see(cases: Sequence[Case], look: int) -> View:
        faces = [upper_face(case) for case in cases]
        corner = pose([0.07, 0.035, 0.0])
        return View([f if look == 0 and not k else CaseFace(f.X_world_face @ corner, np.array([0.14, 0.11]), 0.9) for k, f in enumerate(faces)])  # fmt: skip

    monkeypatch.setattr(Hand, "take", noted)
    tally = Episode(cell, small(*cases), HighestFirst(), see).run()
    assert (tally.moved, tally.drops, tally.interventions) == (2, 0, 0)
    by_print, again = grips[-2:]
    assert np.linalg.norm(by_print - cases[1].X_world_case[:2, 3]) > 0.05
    assert again == pytest.approx(cases[1].X_world_case[:2, 3], abs=0.02)


def test_what_is_tipped_too_far_is_left_to_a_person_after_three_tries(cell: PalletCell) -> None:
    """The other case is taken, too: it is not felt for, nor is more dared, while the tipped one is in the way."""
    flat, leaning = box("flat", 0.0, -0.25, 0.08, 2.0), box("leaning", 0.0, 0.2, 0.11, 2.0)
    X = leaning.X_world_case @ pose_rpy((0.0, 0.0, 0.0), (np.radians(17.0), 0.0, 0.0))
    both = flat, replace(leaning, X_world_case=X)

    def see(cases: Sequence[Case], look: int) -> View:
        faces = [upper_face(case) for case in cases]
        return View([Tipped(_level(f), f.extent) if f.X_world_face[2, 2] < 0.98 else f for f in faces])  # fmt: skip

    tally = Episode(cell, small(*both), HighestFirst(), see).run()
    assert (tally.moved, tally.drops, tally.interventions) == (1, 0, 1)
    tries = {cause: n for cause, n in tally.causes.items() if not cause.startswith("no way")}
    assert tries == {LEAKS: 3, f"asked a person: {TIPPED}": 1}


def _level(face: CaseFace) -> Array:
    X = pose(face.X_world_face[:3, 3])
    X[2, 3] += float(np.abs(face.X_world_face[2, :2]) @ face.extent) / 2.0
    return X


def test_many_tries_in_vain_each_a_little_elsewhere_end_in_a_call(
    cell: PalletCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is seen elsewhere at each look is another face each time, and has three tries of its own."""
    monkeypatch.setattr(pallet_episode, "_IN_VAIN", 5)
    lead = box("lead", 0.0, 0.0, 0.08, 20.0)

    def see(cases: Sequence[Case], look: int) -> View:
        X = lead.X_world_case.copy()
        X[:3, 3] += [0.06 * (look % 3 - 1), 0.06 * (look // 3 % 3 - 1), 0.08]
        return View([CaseFace(X, np.array([0.16, 0.14]))])

    tally = Episode(cell, small(lead), HighestFirst(), see).run()
    assert (tally.moved, tally.interventions) == (0, 1)
    assert sum(n for cause, n in tally.causes.items() if not cause.startswith("asked")) == 5


@pytest.mark.parametrize("trouble", ["no_frame", "no_depth", "nothing_in_view"])
def test_a_blind_camera_stops_the_arm(cell: PalletCell, trouble: str) -> None:
    def blind(cases: Sequence[Case], look: int) -> View:
        return View((), trouble)

    tally = Episode(cell, small(*STACK), HighestFirst(), blind).run()
    assert tally.stopped == f"camera: {trouble}"
    assert (tally.moved, tally.collisions, tally.interventions) == (0, 0, 1)


def test_a_pallet_out_of_reach_stops_the_arm(cell: PalletCell) -> None:
    far = [replace(c, X_world_case=pose([0.9, 0.0, 0.0]) @ c.X_world_case) for c in STACK]

    def see(cases: Sequence[Case], look: int) -> View:
        return perfect(0)(far[: len(cases)], look)

    tally = Episode(cell, small(*STACK), HighestFirst(), see).run()
    assert tally.stopped == "pallet out of reach"
    assert tally.moved == tally.collisions == 0


def test_a_pallet_that_was_touched_is_not_out_of_reach(cell: PalletCell) -> None:
    """All that looks like a face is beyond the arm; what it can feel for is too narrow for its cup."""
    slat = replace(box("slat", 0.0, 0.0, 0.08, 1.0), size=np.array([0.3, 0.05, 0.16]))
    far = CaseFace(pose([2.5, 0.0, 0.2]), np.array([0.3, 0.2]))

    def see(cases: Sequence[Case], look: int) -> View:
        X = slat.X_world_case
        places = [(x, y) for x in (-0.1, -0.05, 0.0, 0.05, 0.1) for y in (-0.05, 0.0, 0.05)]
        holes = [Hole(pose([X[0, 3] + x, X[1, 3] + y, X[2, 3] + 0.1]), np.full(2, 0.05)) for x, y in places]  # fmt: skip
        return View([far, *holes])

    tally = Episode(cell, small(slat), HighestFirst(), see).run()
    assert tally.stopped == ""
    assert (tally.moved, tally.interventions) == (0, 1)


def test_a_pallet_whose_faces_have_no_room_above_them_is_not_out_of_reach(
    cell: PalletCell,
) -> None:
    """Between tall guesses there is no room for what holds the tool, and a face that is not sure is felt for."""
    low = box("low", 0.0, 0.0, 0.1, 1.0)
    X, extent = upper_face(low).X_world_face, upper_face(low).extent
    beside = ((0.0, 0.17), (0.0, -0.17), (0.22, 0.0), (-0.22, 0.0))
    walls = [CaseFace(pose(X[:3, 3] + [x, y, 0.4]), np.full(2, 0.12), 0.0) for x, y in beside]

    def see(cases: Sequence[Case], look: int) -> View:
        return View([CaseFace(X, extent, 0.5), *walls] if cases else [])

    tally = Episode(cell, small(low), HighestFirst(), see).run()
    assert any(cause.endswith(f"felt for: {COVERED}") for cause in tally.causes)
    assert (tally.stopped, tally.interventions) == ("", 1)


def test_a_blocked_belt_is_waited_for_and_then_a_person_called(cell: PalletCell) -> None:
    stack = small(*STACK)
    late = Episode(
        cell, stack, HighestFirst(), perfect(0), belt_free=lambda time: time > 20.0
    ).run()
    assert late.moved == 2
    assert late.seconds > 20.0
    never = Episode(cell, stack, HighestFirst(), perfect(0), belt_free=lambda time: False).run()
    assert (never.stopped, never.moved) == ("conveyor blocked", 0)


def test_other_scenes_have_no_pallets() -> None:
    with pytest.raises(SceneError, match="mixed_pallet"):
        pallet_cell("panda_table")


def test_what_no_camera_knows_is_felt_for(cell: PalletCell) -> None:
    case = box("dark", 0.05, 0.1, 0.08, 2.0)
    X = case.X_world_case

    def see(cases: Sequence[Case], look: int) -> View:
        places = [(x, y) for x in (-0.1, -0.05, 0.0, 0.05, 0.1) for y in (-0.05, 0.0, 0.05)]
        top = float(X[2, 3]) + 0.05
        holes = [Hole(pose([X[0, 3] + x, X[1, 3] + y, top]), np.full(2, 0.05)) for x, y in places]
        return View(holes, "nothing_in_view")

    tally = Episode(cell, small(case), HighestFirst(), see).run()
    assert (tally.moved, tally.interventions, tally.collisions, tally.drops) == (1, 0, 0, 0)


def test_one_of_two_cases_seen_as_one_is_taken_alone(cell: PalletCell) -> None:
    pair = (box("left", -0.15, 0.0, 0.08, 2.0), box("right", 0.151, 0.0, 0.08, 2.0))

    def see(cases: Sequence[Case], look: int) -> View:
        if len(cases) < 2:
            return perfect(0)(cases, look)
        middle = cases[0].X_world_case[:3, 3] + [0.15, 0.0, 0.08]
        return View([CaseFace(pose(middle), np.array([0.6, 0.2]))])

    tally = Episode(cell, small(*pair), HighestFirst(), see).run()
    assert (tally.moved, tally.double_picks, tally.interventions) == (2, 0, 0)
    assert set(tally.causes) <= {"no seal"}


def test_on_a_seam_along_a_face_the_cup_goes_beside_it(cell: PalletCell) -> None:
    """Middle and one end lie on the seam; across it, a cup seals, and what hangs there is one of two."""
    size = np.array([0.3, 0.13, 0.16])
    at = (box("left", 0.0, -0.066, 0.08, 1.5), box("right", 0.0, 0.066, 0.08, 1.5))
    pair = tuple(replace(case, size=size) for case in at)

    def see(cases: Sequence[Case], look: int) -> View:
        if len(cases) < 2:
            return perfect(0)(cases, look)
        middle = np.mean([case.X_world_case[:3, 3] for case in cases], axis=0)
        middle[2] += 0.08
        return View([CaseFace(pose(middle), np.array([0.3, 0.262]))])

    tally = Episode(cell, small(*pair), HighestFirst(), see).run()
    assert (tally.moved, tally.double_picks, tally.interventions) == (2, 0, 0)
    assert tally.causes == {"no seal": 2}


def test_drifting_off_the_straight_early_saves_time_and_ends_as_straight(cell: PalletCell) -> None:
    goal = over(cell.deck.X_world_deck, 0.5)
    checker = cell.arm.checker([], cell.arm.base, 0.0)
    moves = {
        exact: cell.arm.plan(
            Stop(cell.start, 0.03, exact=exact),
            Stop(goal, 0.03, exact=exact),
            cell.home,
            float(cell.start[2, 3]) + 0.05,
            cell.arm.base,
            checker,
        )
        for exact in (True, False)
    }
    quick, straight = moves[False], moves[True]
    assert isinstance(quick, Move)
    assert isinstance(straight, Move)
    assert quick.duration < 0.95 * straight.duration
    way = cell.arm.way(
        Stop(cell.start, 0.03), Stop(goal, 0.03, exact=False), cell.home, 1.0, count=2000
    )
    low = way[-100:][way[-100:, 2, 3] < goal[2, 3] + 0.01]
    assert np.abs(low[:, :2, 3] - goal[:2, 3]).max() < 0.003


def test_a_case_that_no_camera_knows_is_taken_from_the_face_it_stands_on_first(
    cell: PalletCell,
) -> None:
    low = box("low", 0.0, 0.0, 0.08, 3.0)
    shiny = replace(box("shiny", 0.05, 0.0, 0.16 + 0.06, 1.0), size=np.array([0.15, 0.15, 0.12]))
    order: list[str] = []

    def see(cases: Sequence[Case], look: int) -> View:
        order.append("+".join(case.name for case in cases))
        X = low.X_world_case.copy()
        X[2, 3] += 0.08
        spots = [pose(X[:3, 3] + np.array([x, y, 0.0])) for x in (0.0, 0.05, 0.1) for y in (-0.05, 0.0, 0.05)]  # fmt: skip
        on_it = [Spot(spot, np.full(2, 0.05)) for spot in spots] if len(cases) == 2 else []
        return View([CaseFace(X, np.array([0.3, 0.2]), 0.9), *on_it])

    tally = Episode(cell, small(low, shiny), HighestFirst(), see).run()
    assert (tally.moved, tally.drops, tally.collisions, tally.interventions) == (2, 0, 0, 0)
    assert "low" in order


def test_a_wrist_that_the_motors_do_not_confirm_stops_the_arm_empty(cell: PalletCell) -> None:
    """A damaged sensor makes half of each weight; nothing is carried by it."""
    stack = small(*(box(f"c{k}", x, 0.0, 0.08, 4.0) for k, x in enumerate((-0.2, 0.2))))
    episode = Episode(cell, stack, HighestFirst(), perfect(0))
    episode.hand.gain = 0.5
    tally = episode.run()
    assert tally.stopped == DOUBTED
    assert (tally.moved, tally.drops, tally.interventions) == (0, 0, 1)
    assert tally.causes[DOUBTED] == 3
    whole = Episode(cell, stack, HighestFirst(), perfect(0)).run()
    assert (whole.moved, whole.causes[DOUBTED]) == (2, 0)


def test_what_is_found_lower_than_it_looked_is_left_until_its_higher_neighbour_is_gone(
    cell: PalletCell,
) -> None:
    """A dark top that mirrors looks higher than the case beside it, which may stand on its edge."""
    dark, high = box("dark", 0.0, 0.0, 0.08, 1.0), box("high", 0.0, 0.205, 0.16, 1.0)
    high = replace(high, size=np.array([0.3, 0.2, 0.32]))
    order: list[str] = []

    def see(cases: Sequence[Case], look: int) -> View:
        order.append("+".join(case.name for case in cases))
        faces = {case.name: upper_face(case) for case in cases}
        if "dark" in faces:
            looks = faces["dark"].X_world_face.copy()
            looks[2, 3] += 0.2 if "high" in faces else 0.0
            faces["dark"] = CaseFace(looks, np.array([0.3, 0.2]), 0.6)
        return View(list(faces.values()))

    tally = Episode(cell, small(dark, high), HighestFirst(), see).run()
    assert (tally.moved, tally.drops, tally.collisions) == (2, 0, 0)
    assert tally.causes == {BEARS: 1}
    assert order == ["dark+high", "dark+high", "dark"]
