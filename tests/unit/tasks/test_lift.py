"""Trials of a grip: what is drawn, what is planned, and the least force that holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from robolab.sim.pinch import Pinch, PinchBody
from robolab.tasks.lift import Trial, least_force
from robolab.tasks.lift_case import FRICTION, LEARN, MASS, TEST, LiftCase, draw_case
from robolab.tasks.lift_motion import AHEAD, GRAVITY, SHAKE, lift_and_shake

DT = 1e-3


@pytest.fixture(scope="module")
def pinch() -> Iterator[Pinch]:
    with Pinch() as world:
        yield world


def block_case(mass: float = 0.3, friction: float = 0.5) -> LiftCase:
    """A block that is taken in its middle, so that the friction cone is all there is."""
    corners = 0.025 * np.array(list(product((-1.0, 1.0), repeat=3)))
    motion = lift_and_shake(np.random.default_rng(0), DT)
    body = PinchBody(corners, np.zeros(3), mass, friction, 5000.0)
    return LiftCase(-1, body, 0.05, mass * motion.hardest / (2.0 * friction), None, motion)


def test_a_case_is_what_seed_and_number_say() -> None:
    a, b, c = (draw_case(1, n, TEST, DT) for n in (4, 4, 5))
    assert a.item in TEST
    assert a.item not in LEARN
    assert np.array_equal(a.body.vertices, b.body.vertices)
    assert (a.body.mass, a.limit, a.cone) == (b.body.mass, b.limit, b.cone)
    assert a.body.mass != c.body.mass
    assert MASS[0] <= a.body.mass <= MASS[1]
    assert FRICTION[0] <= a.body.friction <= FRICTION[1]


def test_the_hand_takes_hold_near_the_centre_of_mass() -> None:
    for number in range(6):
        case = draw_case(2, number, LEARN, DT)
        assert np.hypot(*case.body.position[1:]) < 0.006
        across = case.body.vertices[:, 0] + case.body.position[0]
        assert np.ptp(across) >= 0.99 * case.width
        low = case.body.position[2] + case.body.vertices[:, 2].min()
        assert low < -0.01  # the pads stay over the table


def test_the_motion_says_what_it_will_ask_for() -> None:
    motion = lift_and_shake(np.random.default_rng(3), DT)
    acceleration = np.diff(motion.velocity, axis=0) / DT
    assert np.linalg.norm(acceleration, axis=1).max() == pytest.approx(SHAKE, rel=1e-3)
    assert motion.hardest <= GRAVITY + SHAKE + 1e-9
    assert np.all(motion.planned >= motion.load - 1e-12)
    assert motion.planned.max() == motion.hardest
    assert np.all((motion.load <= motion.soon) & (motion.soon <= motion.planned))
    k = 400
    assert motion.soon[k] == motion.load[k : k + round(AHEAD / DT) + 1].max()
    assert np.abs(motion.velocity[-1]).max() < 1e-6


def test_the_least_force_of_a_block_is_the_friction_cones(pinch: Pinch) -> None:
    case = block_case()
    least = least_force(pinch, case)
    assert least is not None
    # A little less than the peak of a swing asks for slides some millimetres, and is held all the same.
    assert 0.85 < least / case.cone < 1.06
    assert Trial(pinch, case, np.random.default_rng(0)).constant(1.1 * case.cone).held
    lost = Trial(pinch, case, np.random.default_rng(0)).constant(0.6 * case.cone)
    assert not lost.held
    assert lost.slip > 0.005


def test_some_things_no_force_can_hold(pinch: Pinch) -> None:
    assert least_force(pinch, block_case(mass=5.0, friction=0.2)) is None


def test_a_fragile_object_is_overloaded_by_too_much(pinch: Pinch) -> None:
    case = replace(block_case(mass=0.1, friction=0.8), limit=4.0)
    assert not Trial(pinch, case, np.random.default_rng(0)).constant(1.5).overloaded
    assert Trial(pinch, case, np.random.default_rng(0)).constant(6.0).overloaded
