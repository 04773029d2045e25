"""Random paths through random limits: nothing may be exceeded, and time must scale as limits do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from robolab.robots.model import Payload, RobotModel
from robolab.trajectory.polynomial import PiecewisePolynomial, extrema, from_bernstein
from robolab.trajectory.timing import time_path

quick = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
seeds = st.integers(0, 2**31)


def random_path(robot: RobotModel, seed: int, size: float) -> PiecewisePolynomial:
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=(int(rng.integers(3, 9)), robot.dof))
    return from_bernstein(robot.home + size * np.cumsum(steps, axis=0))


@quick
@given(
    seed=seeds,
    size=st.floats(1e-3, 0.5),
    mass=st.sampled_from([0.0, 2.0, 6.0]),
    stiffness=st.floats(0.3, 60.0),
)
def test_no_limit_is_exceeded(
    ur10e: RobotModel, seed: int, size: float, mass: float, stiffness: float
) -> None:
    limits = replace(ur10e.limits, jerk=stiffness * ur10e.limits.jerk)
    robot = replace(ur10e, limits=limits)
    payload = Payload(mass, np.array([0.0, 0.02, 0.1])) if mass else None
    curve = time_path(robot, random_path(robot, seed, size), payload=payload).curve
    for order, bound in enumerate((limits.velocity, limits.acceleration, limits.jerk), start=1):
        low, high = extrema(curve, order)
        assert np.all(high <= bound)
        assert np.all(low >= -bound)
    q, qd, qdd = curve.jet(np.linspace(0.0, curve.end, 1501), 2)
    torque = robot.inverse_dynamics(q, qd, qdd, payload)
    motors = robot.motors
    drive = torque + motors.coulomb * np.sign(qd) + motors.viscous * qd
    assert np.max(np.maximum(np.abs(torque), np.abs(drive)) / limits.torque) <= 1.0


@quick
@given(seed=seeds, slower=st.floats(1.2, 4.0))
def test_time_scales_with_the_limits(ur10e: RobotModel, seed: int, slower: float) -> None:
    """Limits of velocity, acceleration and jerk by 1/k, 1/k², 1/k³ make a motion k times as long."""
    fast = replace(ur10e, limits=replace(ur10e.limits, torque=1e6 * ur10e.limits.torque))
    slow_limits = replace(
        fast.limits,
        velocity=fast.limits.velocity / slower,
        acceleration=fast.limits.acceleration / slower**2,
        jerk=fast.limits.jerk / slower**3,
    )
    path = random_path(ur10e, seed, 0.2)
    slow = time_path(replace(fast, limits=slow_limits), path).duration
    assert slow == pytest.approx(slower * time_path(fast, path).duration, rel=1e-3)


@quick
@given(seed=seeds)
def test_the_way_back_takes_as_long(ur10e: RobotModel, seed: int) -> None:
    """Without friction, forces do not know the direction of time."""
    still = replace(
        ur10e,
        motors=replace(ur10e.motors, coulomb=np.zeros(6), viscous=np.zeros(6)),
    )
    rng = np.random.default_rng(seed)
    points = still.home + 0.3 * np.cumsum(rng.normal(size=(6, 6)), axis=0)
    there = time_path(still, from_bernstein(points)).duration
    back = time_path(still, from_bernstein(points[::-1])).duration
    assert back == pytest.approx(there, rel=0.01)
