"""The physics that grips are learned in, held against what friction says on paper."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest

from robolab.sim.pinch import PAD, TWIST, Pinch, PinchBody

MASS, FRICTION, SIDE = 0.4, 0.5, 0.05
NEEDED = MASS * 9.81 / (2.0 * FRICTION)


@pytest.fixture(scope="module")
def pinch() -> Iterator[Pinch]:
    with Pinch() as world:
        yield world


def block(x: float = 0.0, y: float = 0.0, long: float = SIDE) -> PinchBody:
    """A block of even mass, taken beside its middle."""
    sides = np.array([SIDE, long, SIDE]) / 2.0
    corners = np.array(list(product(*([-s, s] for s in sides))))
    return PinchBody(corners, np.array([x, y, 0.0]), MASS, FRICTION, 4000.0)


def held(pinch: Pinch, body: PinchBody, force: float, velocity: np.ndarray) -> tuple[float, float]:
    """Close, then move the hand row by row; return how far the object slid [m] and turned [rad]."""
    pinch.load(body, SIDE + 0.004)
    for _ in range(200):
        pinch.step(force, np.zeros(3), yields=True)
    start, R_start = pinch.object_pose()
    start = start - pinch.hand()
    for row in velocity:
        pinch.step(force, row)
    end, R = pinch.object_pose()
    cosine = 0.5 * (np.trace(R_start.T @ R) - 1.0)
    slid = np.linalg.norm((end - pinch.hand() - start)[1:])
    return float(slid), float(np.arccos(np.clip(cosine, -1.0, 1.0)))


def up(seconds: float = 0.4) -> np.ndarray:
    """So gently that it hardly adds to the weight."""
    return 1e-4 * np.outer(np.arange(round(1000 * seconds)), [0.0, 0.0, 1.0])


def test_holds_just_what_the_friction_cone_says(pinch: Pinch) -> None:
    slid, _ = held(pinch, block(), 1.04 * NEEDED, up())
    assert slid < 1e-3
    slid, _ = held(pinch, block(), 0.96 * NEEDED, up())
    assert slid > 5e-3


@pytest.mark.parametrize("share", [0.93, 1.07])
def test_friction_is_a_cone_and_not_a_pyramid(pinch: Pinch, share: float) -> None:
    """Sideways at g while it hangs: friction has to bear the root of two times its weight, on the diagonal."""
    sideways = np.zeros((250, 3))
    sideways[:, 1] = 9.81 * 1e-3 * np.arange(1, 251)
    motion = np.concatenate([up(0.2), sideways + np.array([0.0, 0.0, 0.02])])
    slid, _ = held(pinch, block(), share * np.sqrt(2.0) * NEEDED, motion)
    assert (slid < 2e-3) == (share > 1.0)


def test_fingers_press_with_what_they_are_told(pinch: Pinch) -> None:
    pinch.load(block(), SIDE + 0.004)
    for force in (2.0, 0.7, 30.0):
        for _ in range(300):
            pinch.step(force, np.zeros(3), 0.2, yields=True)
        assert pinch.forces() == pytest.approx((force, force), rel=0.03, abs=0.02)


def test_sliding_shear_is_friction_times_normal_force(pinch: Pinch) -> None:
    """A stroke down over an object that stands: the pads are pushed up by the whole friction."""
    pinch.load(block(), SIDE + 0.004)
    for _ in range(250):
        pinch.step(1.0, np.zeros(3), yields=True)
    for _ in range(40):
        pinch.step(1.0, np.array([0.0, 0.0, -0.01]), yields=True)
    for touch in pinch.touches():
        normal, _, along = touch.force
        assert along == pytest.approx(FRICTION * normal, rel=0.02)


def test_a_weight_beside_the_pads_twists_it(pinch: Pinch) -> None:
    """By the limit surface of a pad that bears on its four corners, and each of them on a small patch."""
    force = 1.5 * NEEDED
    most = 1.5 * (PAD / np.sqrt(2.0) + TWIST)  # arm at which twisting alone would take all friction
    arm = most * np.sqrt(1.0 - 1.0 / 1.5**2)
    _, turned = held(pinch, block(y=0.5 * arm, long=0.1), force, up(0.8))
    assert turned < np.radians(3.0)
    _, turned = held(pinch, block(y=1.4 * arm, long=0.1), force, up(0.8))
    assert turned > np.radians(15.0)


def test_the_pads_feel_all_of_the_torsion(pinch: Pinch) -> None:
    """What hangs still beside the pads turns them by its weight times its arm, torsional friction included."""
    arm = 0.004
    held(pinch, block(y=arm), 2.0 * NEEDED, up(0.3))
    pads = pinch.touches()
    moments = [
        touch.points[:, 0] * touch.shear[:, 1] - touch.points[:, 1] * touch.shear[:, 0]
        for touch in pads
    ]
    felt = sum(float(m.sum()) + touch.twist for m, touch in zip(moments, pads, strict=True))
    assert felt == pytest.approx(-MASS * 9.81 * arm, rel=0.1)


def test_the_same_run_twice(pinch: Pinch) -> None:
    runs = [held(pinch, block(y=0.004), 1.1 * NEEDED, up(0.2)) for _ in range(2)]
    assert runs[0] == runs[1]
