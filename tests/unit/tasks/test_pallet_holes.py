"""Where depth is missing a case may hide, unless what is missing is a sliver, or is known from elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from robolab.core.transforms import Array, look_at, pose
from robolab.tasks.pallet_case import Case
from robolab.tasks.pallet_faces import CaseFace, Hole, Spot
from robolab.tasks.pallet_holes import holes_of
from robolab.tasks.pallet_view import Photo, overhead, photograph
from tests.pallets import DECK, box, on_deck

MIDDLE = DECK.X_world_deck[:2, 3]


def photo_of(*cases: Case, X_world_cam: Array | None = None) -> Photo:
    X = overhead(DECK) if X_world_cam is None else X_world_cam
    return photograph(cases, DECK, X, None, np.random.default_rng(0))


def lost(photo: Photo, x: float, y: float, length: float, width: float) -> Photo:
    """The photo without depth where a level rectangle would lie, so far beside the deck's middle, at the height of a hole."""
    top = DECK.top + 0.65 * DECK.longest
    v, u = np.indices(photo.depth.shape)
    rays = np.stack([u, v, np.ones_like(u)], axis=-1) @ np.linalg.inv(photo.intrinsics).T
    rays = rays @ photo.X_world_cam[:3, :3].T
    eye = photo.X_world_cam[:3, 3]
    at = (eye + rays * ((top - eye[2]) / rays[..., 2:]))[..., :2] - MIDDLE
    gone = (np.abs(at - [x, y]) < [length / 2.0, width / 2.0]).all(axis=-1)
    assert gone.any()
    return replace(photo, depth=np.where(gone, np.float32(0.0), photo.depth))


def outline(holes: tuple[CaseFace, ...]) -> tuple[Array, Array]:
    """Middle beside the deck's, and extent [m]."""
    at = np.array([hole.X_world_face[:2, 3] for hole in holes])
    low, high = at.min(axis=0), at.max(axis=0)
    return (low + high) / 2.0 - MIDDLE, high - low + holes[0].extent


@pytest.mark.parametrize(
    ("length", "width", "beside"),
    [(0.4, 0.06, 0.025), (0.06, 0.5, 0.025), (0.04, 0.04, 0.025), (0.04, 0.04, 0.0)],
)
def test_a_narrow_hole_is_a_shadow_and_no_tower(length: float, width: float, beside: float) -> None:
    # Within one row of patches, or across the border of two, of which it covers too little.
    assert not holes_of([lost(photo_of(), beside, beside, length, width)], [], DECK)


@pytest.mark.parametrize(
    ("x", "y", "length", "width"), [(0.0, 0.0, 0.3, 0.2), (0.1, -0.2, 0.2, 0.2)]
)
def test_a_wide_hole_stands_where_depth_is_missing(
    x: float, y: float, length: float, width: float
) -> None:
    holes = holes_of([lost(photo_of(), x, y, length, width)], [], DECK)
    middle, extent = outline(holes)
    assert middle == pytest.approx([x, y], abs=0.03)
    assert extent == pytest.approx([length, width], abs=0.06)
    assert all(isinstance(hole, Hole) and hole.confidence == 0.0 for hole in holes)
    tops = [hole.X_world_face[2, 3] for hole in holes]
    assert tops == pytest.approx([DECK.top + 0.65 * DECK.longest] * len(holes))


def test_what_is_left_of_a_hole_beside_a_face_must_be_wide_as_well() -> None:
    photo = lost(photo_of(), 0.0, 0.0, 0.3, 0.3)
    top = 0.65 * DECK.longest
    half = CaseFace(pose(on_deck(0.0, 0.075, top)), np.array([0.4, 0.15]))
    middle, extent = outline(holes_of([photo], [half], DECK))
    assert middle[1] < -0.05
    assert extent == pytest.approx([0.3, 0.15], abs=0.06)
    most = CaseFace(pose(on_deck(0.0, 0.05, top)), np.array([0.4, 0.27]))
    assert not holes_of([photo], [most], DECK)
    # A guess at a face may be smaller than its case, which is as high.
    guess = CaseFace(pose(on_deck(0.0, 0.05, 0.1)), np.array([0.4, 0.27]), 0.6)
    slivers = holes_of([photo], [guess], DECK)
    assert slivers
    assert not any(isinstance(sliver, Hole) for sliver in slivers)
    assert {float(sliver.X_world_face[2, 3]) for sliver in slivers} == {DECK.top + 0.1}


def test_a_hole_is_as_high_as_what_stands_around_it() -> None:
    tall = box("tall", 0.0, 0.0, size=(0.5, 0.6, 0.5))
    rows, columns = np.nonzero(photo_of(tall).seen >= 0)
    photo = photo_of(tall)
    inside = (slice(int(np.quantile(rows, 0.35)), int(np.quantile(rows, 0.65))),
              slice(int(np.quantile(columns, 0.35)), int(np.quantile(columns, 0.65))))  # fmt: skip
    photo.depth[inside] = 0.0
    holes = holes_of([photo], [], DECK)
    assert holes
    tops = [float(hole.X_world_face[2, 3]) for hole in holes]
    assert tops == pytest.approx([DECK.top + 0.5] * len(holes), abs=0.005)


def test_what_another_photo_shows_is_no_hole() -> None:
    first = lost(photo_of(), 0.0, 0.0, 0.3, 0.2)
    aside = look_at(overhead(DECK)[:3, 3] + [0.3, 0.3, 0.0], on_deck(0.0, 0.0, 0.3))
    second = photo_of(X_world_cam=aside)
    assert holes_of([first], [], DECK)
    assert not holes_of([first, second], [], DECK)
    blind = replace(second, depth=np.zeros_like(second.depth))
    assert holes_of([first, blind], [], DECK)
    assert not holes_of([], [], DECK)


def test_what_is_missing_beside_the_deck_is_nobodys() -> None:
    beside = float(DECK.size[0]) / 2.0 + 0.2
    assert not holes_of([lost(photo_of(), beside, 0.0, 0.2, 0.2)], [], DECK)


def test_a_hole_in_the_midst_of_a_face_may_be_a_shiny_case_upon_it() -> None:
    top = 0.65 * DECK.longest
    face = CaseFace(pose(on_deck(0.0, 0.0, top)), np.array([0.5, 0.4]))
    spots = holes_of([lost(photo_of(), 0.05, 0.0, 0.25, 0.2)], [face], DECK)
    middle, extent = outline(spots)
    assert middle == pytest.approx([0.05, 0.0], abs=0.03)
    assert extent == pytest.approx([0.25, 0.2], abs=0.06)
    assert all(isinstance(spot, Spot) and spot.confidence == 0.0 for spot in spots)
    assert [spot.X_world_face[2, 3] for spot in spots] == pytest.approx(
        [DECK.top + top] * len(spots)
    )
    # A label is narrower; a face that is half a guess is felt for anyhow.
    assert not holes_of([lost(photo_of(), 0.05, 0.025, 0.25, 0.04)], [face], DECK)
    guess = replace(face, confidence=0.6)
    assert not any(isinstance(one, Spot) for one in holes_of([lost(photo_of(), 0.05, 0.0, 0.25, 0.2)], [guess], DECK))  # fmt: skip


@pytest.mark.parametrize(("shows", "found"), [(0.1, True), (0.5, False)])
def test_a_top_that_shows_a_little_depth_here_and_there_is_a_hole_all_the_same(
    shows: float, found: bool
) -> None:
    whole = photo_of()
    photo = lost(whole, 0.0, 0.0, 0.3, 0.3)
    some = np.random.default_rng(1).random(photo.depth.shape) < shows
    dark = replace(photo, depth=np.where(some, whole.depth, photo.depth))
    holes = holes_of([dark], [], DECK)
    if not found:
        assert not holes
        return
    middle, extent = outline(holes)
    assert middle == pytest.approx([0.0, 0.0], abs=0.03)
    assert extent == pytest.approx([0.3, 0.3], abs=0.06)
