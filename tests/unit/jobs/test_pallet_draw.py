"""Drawing a case out of the pile: what a neighbour pulls at stops the arm, and it goes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from robolab.core.rng import stream
from robolab.core.transforms import Array, pose
from robolab.jobs import pallet_attempt
from robolab.jobs.pallet_attempt import PULLED, SNAGS
from robolab.jobs.pallet_cell import PalletCell, over, pallet_cell
from robolab.jobs.pallet_draw import draw, lifted_off, limit_of
from robolab.jobs.pallet_motion import approach
from robolab.planning.pallet_moves import Move
from robolab.tasks.pallet_case import Case
from robolab.tasks.pallet_choice import options_of
from robolab.tasks.pallet_faces import CaseFace
from robolab.tasks.pallet_grip import Seal
from robolab.tasks.pallet_world import LIFT, LIFT_TIME, Lift, Lifted, PalletWorld, lift_path
from tests.pallets import box, hand_over, pallet

WEIGHT = 1.0
"""Of what is drawn: on a UR10e 0.31 N s are too much, 12.4 N in one look [kg]."""


@pytest.fixture(scope="module")
def cell() -> PalletCell:
    return pallet_cell("mixed_pallet")


class Felt:
    """A lift of which only the wrist's forces are known, one a look."""

    def __init__(self, forces: Sequence[Array]) -> None:
        self._forces, self.led = forces, list[Array]()

    def lead(self, path: Array, watch: Callable[[Array], bool] | None = None) -> Lifted:
        self.led.append(path)
        for k, force in enumerate(self._forces if watch is not None else ()):
            assert watch is not None
            if watch(force):
                return Lifted(True, WEIGHT, np.zeros(2), 0.0, (), 6 * (k + 1), True)
        return Lifted(True, WEIGHT, np.zeros(2), 0.0, (), len(path))


def drawn(
    forces: Sequence[float], leant: float | None = None, expected: bool = False
) -> tuple[Felt, bool]:
    """Draw against forces along x."""
    along = [np.array([force, 0.0, 0.0]) for force in forces]
    leans = along[0] if leant is None else np.array([leant, 0.0, 0.0])
    return drawn_against(along, leans, limit_of("ur10e", WEIGHT, expected))


def drawn_against(forces: Sequence[Array], leans: Array, limit: float) -> tuple[Felt, bool]:
    lift, path = Felt(forces), lift_path(pose([0.7, 0.0, 0.4]), 0.3, 0.5)
    of = draw(lift, path, 5.0, limit, leans, stream(0, "wrist"))  # type: ignore[arg-type]
    return lift, of.snagged


@pytest.mark.parametrize(
    ("forces", "stops"),
    [
        ((0, 0, 0, 6, 6, 6), True),
        ((0, 0, 0, 20), True),
        ((0, 0, 0, 6, 0, 0, 0, 6, 0), False),  # grazed in passing
        ((8, 8, 8, 8, 8, 8), False),  # leans on it from the start, and lets it slide
        ((8, 8, 14, 14, 14), True),
        ((0, 0, 1, 1, 1, 1), False),
    ],
)
def test_a_pull_that_lasts_stops_the_arm(forces: Sequence[float], stops: bool) -> None:
    assert drawn(forces)[1] == stops


def test_only_what_leaned_on_it_at_first_and_still_does_is_let_slide() -> None:
    assert not drawn((8, 8, 8, 8), leant=8.0)[1]
    assert drawn((8, 8, 8, 8), leant=0.0)[1]  # met within the lift test
    assert not drawn((0, 0, 0, 0), leant=8.0)[1]  # leaned on it until it moved
    assert drawn((-8, -8, -8, -8), leant=8.0)[1]


def test_a_pull_that_is_expected_stops_the_arm_sooner() -> None:
    forces = (0, 0, 0, 2, 2, 2, 2, 2)
    assert not drawn(forces)[1]
    assert drawn(forces, expected=True)[1]


@pytest.mark.parametrize(
    ("force", "stops"),
    [
        ((0.0, 0.0, -4.0), True),  # lies on it: what only rubs there would press at its side, too
        ((0.0, 0.0, 4.0), False),
        ((5.0, 0.0, -4.0), False),
        ((0.0, -5.0, -4.0), False),
        ((2.0, 0.0, -5.0), True),
    ],
)
def test_what_lies_on_it_stops_the_arm_at_a_light_pull(
    force: tuple[float, float, float], stops: bool
) -> None:
    forces = [np.zeros(3), np.zeros(3), np.array(force), np.zeros(3)]
    assert drawn_against(forces, np.zeros(3), limit_of("ur10e", WEIGHT))[1] == stops


def test_what_has_lain_on_it_from_the_first_is_none_that_leans_on_it() -> None:
    limit = limit_of("ur10e", WEIGHT)
    for force, stops in (([0.0, 0.0, -4.0], True), ([6.0, 0.0, -4.0], False)):
        assert drawn_against([np.array(force)] * 6, np.array(force), limit)[1] == stops


def test_it_brakes_and_goes_back_to_where_it_began() -> None:
    lift, _ = drawn((0, 0, 0, 6, 6, 6))
    path, back = lift.led
    assert back[-1] == pytest.approx(path[0], abs=1e-9)
    z = np.r_[path[34:36, 2, 3], back[:, 2, 3]]
    pull = np.abs(np.diff(z, 2)) * 240.0**2
    top = int(np.argmax(z))
    assert pull[:top].max() < 8.1  # on the way up the weight brakes what hangs
    assert pull[top:].max() < 5.1
    speed = (path[35, 2, 3] - path[34, 2, 3]) * 240.0
    assert z[top] - path[35, 2, 3] == pytest.approx(speed**2 / 16.0, rel=0.1)


def under_a_ledge(cell: PalletCell) -> tuple[Case, ...]:
    """A case over whose edge another, on a post beside it, hangs 50 mm higher."""
    return (
        box("low", 0.0, 0.0, 1.0, (0.3, 0.2, 0.16)),
        box("post", 0.0, 0.21, 2.0, (0.3, 0.2, 0.21)),
        box("ledge", 0.0, 0.175, 1.5, (0.3, 0.2, 0.14), above=0.21),
    )


def test_what_hangs_over_it_is_not_taken_along(cell: PalletCell) -> None:
    cases = under_a_ledge(cell)
    path = lift_path(pose(cases[0].X_world_case[:3, 3] + [0.0, 0.0, 0.08]), 0.25, 0.6)
    moved: dict[bool, float] = {}
    for careful in (False, True):
        world = PalletWorld(pallet(*cases), cell.cups)
        with Lift(world, Seal((0,), (4,), 0.0, (0, 1, 2, 3))) as lift:
            if careful:
                limit, leans = limit_of("ur10e", 1.0), np.zeros(3)
                assert draw(lift, path, 5.0, limit, leans, stream(0, "wrist")).snagged
            else:
                lift.lead(path)
            lift.end(away=not careful)
        moved[careful] = float(np.linalg.norm(world.poses[2, :3, 3] - cases[2].X_world_case[:3, 3]))
    assert moved[False] > 0.03
    assert moved[True] < 0.03


def test_what_lies_on_it_only_once_it_has_risen_is_none_that_leans_on_it(cell: PalletCell) -> None:
    """A ledge 22 mm above an edge is met within the lift test; what leans is felt from the first."""
    low = box("low", 0.0, 0.0, 1.0, (0.3, 0.2, 0.16))
    post = box("post", 0.0, 0.21, 2.0, (0.3, 0.2, 0.182))
    ledge = box("ledge", 0.0, 0.175, 1.5, (0.3, 0.2, 0.14), above=0.182)
    path = lift_path(pose(low.X_world_case[:3, 3] + [0.0, 0.0, 0.08]), LIFT, LIFT_TIME)
    world = PalletWorld(pallet(low, post, ledge), cell.cups)
    with Lift(world, Seal((0,), (4,), 0.0, (0, 1, 2, 3))) as lift:
        lifted, leans = lifted_off(lift, path)
        assert lifted.held
        assert np.abs(leans).max() < 0.5
        up = path[-1:].repeat(120, axis=0)
        assert draw(lift, up, 5.0, limit_of("ur10e", 1.0), leans, stream(0, "wrist")).snagged
        lift.end(away=False)
    assert world.poses[2, :3, 3] == pytest.approx(ledge.X_world_case[:3, 3], abs=0.01)


def test_only_what_touches_a_case_that_has_come_free_is_dragged(cell: PalletCell) -> None:
    """Standing on others, it is touched by them until it is off."""
    low, post, ledge = under_a_ledge(cell)
    path = lift_path(pose(low.X_world_case[:3, 3] + [0.0, 0.0, 0.08]), 0.25, 0.6)
    for cases, touched in (((low, post, ledge), True), ((low, post), False)):
        world = PalletWorld(pallet(*cases), cell.cups)
        with Lift(world, Seal((0,), (4,), 0.0, (0, 1, 2, 3))) as lift:
            assert lift.lead(path, lambda _: False).touched is touched


def test_what_snags_on_every_way_is_set_down_again(cell: PalletCell) -> None:
    cases = under_a_ledge(cell)
    face = CaseFace(pose(cases[0].X_world_case[:3, 3] + [0.0, 0.0, 0.08]), np.array([0.3, 0.2]))
    option = options_of([face], cell.deck, cell.cups)[0]
    hand = hand_over(cell, cases, option.X_world_tcp[:3, 3])
    assert hand.take(option, [face], dict(enumerate(cases))) == SNAGS
    assert hand.tally.causes == {PULLED: 2}
    assert (hand.tally.moved, hand.tally.drops) == (0, 0)
    assert hand.world.poses[0, :3, 3] == pytest.approx(cases[0].X_world_case[:3, 3], abs=0.01)


def test_what_may_carry_a_higher_one_leaves_slowly_and_straight_up_or_not_at_all(
    cell: PalletCell,
) -> None:
    cases = under_a_ledge(cell)
    face = CaseFace(pose(cases[0].X_world_case[:3, 3] + [0.0, 0.0, 0.08]), np.array([0.3, 0.2]))
    option = options_of([face], cell.deck, cell.cups)[0]
    moved: dict[bool, float] = {}
    for may_carry in (False, True):
        hand = hand_over(cell, cases, option.X_world_tcp[:3, 3])
        asked = replace(option, may_carry=may_carry)
        assert hand.take(asked, [face], dict(enumerate(cases))) == SNAGS
        assert hand.tally.causes == {PULLED: 1 if may_carry else 2}
        way = hand.world.poses[2, :3, 3] - cases[2].X_world_case[:3, 3]
        moved[may_carry] = float(np.linalg.norm(way))
    assert moved[True] < 0.7 * moved[False]


def test_a_neighbour_that_both_ways_move_is_counted_once(
    cell: PalletCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pallet_attempt, "_CLEAR", 1e-6)
    cases = under_a_ledge(cell)
    face = CaseFace(pose(cases[0].X_world_case[:3, 3] + [0.0, 0.0, 0.08]), np.array([0.3, 0.2]))
    option = options_of([face], cell.deck, cell.cups)[0]
    hand = hand_over(cell, cases, option.X_world_tcp[:3, 3])
    assert hand.take(option, [face], dict(enumerate(cases))) == SNAGS
    assert hand.tally.causes["dragged a neighbour"] == 1


def test_what_the_arm_touches_on_a_way_that_it_breaks_off_counts_up_to_there(
    cell: PalletCell,
) -> None:
    post = box("post", 0.0, 0.0, size=(0.1, 0.1, 0.6))
    hand = hand_over(cell, (), post.X_world_case[:3, 3] + [-0.3, 0.0, 0.0])
    across = over(pose(post.X_world_case[:3, 3] + [0.3, 0.0, 0.0]), 0.0)
    move = approach(cell, hand.q, hand.X, across, (), hand.lift)
    assert isinstance(move, Move)
    hand.noticed(move, {0: post}, until=0.01)
    assert hand.tally.collisions == 0
    hand.noticed(move, {0: post})
    assert hand.tally.collisions == 1
    hand.noticed(move, {0: post}, held=(0,))
    assert hand.tally.collisions == 1
