"""The rest of a motion under way, timed anew for another load."""

import numpy as np
import pytest

from robolab.core.transforms import Array
from robolab.robots.model import Payload, RobotModel
from robolab.trajectory import timing_solver
from robolab.trajectory.loads import LoadRange, scaled
from robolab.trajectory.polynomial import PiecewisePolynomial, from_bernstein
from robolab.trajectory.retiming import moving_at, retime_rest
from robolab.trajectory.timing import TimingSettings, time_path
from robolab.trajectory.timing_usage import limit_usage
from robolab.trajectory.trajectory import LegRequirements, Trajectory

HEAVY = Payload(10.0, np.array([0.0, 0.0, 0.1]), 0.1 * np.eye(3))
OPEN = LoadRange.around(HEAVY, 0.1, 10.0, 0.02)
FELT = LoadRange.around(HEAVY, 2.0, 4.0, 0.03)
SLOW = LegRequirements(0.0, 0.0, tool_acceleration=3.0)
QUICK = LegRequirements(0.0, 0.0, tool_acceleration=9.0)


@pytest.fixture(scope="module")
def path(ur10e: RobotModel) -> PiecewisePolynomial:
    """A way on which the arm stretches out and swings round."""
    a = np.array([-1.2, -1.1, 1.4, -1.6, -1.5, 0.2])
    b = np.array([1.1, -0.7, 0.9, -1.9, -1.2, -0.3])
    points = np.linspace(a, b, 8)
    points[1:-1] += 0.1 * np.random.default_rng(2).normal(size=(6, 6))
    return from_bernstein(points)


@pytest.fixture(scope="module")
def under_way(ur10e: RobotModel, path: PiecewisePolynomial) -> PiecewisePolynomial:
    settings = TimingSettings(margin=0.01)
    return time_path(ur10e, path, payload=OPEN, requirements=SLOW, settings=settings).curve


def jumps(curve: PiecewisePolynomial) -> Array:
    """Largest jumps of position, velocity and acceleration between pieces, shape (3,)."""
    inner = curve.breaks[1:-1]
    widths = np.diff(curve.breaks)[:-1]
    before = [
        sum(
            curve.coefficients[p, :-1]
            * np.prod(range(p - k + 1, p + 1))
            * widths[:, None] ** (p - k)
            for p in range(k, curve.degree + 1)
        )
        for k in range(3)
    ]
    after = curve.jet(inner, 2)
    return np.max(np.abs(np.array(before) - after), axis=(1, 2))


@pytest.mark.parametrize("share", [0.15, 0.4, 0.6])
def test_the_rest_is_quicker_and_continuous_and_keeps_all_limits(
    ur10e: RobotModel, path: PiecewisePolynomial, under_way: PiecewisePolynomial, share: float
) -> None:
    at = share * under_way.end
    found = retime_rest(ur10e, path, under_way, at, load=FELT, requirements=QUICK)
    assert found is not None
    assert at <= found.taken_over < at + 0.1
    assert found.curve.end < under_way.end - 0.02
    same = np.linspace(0.0, found.taken_over, 50)
    assert np.allclose(found.curve(same), under_way(same), atol=1e-12)
    assert np.allclose(found.curve(found.curve.end), path(path.end), atol=1e-9)
    assert np.allclose(found.curve.jet(found.curve.end, 2)[1:], 0.0, atol=1e-7)
    assert np.all(jumps(found.curve) < [1e-9, 1e-7, 1e-5])
    for mass in (2.0, 3.0, 4.0):
        load = Payload(mass, np.array([0.02, -0.02, 0.1]), scaled(HEAVY, mass).inertia)
        used = limit_usage(ur10e, Trajectory(ur10e.joints, found.curve), load, QUICK, step=5e-4)
        assert np.max(used.greatest) < 1.0 + 1e-6


def test_what_is_as_good_as_over_or_no_lighter_goes_on_as_it_was(
    ur10e: RobotModel, path: PiecewisePolynomial, under_way: PiecewisePolynomial
) -> None:
    late = under_way.end - 0.02
    assert retime_rest(ur10e, path, under_way, late, load=FELT, requirements=QUICK) is None
    beyond = under_way.end + 1.0
    assert retime_rest(ur10e, path, under_way, beyond, load=FELT, requirements=QUICK) is None
    # As long as the whole range is possible, nothing is gained.
    half = 0.5 * under_way.end
    slower = LegRequirements(0.0, 0.0, tool_acceleration=2.5)
    assert retime_rest(ur10e, path, under_way, half, load=OPEN, requirements=slower) is None


def test_where_a_motion_is_on_its_path_is_found(
    ur10e: RobotModel, path: PiecewisePolynomial, under_way: PiecewisePolynomial
) -> None:
    at = float(under_way.breaks[len(under_way.breaks) // 3])
    found = moving_at(ur10e, path, under_way, at)
    assert found is not None
    q, qd, qdd = under_way.jet(at, 2)
    point, along, bend = path.jet(found.where, 2)
    assert np.allclose(point, q, atol=1e-9)
    assert np.allclose(along * found.rate, qd, atol=1e-6)
    assert np.allclose(bend * found.rate**2 + along * found.change, qdd, atol=1e-4)


def test_a_motion_elsewhere_is_not_on_the_path(
    ur10e: RobotModel, path: PiecewisePolynomial, under_way: PiecewisePolynomial
) -> None:
    at = float(under_way.breaks[len(under_way.breaks) // 3])
    assert moving_at(ur10e, path, under_way.shifted(np.full(6, 0.01)), at) is None
    assert moving_at(ur10e, path, under_way, under_way.end) is None


def test_a_range_is_timed_no_quicker_than_its_heaviest(
    ur10e: RobotModel, path: PiecewisePolynomial
) -> None:
    durations = [
        time_path(ur10e, path, payload=load).duration
        for load in (LoadRange.around(HEAVY, 0.1, 10.0, 0.0), scaled(HEAVY, 2.0))
    ]
    heavy = time_path(ur10e, path, payload=HEAVY).duration
    assert durations[0] >= heavy * (1.0 - 2e-3)
    assert durations[1] < heavy


def test_only_from_a_state_under_way_is_a_poor_solution_given_up(
    ur10e: RobotModel,
    path: PiecewisePolynomial,
    under_way: PiecewisePolynomial,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timing_solver, "_UNSOUND", 0.0)
    half = 0.5 * under_way.end
    assert retime_rest(ur10e, path, under_way, half, load=FELT, requirements=QUICK) is None
    # From rest, what a solution lacks is mended by slowing it down.
    assert time_path(ur10e, path, payload=HEAVY).duration > 0.0
