"""A pile on a table, and attempts at it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from robolab.core.assets import shipped
from robolab.sim.camera import Intrinsics
from robolab.sim.clutter import Clutter
from robolab.sim.clutter_bodies import OPEN, Item
from robolab.tasks.clear import Aim, attempt
from robolab.tasks.clear_pile import GIVE_UP, clear_pile

CUBE = Item(shipped("scenes") / "assets" / "part_cube.obj", 0.04, 0.1, 0.8)


@pytest.fixture(scope="module")
def clutter() -> Iterator[Clutter]:
    with Clutter() as clutter:
        yield clutter


def dropped(clutter: Clutter, item: Item = CUBE) -> np.ndarray:
    """One object at rest; return where its middle is."""
    clutter.drop([item], np.random.default_rng(3))
    return clutter.state()[0, :3]


def yaw_of(clutter: Clutter) -> float:
    """Of an edge of a cube that lies flat [rad]."""
    x, y, z, w = clutter.state()[0, 3:]
    R = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        ]
    )
    flat = R[:, np.argmax(np.linalg.norm(R, axis=0))]
    return float(np.arctan2(flat[1], flat[0]))


def test_a_cube_between_the_fingers_is_lifted_and_held(clutter: Clutter) -> None:
    at = dropped(clutter)
    assert at[2] == pytest.approx(0.02, abs=1e-3)
    end = attempt(clutter, Aim(np.array([at[0], at[1], 0.006]), yaw_of(clutter), OPEN), 0.05)
    assert end.taken == [0]
    assert end.reached


def test_fingers_beside_it_take_nothing_and_those_on_it_are_stopped(clutter: Clutter) -> None:
    at = dropped(clutter)
    state = clutter.state()
    beside = Aim(np.array([at[0] + 0.12, at[1], 0.006]), 0.0, OPEN)
    assert attempt(clutter, beside, 0.05) == ([], True)
    clutter.put(state)
    on_it = Aim(np.array([at[0] + 0.045, at[1], 0.006]), 0.0, OPEN)
    assert not attempt(clutter, on_it, 0.05).reached


def test_too_slippery_to_be_held(clutter: Clutter) -> None:
    at = dropped(clutter, Item(CUBE.mesh, CUBE.scale, 0.25, 0.03))
    aim = Aim(np.array([at[0], at[1], 0.006]), yaw_of(clutter), OPEN)
    assert attempt(clutter, aim, 0.05).taken == []


def test_what_was_put_back_is_where_it_was(clutter: Clutter) -> None:
    dropped(clutter)
    state = clutter.state()
    clutter.put(state + np.array([0.05, 0, 0, 0, 0, 0, 0]))
    clutter.put(state)
    np.testing.assert_allclose(clutter.state(), state, atol=1e-6)


def test_a_picture_shows_the_cube_where_it_is(clutter: Clutter) -> None:
    at = dropped(clutter)
    X = np.diag([1.0, -1.0, -1.0, 1.0])
    X[2, 3] = 0.6
    size = Intrinsics.of_fov(160, 120, 45.0)
    picture = clutter.picture(size, X)
    u, v = size.project(np.array([at[0], -at[1], 0.56]))
    assert picture.depth[round(v), round(u)] == pytest.approx(0.56, abs=2e-3)
    assert picture.depth.max() == pytest.approx(0.6, abs=1e-3)
    assert picture.bodies[round(v), round(u)] == clutter.items[0]


def test_the_same_seed_gives_the_same_pile(clutter: Clutter) -> None:
    states: list[np.ndarray] = []
    for _ in range(2):
        clutter.drop([CUBE, CUBE], np.random.default_rng(1))
        states.append(clutter.state())
    np.testing.assert_array_equal(states[0], states[1])


def test_clearing_ends_when_all_is_taken_or_nothing_works(clutter: Clutter) -> None:
    def onto(_view: object) -> list[Aim]:
        at = clutter.state()[0, :3]
        return [Aim(np.array([at[0], at[1], 0.006]), yaw_of(clutter), OPEN)]

    def beside(_view: object) -> list[Aim]:
        return [Aim(np.array([0.3, 0.1 * k, 0.01]), 0.0, OPEN) for k in range(9)]

    done = clear_pile(clutter, [CUBE], onto, np.random.default_rng(3))
    assert done == (1, 1, 1, 1)
    given_up = clear_pile(clutter, [CUBE], beside, np.random.default_rng(3))
    assert given_up == (1, 0, GIVE_UP, 0)
    nothing = clear_pile(clutter, [CUBE], lambda _view: [], np.random.default_rng(3))
    assert nothing == (1, 0, 0, 0)
