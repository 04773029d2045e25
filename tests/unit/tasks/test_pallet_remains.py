"""What no face is known of is gathered, and felt for in likely places."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.transforms import Array, pose
from robolab.tasks.pallet_case import DECKS, Case, PrintSpec
from robolab.tasks.pallet_faces import CaseFace, Hole
from robolab.tasks.pallet_holes import holes_of
from robolab.tasks.pallet_remains import remains_of
from robolab.tasks.pallet_view import Photo, overhead, photograph

_PLAIN = PrintSpec((0.7, 0.6, 0.4), False, False, False, (), 0)
DECK = DECKS["ur10e"]


def patches(x: float, z: float, kind: type[CaseFace]) -> list[CaseFace]:
    side = np.full(2, 0.05)
    places = [pose([x + i * 0.05, j * 0.05, z]) for i in range(4) for j in range(3)]
    return [Hole(X, side) if kind is Hole else CaseFace(X, side, 0.0) for X in places]


def test_patches_make_groups_and_the_highest_comes_first() -> None:
    known = CaseFace(pose([0.7, 0.3, 0.4]), np.array([0.3, 0.2]))
    found = remains_of([known, *patches(0.5, 0.4, CaseFace), *patches(1.0, 0.6, Hole)])
    assert [one.top for one in found] == pytest.approx([0.6, 0.4])
    assert [one.bare for one in found] == [True, False]
    assert found[1].places[0] == pytest.approx([0.575, 0.05, 0.4])
    assert found[1].extent == pytest.approx([0.2, 0.15])
    assert not remains_of([known])


def without_depth(at: Array, size: Array) -> Photo:
    case = Case("dark", "box", size, 2.0, pose(at), _PLAIN)
    rng = np.random.default_rng(0)
    photo = photograph((case,), DECK, overhead(DECK), None, rng)
    photo.depth[photo.seen >= 0] = 0.0
    return photo


def test_a_case_without_depth_leaves_a_hole_where_it_stands() -> None:
    at, size = np.array([0.7, 0.1, DECK.top + 0.08]), np.array([0.3, 0.2, 0.16])
    photo = without_depth(at, size)
    holes = holes_of([photo], [], DECK)
    middle = np.mean([hole.X_world_face[:2, 3] for hole in holes], axis=0)
    assert middle == pytest.approx(at[:2], abs=0.03)
    assert all(hole.confidence == 0.0 for hole in holes)
    known = CaseFace(pose(at + np.array([0.0, 0.0, 0.08])), np.array([0.36, 0.26]))
    assert len(holes_of([photo], [known], DECK)) < len(holes) / 2
    whole = photograph((), DECK, overhead(DECK), None, np.random.default_rng(0))
    assert not holes_of([whole], [], DECK)
