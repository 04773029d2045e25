"""New motions past moving bodies: straight where that is free, round or slower where not, a stop at the worst."""

from __future__ import annotations

import numpy as np
import pytest

from robolab.core.rng import stream
from robolab.core.transforms import Array, pose
from robolab.kernels.compiled import CompiledChecker
from robolab.kernels.moving import Mover
from robolab.kernels.obstacles import Obstacles
from robolab.planning.detours import library_of
from robolab.planning.query import Query, Threat
from robolab.planning.replan import Replanner
from robolab.robots.model import RobotModel
from robolab.trajectory.jerk_limited import Bounds, JerkLimited, State
from robolab.trajectory.trajectory import LegRequirements

TABLE = Obstacles(
    box_pose=np.array([pose([0.8, 0.0, -0.3])]),
    box_half=np.array([[0.3, 0.8, 0.2]]),
    box_names=("table",),
)
PERSON = Mover(
    Obstacles(
        cylinder_pose=np.eye(4)[None], cylinder_size=np.array([[0.25, 0.9]]), cylinder_names=("p",)
    )
)


@pytest.fixture(scope="module")
def goal(ur10e: RobotModel) -> Array:
    return ur10e.home + 1.4 * np.eye(6)[0]


@pytest.fixture(scope="module")
def planner(ur10e: RobotModel, goal: Array) -> Replanner:
    limits = ur10e.limits
    bounds = Bounds(0.8 * limits.velocity, 0.8 * limits.acceleration, 0.8 * limits.jerk)
    static = CompiledChecker(ur10e.chain, ur10e.spheres, TABLE, clearance=0.01)
    places = np.array([ur10e.home, goal])
    library = library_of(ur10e, static, places, stream(1, "test"))
    asked = LegRequirements(0.01, 0.0, tool_speed=3.0)
    return Replanner(ur10e, static, TABLE, JerkLimited(bounds), library, asked)


def threat(at: tuple[float, float], velocity: tuple[float, float] = (0.0, 0.0)) -> Threat:
    position = np.array([*at, 0.2])
    return Threat(PERSON, np.zeros(3), 1.0, position, np.array([*velocity, 0.0]))


def moving_state(ur10e: RobotModel) -> State:
    return State(ur10e.home, 0.5 * np.eye(6)[0], 1.0 * np.eye(6)[0])


def asked(ur10e: RobotModel, goal: Array, *threats: Threat, margin: float = 0.06) -> Query:
    return Query(moving_state(ur10e), 1.0, goal[None], threats, margin=margin)


def test_with_nothing_near_the_way_is_straight(
    planner: Replanner, ur10e: RobotModel, goal: Array
) -> None:
    found = planner.plan(asked(ur10e, goal, threat((3.0, 3.0))))
    assert (found.kind, found.goal, found.free, found.tried) == ("direct", 0, True, 1)
    state = moving_state(ur10e)
    assert np.allclose(found.curve.jet(1.0, 2), [state.q, state.v, state.a], atol=1e-9)
    assert np.allclose(found.curve(found.curve.end), goal)


def test_what_is_in_the_way_is_avoided_in_time(
    planner: Replanner, ur10e: RobotModel, goal: Array
) -> None:
    straight = planner.motions.reach(moving_state(ur10e), goal, time=1.0)
    assert straight is not None
    tool = ur10e.fk(straight(1.6))[:2, 3]
    out = tool / np.linalg.norm(tool)
    start = 1.1 * out + 0.6 * np.array([out[1], -out[0]])
    crossing = threat((float(start[0]), float(start[1])), (float(-out[1]), float(out[0])))
    query = asked(ur10e, goal, crossing)
    assert planner.free_until(straight, query) < np.inf
    found = planner.plan(query)
    assert found.free
    times = np.linspace(1.0, max(found.curve.end, 3.5), 400)
    near = planner.moving.touches(
        found.curve(times), PERSON, crossing.shift(times), np.full(len(times), 0.05)
    )
    assert not near.any()
    assert planner.static.curve_free(found.curve)


def test_a_person_at_the_goal_keeps_the_arm_away(
    planner: Replanner, ur10e: RobotModel, goal: Array
) -> None:
    at = 1.25 * ur10e.fk(goal)[:2, 3]
    query = asked(ur10e, goal, threat((float(at[0]), float(at[1]))))
    found = planner.plan(query)
    assert found.free
    assert found.goal is None
    assert found.kind in ("stop", "refuge")
    assert np.allclose(found.curve.jet(found.curve.end, 2)[1:], 0.0, atol=1e-6)


def test_where_nothing_is_free_it_says_so_and_still_comes_to_rest(
    planner: Replanner, ur10e: RobotModel, goal: Array
) -> None:
    found = planner.plan(asked(ur10e, goal, threat((0.3, 0.0)), margin=5.0))
    assert (found.kind, found.free, found.goal) == ("least bad", False, None)
    assert np.allclose(found.curve.jet(found.curve.end, 2)[1:], 0.0, atol=1e-6)
    assert planner.static.curve_free(found.curve)


def test_doubt_grows_up_to_its_limit() -> None:
    grown = threat((0.0, 0.0)).grow(np.array([0.0, 1.0, 2.0, 100.0]))
    assert np.allclose(grown, [0.03, 0.03, 0.09, 0.15])


def test_the_library_is_free_and_the_same_again(planner: Replanner, ur10e: RobotModel) -> None:
    places = np.array([ur10e.home, ur10e.home + 0.1])
    first, second = (
        library_of(ur10e, planner.static, places, stream(5, "again"), 60) for _ in range(2)
    )
    assert np.array_equal(first, second)
    assert all(planner.static.free(q) for q in first)
    assert len(first) > 20
