"""What no face explains is kept away from: cases nobody recognised, and ledges under the edges of smaller ones."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.transforms import Array, pose
from robolab.jobs.pallet_cell import pallet_cell
from robolab.sensors.depth_faults import DepthFaults
from robolab.tasks.pallet_case import Case
from robolab.tasks.pallet_choice import options_of
from robolab.tasks.pallet_faces import CaseFace, Ledge, upper_face
from robolab.tasks.pallet_remains import remains_of
from robolab.tasks.pallet_rest import rest_of
from robolab.tasks.pallet_view import Photo, overhead, photograph
from tests.pallets import DECK, PLAIN, box, on_deck

WIDE = box("wide", 0.0, 0.0, size=(0.36, 0.36, 0.16))


def photo_of(*cases: Case, faults: DepthFaults | None = None) -> Photo:
    return photograph(cases, DECK, overhead(DECK), faults, np.random.default_rng(0))


def on_top(length: float, width: float) -> Case:
    """A case that stands in the middle of the wide one."""
    size = np.array([length, width, 0.12])
    return Case("top", "box", size, 1.0, pose(on_deck(0.0, 0.0, 0.16 + 0.06)), PLAIN)


def reach(patches: list[Ledge]) -> Array:
    """How far patches reach to all four sides of the deck's middle, shape (4,) [m]."""
    low = np.min([p.X_world_face[:2, 3] - p.extent / 2.0 for p in patches], axis=0)
    high = np.max([p.X_world_face[:2, 3] + p.extent / 2.0 for p in patches], axis=0)
    middle = DECK.X_world_deck[:2, 3]
    return np.r_[middle - low, high - middle]


def test_a_known_face_explains_its_case_and_the_deck_nothing() -> None:
    assert rest_of(photo_of(WIDE), [upper_face(WIDE)], DECK) == ()
    assert rest_of(photo_of(), [], DECK) == ()


def test_an_unknown_case_is_covered_by_patches_as_high_as_it_is() -> None:
    patches = rest_of(photo_of(WIDE), [], DECK)
    tops = [patch.X_world_face[2, 3] for patch in patches if not isinstance(patch, Ledge)]
    assert len(tops) * 0.05**2 == pytest.approx(0.36**2, rel=0.35)
    assert tops == pytest.approx([DECK.top + 0.16] * len(tops), abs=0.01)
    assert all(patch.confidence == 0.0 for patch in patches)


@pytest.mark.parametrize("faults", [None, DepthFaults()])
def test_a_ledge_under_an_edge_is_seen_on_all_four_sides(faults: DepthFaults | None) -> None:
    small = on_top(0.31, 0.3)
    patches = rest_of(photo_of(WIDE, small, faults=faults), [upper_face(small)], DECK)
    ledges = [patch for patch in patches if isinstance(patch, Ledge)]
    assert reach(ledges) == pytest.approx(np.full(4, 0.18), abs=0.015)
    heights = [ledge.X_world_face[2, 3] for ledge in ledges]
    assert np.median(heights) == pytest.approx(DECK.top + 0.16, abs=0.01)


def test_the_wall_of_a_case_is_no_ledge() -> None:
    tall = box("tall", 0.25, 0.0, size=(0.3, 0.3, 0.4))
    face = upper_face(tall)
    # The camera hangs over the deck's middle and sees the wall; the face is taken for a little smaller than it is.
    seen = CaseFace(face.X_world_face, face.extent - 0.02)
    assert not any(isinstance(p, Ledge) for p in rest_of(photo_of(tall), [seen], DECK))


def test_a_ledge_is_nothing_to_feel_for_and_burdens_no_face() -> None:
    face = upper_face(WIDE)
    above = Ledge(pose(face.X_world_face[:3, 3] + [0.1, 0.1, 0.1]), np.full(2, 0.1))
    assert remains_of([face, above]) == ()
    cups = pallet_cell("mixed_pallet").cups
    assert len(options_of([face, above], DECK, cups)) == len(options_of([face], DECK, cups)) > 0
