"""Emptying pallets: it goes well where all is well, and stops safely where it is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from robolab.core.errors import SceneError
from robolab.core.transforms import pose
from robolab.jobs.pallet_cell import PalletCell, pallet_cell
from robolab.jobs.pallet_episode import Episode
from robolab.jobs.pallet_evaluate import perfect
from robolab.tasks.pallet_case import DECKS, Case, Pallet, PrintSpec
from robolab.tasks.pallet_faces import View
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
