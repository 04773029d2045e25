"""Candidates for a new motion: straight to a goal, slower, through a free point, to a stop, to a refuge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.compiled import CompiledChecker
from robolab.planning.query import Candidate, Query
from robolab.robots.model import RobotModel
from robolab.trajectory.jerk_limited import State

if TYPE_CHECKING:
    from robolab.planning.replan import Replanner

SHARES = (0.85, 0.7, 0.5, 0.3)
"""Speeds of slower ways straight to a goal."""
_VIA_SHARES = (1.0, 0.75)
_PASSING = 0.7
"""Share of a joint's speed with which it may pass a point."""
_NEAREST = 100
_DETOURS = 8
_DETOUR_GOALS = 2
_REFUGES = 10
_MOST = 10
"""Candidates on the way to a goal, at most, beside the straight ones."""
_MOMENTS = 5
"""At how many moments up to the horizon a refuge is looked at before it is planned for."""


def to_goals(planner: Replanner, query: Query) -> Iterator[Candidate]:
    """Ways to the goals, the fastest first; detours only once the straight ways have been tried."""
    end = np.full(len(query.goals), query.time + query.horizon)
    goals = np.flatnonzero(_apart(planner, query, query.goals, end))
    straight = _sorted(*(_direct(planner, query, int(k), 1.0) for k in goals))
    yield from straight
    slow = (
        _direct(planner, query, candidate.goal, share)
        for candidate in straight
        if candidate.goal is not None and not planner.blocked(candidate, query)
        for share in SHARES
    )
    way = _travel(planner, query.state.q, query.goals[goals])
    nearest = goals[np.argsort(way, kind="stable")[:_DETOUR_GOALS]]
    yield from _sorted(*slow, _detours(planner, query, nearest))[:_MOST]


def to_safety(planner: Replanner, query: Query) -> Iterator[Candidate]:
    """A stop, and refuges that stay free, the nearest first."""
    if query.only_goals:
        return
    yield Candidate(0.0, "stop", None, ())
    library = planner.library
    near = np.argsort(_travel(planner, query.state.q, library), kind="stable")[:_NEAREST]
    rows = near[_stays_free(planner, query, near)]
    if len(rows) < _REFUGES:
        # None that keeps off all doubt: then those that keep off what is likely.
        likely = near[_stays_free(planner, query.relaxed(), near)]
        rows = np.concatenate([rows, np.setdiff1d(likely, rows, assume_unique=True)])
    for q in library[rows[:_REFUGES]]:
        yield from _possible(planner, query, Candidate(0.0, "refuge", None, ((q, None),)))


def _stays_free(planner: Replanner, query: Query, rows: np.ndarray) -> np.ndarray:
    """Whether the arm could stand at rows of the library until the horizon, looked at in a few moments."""
    free = np.ones(len(rows), dtype=bool)
    for when in np.linspace(query.time, query.time + query.horizon, _MOMENTS)[1:]:
        free &= _apart(planner, query, planner.library[rows], np.full(len(rows), when))
    return free


Stage = Callable[["Replanner", Query], Iterator[Candidate]]
STAGES: tuple[Stage, ...] = (to_goals, to_safety)


def _direct(planner: Replanner, query: Query, goal: int, share: float) -> Iterator[Candidate]:
    kind = "direct" if share == 1.0 else "slow"
    vias = ((query.goals[goal], None),)
    return _possible(planner, query, Candidate(0.0, kind, goal, vias, share))


def _detours(planner: Replanner, query: Query, goals: np.ndarray) -> Iterator[Candidate]:
    """Ways through points of the library that are free when the arm would pass."""
    library, q = planner.library, query.state.q
    there = _travel(planner, q, library)
    for k in goals:
        goal = query.goals[k]
        near = np.argsort(there + _travel(planner, goal, library), kind="stable")[:_NEAREST]
        free = near[_apart(planner, query, library[near], query.time + there[near])]
        for i, w in enumerate(library[_spread(free, query.attempt)]):
            vias = ((w, _passing(planner, q, w, goal)), (goal, None))
            share = _VIA_SHARES[i % len(_VIA_SHARES)]
            yield from _possible(planner, query, Candidate(0.0, "via", int(k), vias, share))


def _spread(rows: np.ndarray, attempt: int) -> np.ndarray:
    """Some of the first, and some from further down: the nearest often share their fate. Each attempt takes others."""
    step = max(1, len(rows) // _DETOURS)
    return np.roll(rows, -attempt)[::step][:_DETOURS]


def _possible(planner: Replanner, query: Query, candidate: Candidate) -> Iterator[Candidate]:
    """The candidate with its duration; nothing where one of its parts is not possible."""
    seconds, state = 0.0, query.state
    for q, v in candidate.vias:
        part = planner.motions.duration(state, q, v, candidate.share)
        if part is None:
            return
        seconds += part
        state = State.passing(q, v)
    yield replace(candidate, seconds=seconds)


def _sorted(*candidates: Iterable[Candidate]) -> list[Candidate]:
    return sorted(chain.from_iterable(candidates), key=lambda candidate: candidate.seconds)


def _travel(planner: Replanner, q: Array, Q: Array) -> Array:
    """Time that the slowest joint needs at full speed between q (n,) and each of Q (m, n), shape (m,) [s]."""
    return np.max(np.abs(Q - q) / planner.motions.bounds.velocity, axis=1)


def _passing(planner: Replanner, q: Array, w: Array, goal: Array) -> Array:
    """A velocity to pass w with, on the way from q to a goal: none for joints that turn round there."""
    bounds, before, after = planner.motions.bounds, w - q, goal - w
    onward = np.where(before * after > 0.0, np.sign(after), 0.0)
    room = np.minimum(np.abs(before), np.abs(after))
    return onward * np.minimum(_PASSING * bounds.velocity, np.sqrt(bounds.acceleration * room))


def _apart(planner: Replanner, query: Query, Q: Array, times: Array) -> np.ndarray:
    """Whether the arm at each of Q, shape (m, n), keeps off all threats at its own time, shape (m,)."""
    free = np.ones(len(Q), dtype=bool)
    for threat in query.threats:
        grow = threat.grow(times) + query.margin
        free &= ~planner.moving.touches(Q, threat.mover, threat.shift(times), grow)
    return free


def library_of(
    robot: RobotModel,
    static: CompiledChecker,
    places: Array,
    rng: np.random.Generator,
    count: int = 300,
) -> Array:
    """Joint positions free of what stands still: around the ways between places, and with the arm drawn in.

    Args:
        places: Where the arm starts and goes to, shape (k, n) [rad].
        rng: Draws them.
    Returns:
        Shape (m, n), m at most `count` and the places.
    """
    limits, half = robot.limits, count // 2
    low, high = places.min(axis=0) - 0.8, places.max(axis=0) + 0.8
    low, high = np.maximum(low, limits.lower), np.minimum(high, limits.upper)
    ends = places[rng.integers(len(places), size=(2, 4 * half))]
    share = rng.uniform(size=(4 * half, 1))
    around = ends[0] + share * (ends[1] - ends[0]) + rng.normal(0.0, 0.4, ends[0].shape)
    around = np.clip(around, low, high)
    drawn = _drawn_in(robot, rng.uniform(low, high, (20 * half, robot.dof)))[: 4 * half]
    kept = [places]
    for group in (around, drawn):
        free = [q for q in group if static.free(q, 0.02)]
        kept.append(np.array(free[:half]).reshape(-1, robot.dof))
    return np.vstack(kept)


def _drawn_in(robot: RobotModel, Q: Array) -> Array:
    """Positions sorted by how far any part reaches from the base's axis, nearest first."""
    from robolab.robots.chain import frame_poses

    frames = frame_poses(robot.chain, Q)
    tool = frames[:, -1] @ robot.chain.X_last_tcp
    points = np.concatenate([frames[:, :, :2, 3], tool[:, None, :2, 3]], axis=1)
    reach = np.linalg.norm(points - robot.X_world_base[:2, 3], axis=2).max(axis=1)
    return Q[np.argsort(reach, kind="stable")]
