"""What may be taken follows from what is seen: nothing that carries another, and only cups that lie on the face."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.transforms import pose
from robolab.robots import load_robot
from robolab.scene.load import load_scene
from robolab.tasks.pallet_case import DECKS, ArmKind
from robolab.tasks.pallet_choice import FEATURES, Option, options_of
from robolab.tasks.pallet_faces import CaseFace
from robolab.tasks.pallet_grip import Cups, bearable, cups_of, strain


def cups(scene: str, kind: ArmKind) -> Cups:
    spec = load_scene(scene)
    gripper = load_robot(spec.robot, spec.folder).gripper
    assert gripper is not None
    return cups_of(gripper, kind)


def face(x: float, y: float, z: float, length: float, width: float) -> CaseFace:
    return CaseFace(pose([x, y, z]), np.array([length, width]))


def test_a_case_that_carries_another_is_not_offered() -> None:
    deck = DECKS["ur10e"]
    below, above = face(0.7, 0.0, 0.4, 0.3, 0.2), face(0.75, 0.0, 0.6, 0.2, 0.15)
    options = options_of((below, above), deck, cups("mixed_pallet", "ur10e"))
    assert {one.face for one in options} == {1}
    assert all(one.features.shape == (len(FEATURES),) for one in options)


@pytest.mark.parametrize(("length", "width", "most"), [(0.55, 0.4, 12), (0.22, 0.16, 2)])
def test_as_many_cups_as_fit_are_used(length: float, width: float, most: int) -> None:
    deck = DECKS["palletiser"]
    options = options_of(
        (face(1.9, 0.0, 0.6, length, width),), deck, cups("mixed_pallet_large", "palletiser")
    )
    assert max(len(one.used) for one in options) == most


def test_no_grip_on_a_face_narrower_than_a_cup() -> None:
    assert not options_of(
        (face(0.7, 0.0, 0.4, 0.3, 0.07),), DECKS["ur10e"], cups("mixed_pallet", "ur10e")
    )


def test_heavier_loads_are_carried_slower_and_too_heavy_ones_not_at_all() -> None:
    light, heavy, much = (bearable(250.0, mass, 0.01, 0.0375) for mass in (1.0, 8.0, 40.0))
    assert light > heavy > 0.0 > much
    assert strain(250.0, 8.0, heavy, 0.01, 0.0375) == pytest.approx(0.75)


def test_the_middle_of_a_face_is_the_first_way_and_its_ends_come_after() -> None:
    tool = cups("mixed_pallet_large", "palletiser")
    options = options_of((face(1.9, 0.0, 0.6, 0.55, 0.4),), DECKS["palletiser"], tool)
    assert [one.way for one in options] == list(range(len(options)))
    off = [
        float(
            np.linalg.norm(
                (one.X_world_tcp @ np.append(places_of(tool, one), [0, 1]))[:2] - [1.9, 0.0]
            )
        )
        for one in options
        if not one.across
    ]
    assert off[0] == pytest.approx(0.0, abs=1e-9)
    assert off == sorted(off)
    assert off[-1] > 0.1


def test_the_last_ways_are_across_a_face_as_far_as_it_is_wide() -> None:
    tool = cups("mixed_pallet", "ur10e")
    options = options_of((face(0.7, 0.0, 0.6, 0.3, 0.25),), DECKS["ur10e"], tool)
    assert [one.across for one in options] == [False, False, False, True, True]
    at = [one.X_world_tcp[:2, 3] - (0.7, 0.0) for one in options]
    assert at[1:] == pytest.approx(np.array([[-0.084, 0], [0.084, 0], [0, -0.07], [0, 0.07]]))
    narrow = options_of((face(0.7, 0.0, 0.6, 0.3, 0.15),), DECKS["ur10e"], tool)
    assert not any(one.across for one in narrow)


def places_of(tool: Cups, one: Option) -> np.ndarray:
    """Middle of the cups that a way uses, in the tool, shape (2,) [m]."""
    return tool.places[list(one.used)].mean(axis=0)


@pytest.mark.parametrize(
    ("higher", "gap", "doubtful"),
    [
        (0.08, 0.002, True),
        (0.08, 0.02, True),
        (0.08, 0.05, False),
        (0.05, 0.002, False),
        (0.2, 0.002, True),
    ],
)
def test_what_a_much_higher_neighbour_may_hide_is_told(
    higher: float, gap: float, doubtful: bool
) -> None:
    low, high = face(0.7, 0.0, 0.4, 0.3, 0.2), face(0.7, 0.2 + gap, 0.4 + higher, 0.3, 0.2)
    options = options_of((low, high), DECKS["ur10e"], cups("mixed_pallet", "ur10e"))
    assert {one.may_carry for one in options if one.face == 0} == {doubtful}
    assert {one.may_carry for one in options if one.face == 1} == {False}


@pytest.mark.parametrize(("over_it", "doubtful"), [(0.05, True), (0.025, True), (-0.01, False)])
def test_a_higher_neighbour_may_hide_a_corner_alone(over_it: float, doubtful: bool) -> None:
    low = face(0.7, 0.0, 0.4, 0.3, 0.2)
    high = face(0.7 + 0.3 - over_it, 0.205, 0.6, 0.3, 0.2)
    options = options_of((low, high), DECKS["ur10e"], cups("mixed_pallet", "ur10e"))
    assert {one.may_carry for one in options if one.face == 0} == {doubtful}


@pytest.mark.parametrize(("higher", "beside", "doubtful"), [(0.6, 0.09, True), (0.3, 0.09, False), (0.6, -0.45, False)])  # fmt: skip
def test_a_face_that_ends_in_the_shadow_of_a_tower_may_reach_below_it(
    higher: float, beside: float, doubtful: bool
) -> None:
    deck = DECKS["ur10e"]
    middle = float(deck.X_world_deck[1, 3])
    # The camera hangs over the deck's middle: towers shade what is farther out, not what is nearer.
    low = face(0.7, middle + 0.45, 0.3, 0.3, 0.2)
    tower = face(0.7, middle + 0.35 - beside - 0.1, 0.3 + higher, 0.3, 0.2)
    options = options_of((low, tower), deck, cups("mixed_pallet", "ur10e"))
    assert {one.may_carry for one in options if one.face == 0} == {doubtful}


@pytest.mark.parametrize(("higher", "offered"), [(0.05, True), (0.08, False)])
def test_what_no_face_is_known_of_stands_on_a_case_only_where_it_is_as_high_as_one(
    higher: float, offered: bool
) -> None:
    known = face(0.7, 0.0, 0.4, 0.3, 0.2)
    patch = CaseFace(pose([0.72, 0.0, 0.4 + higher]), np.array([0.12, 0.12]), 0.0)
    options = options_of((known, patch), DECKS["ur10e"], cups("mixed_pallet", "ur10e"))
    assert {one.face for one in options} == ({0} if offered else set())
