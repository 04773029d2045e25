from __future__ import annotations

import numpy as np
import pytest

from robolab.jobs.live_timeline import Timeline
from robolab.trajectory.jerk_limited import Bounds, JerkLimited, State
from robolab.trajectory.polynomial import PiecewisePolynomial

MOTIONS = JerkLimited(Bounds(np.full(2, 1.0), np.full(2, 4.0), np.full(2, 60.0)))


def reach(state: State, goal: float, time: float) -> PiecewisePolynomial:
    curve = MOTIONS.reach(state, np.array([goal, -goal]), time=time)
    assert curve is not None
    return curve


def test_a_new_curve_takes_over_from_the_moving_state() -> None:
    timeline = Timeline(np.zeros(2))
    timeline.commit(reach(timeline.state(0.1), 1.0, 0.1))
    assert np.array_equal(timeline.state(0.05).q, np.zeros(2))
    middle = timeline.state(0.6)
    assert np.abs(middle.v).max() > 0.5
    timeline.commit(reach(middle, -1.0, 0.6))
    end = timeline.latest.end + 0.2
    motion = timeline.between(0.0, end)
    assert (motion.start, motion.end) == (0.0, pytest.approx(end))
    assert np.allclose(motion(end), [-1.0, 1.0], atol=1e-9)
    for order in range(3):
        jump = motion(0.6 + 1e-9, order) - motion(0.6 - 1e-9, order)
        assert np.allclose(jump, 0.0, atol=1e-6)


def test_a_stop_drops_what_would_have_begun_with_it() -> None:
    timeline = Timeline(np.zeros(2))
    timeline.commit(reach(timeline.state(0.1), 1.0, 0.1))
    state = timeline.state(0.5)
    timeline.commit(reach(state, 2.0, 0.5))
    stop = MOTIONS.stop(state, 0.5)
    assert stop is not None
    timeline.commit(stop)
    motion = timeline.between(0.0, 2.0)
    assert np.allclose(motion(2.0, 1), 0.0)
    assert np.abs(motion(2.0)).max() < 0.9
    assert np.array_equal(timeline.state(2.0).q, motion(2.0))
