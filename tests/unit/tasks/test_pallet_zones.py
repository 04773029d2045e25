"""Cups that are switched on together lie on one case, as far as seams and halves of a face tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from robolab.core.transforms import pose, pose_rpy
from robolab.robots import load_robot
from robolab.scene.load import load_scene
from robolab.tasks.pallet_case import DECKS, Case
from robolab.tasks.pallet_faces import CaseFace
from robolab.tasks.pallet_grip import Cups, contact, cups_of
from robolab.tasks.pallet_zones import covered, groups, inside, share
from tests.pallets import PLAIN

DECK = DECKS["palletiser"]
AT = np.array([1.9, 0.0, 0.6])
BESIDE = np.array([0.14, 0.0, 0.0])
DOWN = pose_rpy(AT, (np.pi, 0.0, 0.0))
ALL = tuple(range(12))
"""Rows of three along y, four of them along x."""


@pytest.fixture(scope="module")
def plate() -> Cups:
    spec = load_scene("mixed_pallet_large")
    gripper = load_robot(spec.robot, spec.folder).gripper
    assert gripper is not None
    return cups_of(gripper, "palletiser")


def face(length: float, width: float) -> CaseFace:
    return CaseFace(pose(AT), np.array([length, width]))


def test_an_open_line_of_cups_parts_those_that_are_tight(plate: Cups) -> None:
    assert groups(plate, ALL) == [ALL]
    assert groups(plate, (0, 1, 2, 9, 10, 11, 6, 7, 8)) == [(6, 7, 8, 9, 10, 11), (0, 1, 2)]
    assert groups(plate, (0, 3, 6, 9, 2, 5, 8, 11)) == [(0, 3, 6, 9), (2, 5, 8, 11)]
    # Cups that only touch at a corner lie on different cases, and one open cup parts nothing.
    assert groups(plate, (0, 4)) == [(0,), (4,)]
    assert groups(plate, tuple(k for k in ALL if k != 4)) == [tuple(k for k in ALL if k != 4)]
    assert groups(plate, ()) == []


def test_a_face_with_room_for_a_seam_between_cups_is_begun_by_half_of_them(plate: Cups) -> None:
    some = share(face(0.56, 0.32), DOWN, plate, ALL, DECK)
    assert len(some) == 6
    along = plate.places[list(some), 0]
    assert (along > 0.0).all() or (along < 0.0).all()


def test_a_face_that_may_be_two_either_way_is_begun_by_a_quarter(plate: Cups) -> None:
    """Two rows of four fit it, so that a seam along it would lie between the rows."""
    rows = tuple(k for k in ALL if k % 3 < 2)
    X = DOWN.copy()
    X[:3, 3] -= X[:3, :3] @ np.append(plate.places[list(rows)].mean(axis=0), 0.0)
    some = share(face(0.5, 0.306), X, plate, rows, DECK)
    assert len(some) == 2
    assert np.ptp(plate.places[list(some), 1]) == 0.0


@pytest.mark.parametrize(
    ("length", "width", "used"),
    [
        (0.28, 0.25, (3, 4, 6, 7)),  # too short for two of the narrowest cases
        (0.38, 0.36, (0, 1, 2, 3, 4, 5, 6, 7, 8)),  # a seam would lie under the middle cups
        (0.56, 0.32, (4,)),
    ],
)
def test_no_half_where_it_says_nothing(
    plate: Cups, length: float, width: float, used: tuple[int, ...]
) -> None:
    X = DOWN.copy()
    X[:3, 3] -= X[:3, :3] @ np.append(plate.places[list(used)].mean(axis=0), 0.0)
    assert share(face(length, width), X, plate, used, DECK) == ()


def test_cups_inside_a_part_have_their_whole_rims_there(plate: Cups) -> None:
    part = CaseFace(pose(AT + BESIDE), np.array([0.28, 0.32]))
    some = inside(part, DOWN, plate, ALL)
    assert sorted(some) == sorted(share(face(0.56, 0.32), DOWN, plate, ALL, DECK))
    assert inside(CaseFace(pose(AT), np.array([0.1, 0.32])), DOWN, plate, ALL) == ()


def test_a_face_longer_or_wider_than_any_case_is_more_than_one() -> None:
    sides = [(0.7, 0.2), (0.61, 0.41), (0.5, 0.48)]
    told = [DECK.too_large(np.array(side)).tolist() for side in sides]
    assert told == [[True, False], [False, False], [False, True]]


@pytest.mark.parametrize(
    ("length", "width", "axis", "count"), [(0.9, 0.4, 0, 3), (0.5, 0.48, 1, 4)]
)
def test_what_is_several_for_sure_is_begun_by_the_outermost_line(
    plate: Cups, length: float, width: float, axis: int, count: int
) -> None:
    some = share(face(length, width), DOWN, plate, ALL, DECK)
    assert len(some) == count
    assert np.ptp(plate.places[list(some), axis]) == 0.0


def test_a_cup_is_covered_by_the_face_under_its_middle(plate: Cups) -> None:
    small = CaseFace(pose(AT + np.array([0.2, 0.12, -0.3])), np.array([0.1, 0.1]))
    over = [k for k in ALL if covered([small], DOWN, plate, k)]
    assert len(over) == 1
    assert plate.places[over[0]] @ DOWN[:2, :2].T == pytest.approx([0.2, 0.12])
    assert not covered([], DOWN, plate, over[0])


def test_a_tool_meets_a_corner_that_reaches_under_it_between_the_points_of_its_grid(
    plate: Cups,
) -> None:
    """A case turned by 45 degrees has a corner 3 mm under the long edge of the plate."""
    size, depth = np.array([0.3, 0.3, 0.2]), 0.003
    beside = float(plate.half[1]) + size[0] / np.sqrt(2.0) - depth
    for x in (0.0, 0.03):
        X = pose_rpy(AT + np.array([x, beside, -0.4]), (0.0, 0.0, np.pi / 4.0))
        case = Case("a", "box", size, 1.0, X, PLAIN)
        assert contact([case], DOWN, plate, 0.0) == pytest.approx(AT[2] - 0.3, abs=1e-6)
        apart = replace(case, X_world_case=pose([0.0, 2.0 * depth, 0.0]) @ X)
        assert contact([apart], DOWN, plate, 0.0) == -np.inf
