"""Time parameterisation: the fastest motion along a path that all limits allow.

The path stays as it is; how fast it is run through is optimised under limits of velocity,
acceleration, jerk and torque with the payload in hand, and of the tool's speed and acceleration.
A first solution on few spans gives a parameter in which the motion is nearly uniform; a second
one on more spans refines it there. The result is fitted by quintics and then checked, and slowed
down if need be, as the polynomial that it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.model import Payload, RobotModel
from robolab.trajectory.polynomial import PiecewisePolynomial, hermite
from robolab.trajectory.timing_fit import fit_quintics, within_limits
from robolab.trajectory.timing_limits import MotionLimits, rows_along
from robolab.trajectory.timing_path import graded_profile, jet_along, retimed, smooth_start
from robolab.trajectory.timing_solver import Basis, Solution, minimise_time, uniform_basis
from robolab.trajectory.trajectory import LegRequirements, Trajectory

_HOT = 10.0
"""How far above the greatest feasible constant x the solver starts: it falls faster than it climbs."""


@dataclass(frozen=True)
class TimingSettings:
    """How finely and how closely to optimise.

    Attributes:
        coarse_spans, spans: Spans of the speed profile in the first and the second solution.
        coarse_tolerance, tolerance: Share of the time that may be left to gain in each.
        margin: Share of every limit held back for what happens between collocation points.
        refinements: How often at most to solve on fine spans; each time there are twice as many.
        worthwhile: Share of the time that must be in sight for another refinement: what the last
            one gained, or what was lost when the fitted curve had to be slowed down.
        still_for: Duration of a motion that goes nowhere [s].
    """

    coarse_spans: int = 32
    spans: int = 64
    coarse_tolerance: float = 0.03
    tolerance: float = 5e-4
    margin: float = 2e-3
    refinements: int = 3
    worthwhile: float = 0.015
    still_for: float = 0.01


def time_path(
    robot: RobotModel,
    path: PiecewisePolynomial,
    *,
    payload: Payload | None = None,
    requirements: LegRequirements | None = None,
    settings: TimingSettings | None = None,
) -> Trajectory:
    """Run through a path from rest to rest in nearly the least time that the limits allow.

    Args:
        path: Joint positions over any range, at least twice, better three times continuously
            differentiable, shape of values (n,) [rad or m]. Its derivative should not vanish:
            where the path itself comes to rest, the motion does too, and takes longer for it.
        payload: What the tool carries.
        requirements: Tool speed and acceleration, and the share of the limits to use.
    Returns:
        Trajectory of quintic pieces, continuous in acceleration; all limits hold along the curve.
    Raises:
        PlanningError: a joint cannot hold arm and payload still somewhere on the path.
        ValueError: the path has another number of joints.
    """
    settings = settings or TimingSettings()
    if path.dimension != robot.dof:
        raise ValueError(f"path has {path.dimension} joints, robot {robot.name} has {robot.dof}")
    limits = MotionLimits.of(robot, payload, requirements)
    if _goes_nowhere(path):
        q = path(path.start)
        still = np.zeros_like(q)
        curve = hermite([0.0, settings.still_for], [[q, q], [still, still], [still, still]])
        return Trajectory(robot.joints, curve)
    return Trajectory(robot.joints, _fastest(limits, path, settings))


def _fastest(
    limits: MotionLimits, path: PiecewisePolynomial, settings: TimingSettings
) -> PiecewisePolynomial:
    warp = smooth_start(path)
    basis = uniform_basis(settings.coarse_spans)
    solution = _solve(limits, path, warp, basis, settings.coarse_tolerance, settings.margin)
    best, spans = None, settings.spans
    for _ in range(settings.refinements):
        expected = solution.time
        even = retimed(warp, basis, solution.coefficients)
        basis = uniform_basis(spans)
        start = None if even is None else graded_profile(basis, expected)
        warp = even or warp
        solution = _solve(limits, path, warp, basis, settings.tolerance, settings.margin, start)
        fitted = fit_quintics(path, warp, basis, solution.coefficients, limits.jerk)
        curve = within_limits(fitted, limits)
        best = curve if best is None or curve.end < best.end else best
        wasted = 1.0 - solution.time / curve.end
        gained = 1.0 - solution.time / expected
        if even is None or max(wasted, gained) < settings.worthwhile:
            break
        spans *= 2
    assert best is not None
    return best


def _goes_nowhere(path: PiecewisePolynomial) -> bool:
    return bool(np.all(np.abs(path.coefficients[1:]) < 1e-12)) and bool(
        np.all(np.abs(path.coefficients[0] - path.coefficients[0, :1]) < 1e-12)
    )


def _solve(
    limits: MotionLimits,
    path: PiecewisePolynomial,
    warp: PiecewisePolynomial,
    basis: Basis,
    tolerance: float,
    margin: float,
    start: Array | None = None,
) -> Solution:
    where = (warp(basis.u)[:, 0] - path.start) / (path.end - path.start)
    rows = rows_along(limits, jet_along(path, warp, basis.u), where, margin)
    steady = rows.greatest_constant()
    # Where the path stands still nothing bounds the speed; a cap far above need does.
    rows = rows.capped(1e5 * steady)
    if start is None:
        start = np.full(basis.size, _HOT * steady)
    return minimise_time(basis, rows, start, tolerance)
