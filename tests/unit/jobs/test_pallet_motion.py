"""A way to a case leads over it: what the tool is to stand on may not be cut through from below."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.transforms import Array, inverse, pose
from robolab.jobs.pallet_cell import (
    PalletCell,
    hidden_boxes,
    over,
    pallet_cell,
    seen_boxes,
    true_boxes,
)
from robolab.jobs.pallet_hand import Hand
from robolab.jobs.pallet_motion import (
    Carried,
    _clear,  # pyright: ignore[reportPrivateUsage]
    _ways,  # pyright: ignore[reportPrivateUsage]
    approach,
    beneath,
    carry,
    first_touch,
    place,
)
from robolab.planning.pallet_moves import Move, Stop
from robolab.tasks.pallet_faces import CaseFace, Crushed, upper_face
from tests.pallets import DECK, box, hand_over, on_deck

TALL = box("tall", 0.0, 0.0, size=(0.3, 0.2, 0.4))


@pytest.fixture(scope="module")
def cell() -> PalletCell:
    return pallet_cell("mixed_pallet")


def test_what_is_beneath_ends_at_face_or_tool() -> None:
    face = CaseFace(pose([0.7, 0.1, 0.5]), np.array([0.3, 0.2]))
    for tool, top in ((0.5, 0.5), (0.6, 0.5), (0.44, 0.44)):
        below = beneath(face, tool)
        assert below.X_world_face[:3, 3] == pytest.approx([0.7, 0.1, top])
        assert np.array_equal(below.extent, face.extent)
        assert below.confidence == 0.0
    assert face.X_world_face[2, 3] == 0.5


def test_a_tool_that_starts_low_goes_round_the_case_that_it_is_to_stand_on(
    cell: PalletCell,
) -> None:
    hand = hand_over(cell, (TALL,), on_deck(-0.25, 0.0, 0.1))
    face = upper_face(TALL)
    goal = over(face.X_world_face, 0.0)
    lift = cell.lift_for(float(goal[2, 3]))
    truth = cell.arm.checker(true_boxes([TALL]), lift, 0.0)
    through = approach(cell, hand.q, hand.X, goal, (), lift)
    around = approach(cell, hand.q, hand.X, goal, (beneath(face, float(goal[2, 3])),), lift)
    assert isinstance(through, Move)
    assert isinstance(around, Move)
    assert first_touch(truth, through) is not None
    assert first_touch(truth, around) is None
    end = cell.arm.tool(around, np.array([around.duration]))[0]
    assert end[:3, 3] == pytest.approx(goal[:3, 3], abs=1e-4)


def test_what_may_hide_under_an_edge_is_lower_and_wider_than_what_is_seen() -> None:
    face = CaseFace(pose(on_deck(0.0, 0.0, 0.4)), np.array([0.3, 0.2]))
    ((seen, X_seen, half_seen),) = seen_boxes([face], DECK)
    ((hidden, X_hidden, half_hidden),) = hidden_boxes([face], DECK)
    assert seen != hidden
    assert np.array_equal(X_seen[:2, 3], X_hidden[:2, 3])
    assert (half_hidden[:2] > half_seen[:2] + 0.03).all()
    assert X_hidden[2, 3] + half_hidden[2] < X_seen[2, 3] + half_seen[2] - 0.03
    doubtful = CaseFace(pose(on_deck(0.0, 0.0, 0.4)), np.array([0.3, 0.2]), 0.5)
    ((_, X_beside, half_beside),) = hidden_boxes([doubtful], DECK)
    # What the camera is not sure of may be higher than it looks.
    assert X_beside[2, 3] + half_beside[2] == pytest.approx(X_seen[2, 3] + half_seen[2] + 0.07)
    low = CaseFace(pose(on_deck(0.0, 0.0, 0.05)), np.array([0.3, 0.2]))
    assert not hidden_boxes([low], DECK)


def test_a_shy_tool_keeps_out_of_a_gap_that_a_bold_one_goes_into(cell: PalletCell) -> None:
    wide = float(cell.cups.half[0])
    walls = [
        CaseFace(pose(on_deck(0.0, side * (0.1 + wide + 0.03), 0.4)), np.array([0.3, 0.2]))
        for side in (-1.0, 1.0)
    ]
    goal = over(pose(on_deck(0.0, 0.0, 0.25)), 0.0)
    lift = cell.lift_for(float(goal[2, 3]))
    bold, shy = (
        approach(cell, cell.home, cell.start, goal, walls, lift, shy=shy) for shy in (False, True)
    )
    assert isinstance(bold, Move)
    assert not isinstance(shy, Move)
    assert shy.bodies
    assert set(shy.bodies) <= {"beside-0", "beside-1"}


def test_out_of_a_deep_gap_a_case_is_lifted_straight_until_it_is_above_all() -> None:
    large = pallet_cell("mixed_pallet_large")
    deck, size = large.deck, (0.3, 0.2, 0.2)
    ends = enumerate((-0.23, 0.23))
    walls = [box(str(k), 0.0, y, size=(0.3, 0.2, 0.62), deck=deck) for k, y in ends]
    face = upper_face(box("deep", 0.0, 0.0, size=size, deck=deck))
    hand = hand_over(large, (), on_deck(0.0, 0.0, 0.7, deck))
    start = over(face.X_world_face, 0.0)
    # The plate is wider than the gap: the way is what is asked about here, not the arm.
    load = Carried(2.0, face.extent, 0.2, inverse(start) @ face.X_world_face)
    seen = [upper_face(case) for case in walls]
    kept = [
        way
        for way in _ways(start, place(large, load, 0.0), 0.2, deck.top + 0.62)
        if _clear(_path(large, hand, start, way, load), load, seen, 0.2)
    ]
    assert kept
    for way in kept:
        path = _path(large, hand, start, way, load)[:, :3, 3]
        beside = np.linalg.norm(path[:, :2] - path[0, :2], axis=1) > 0.03
        assert path[beside][0, 2] > deck.top + 0.62 + 0.2


def _path(
    cell: PalletCell, hand: Hand, X: Array, way: tuple[float, float, bool, bool], load: Carried
) -> Array:
    straight, height, square, exact = way
    a, b = Stop(X, straight, square, exact), Stop(place(cell, load, 0.0), 0.03, exact=exact)
    return cell.arm.way(a, b, hand.q, height, 32)


def test_upright_a_case_leaves_straight_up_until_nothing_can_stand_beside_it(
    cell: PalletCell,
) -> None:
    hand = hand_over(cell, (TALL,), on_deck(0.0, 0.0, 0.4))
    face = upper_face(TALL)
    load = Carried(2.0, face.extent, 0.2, inverse(hand.X) @ face.X_world_face, 0.2)
    risen: dict[bool, float] = {}
    for upright in (False, True):
        move = carry(cell, hand.q, hand.X, (), hand.lift, load, 5.0, upright)
        assert isinstance(move, Move)
        path = cell.arm.tool(move, np.arange(0.0, move.duration, 0.01))[:, :3, 3]
        beside = np.linalg.norm(path[:, :2] - path[0, :2], axis=1) > 0.02
        risen[upright] = float(path[beside][0, 2] - path[0, 2])
    assert risen[False] < 0.15
    assert risen[True] > 0.19


def test_a_case_that_may_be_wider_than_it_looks_keeps_farther_from_its_neighbours(
    cell: PalletCell,
) -> None:
    start = over(pose(on_deck(0.0, 0.0, 0.3)), 0.0)
    beside = np.tile(start, (3, 1, 1))
    beside[1:, 1, 3] += 0.01
    wall = CaseFace(pose(on_deck(0.0, 0.19, 0.3)), np.array([0.3, 0.2]))
    for sure, extent, clear in ((True, 0.08, True), (False, 0.08, False), (True, 0.16, False)):
        load = Carried(2.0, np.array([0.3, extent]), 0.2, np.eye(4), sure=sure)
        assert _clear(beside, load, [wall], 0.2) == clear


@pytest.mark.parametrize(
    ("confidence", "deeper", "clear"), [(0.5, 0.2, False), (0.5, 0.45, True), (0.75, 0.2, True)]
)
def test_beside_what_may_be_mirrored_deeper_a_case_leaves_as_if_that_were_as_high_as_itself(
    confidence: float, deeper: float, clear: bool
) -> None:
    start = over(pose(on_deck(0.0, 0.0, 0.5)), 0.0)
    beside = np.tile(start, (3, 1, 1))
    beside[1:, 1, 3] += 0.02
    load = Carried(2.0, np.array([0.3, 0.2]), 0.2, np.eye(4))
    wall = CaseFace(pose(on_deck(0.0, 0.21, 0.5 - deeper)), load.extent, confidence)
    dented = Crushed(wall.X_world_face, wall.extent, confidence)
    assert _clear(beside, load, [wall], 0.2) == clear
    assert _clear(beside, load, [dented], 0.2)
    # Above where it would be flush, nothing is in the way.
    beside[1:, 2, 3] += 0.22
    assert _clear(beside, load, [wall], 0.2)
