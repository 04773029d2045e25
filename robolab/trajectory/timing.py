"""Time parameterisation: the fastest motion along a path that all limits allow.

The path stays as it is; how fast it is run through is optimised under limits of velocity,
acceleration, jerk and torque with the payload in hand, and of the tool's speed and acceleration.
A first solution on few spans gives a parameter in which the motion is nearly uniform; a second
one on more spans refines it there. The result is fitted by quintics and then checked, and slowed
down if need be, as the polynomial that it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.model import RobotModel
from robolab.trajectory.loads import Load
from robolab.trajectory.polynomial import PiecewisePolynomial, hermite
from robolab.trajectory.timing_fit import fit_quintics, within_limits
from robolab.trajectory.timing_limits import MotionLimits, rows_along
from robolab.trajectory.timing_path import (
    Moving,
    graded_profile,
    jet_along,
    retimed,
    smooth_start,
)
from robolab.trajectory.timing_solver import Basis, Solution, minimise_time, uniform_basis
from robolab.trajectory.trajectory import LegRequirements, Trajectory

_HOT = 10.0
"""How far above the greatest feasible constant x the solver starts: it falls faster than it climbs."""
_BEGINNING = 0.1
"""Share of the working parameter over which a motion under way comes to hold back the whole margin."""
_SUDDEN = 0.1
"""Share of the jerk limits held back at first by a motion under way."""


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
    payload: Load = None,
    requirements: LegRequirements | None = None,
    settings: TimingSettings | None = None,
) -> Trajectory:
    """Run through a path from rest to rest in nearly the least time that the limits allow.

    Args:
        path: Joint positions over any range, at least twice, better three times continuously
            differentiable, shape of values (n,) [rad or m]. Its derivative should not vanish:
            where the path itself comes to rest, the motion does too, and takes longer for it.
        payload: What the tool carries; with a range of loads, the limits hold for every one in it.
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
    best = None
    for curve, time, expected in refined(limits, path, settings):
        slowed = within_limits(curve, limits)
        best = slowed if best is None or slowed.end < best.end else best
        if max(1.0 - time / slowed.end, 1.0 - time / expected) < settings.worthwhile:
            break
    assert best is not None
    return Trajectory(robot.joints, best)


def refined(
    limits: MotionLimits,
    path: PiecewisePolynomial,
    settings: TimingSettings,
    start: Moving | None = None,
) -> Iterator[tuple[PiecewisePolynomial, float, float]]:
    """Yield fitted curves from solutions on more and more spans, with the times of this one and the one before it [s].

    Args:
        start: A state under way to go on from; without it, from rest at the path's beginning.
    """
    warp = smooth_start(path, start)
    basis, spans = uniform_basis(settings.coarse_spans), settings.spans
    problem = _Problem(limits, path, settings.margin, start)
    solution = problem.solve(warp, basis, settings.coarse_tolerance)
    for _ in range(settings.refinements):
        if start is not None and not solution.sound:
            return
        expected = solution.time
        even = retimed(warp, basis, solution.coefficients, start)
        basis = uniform_basis(spans)
        profile = None if even is None else graded_profile(basis, expected)
        warp = even or warp
        solution = problem.solve(warp, basis, settings.tolerance, profile)
        if start is not None and not solution.sound:
            return
        curve = fit_quintics(path, warp, basis, solution.coefficients, limits.jerk, start)
        yield curve, solution.time, expected
        if even is None:
            return
        spans *= 2


def _goes_nowhere(path: PiecewisePolynomial) -> bool:
    return bool(np.all(np.abs(path.coefficients[1:]) < 1e-12)) and bool(
        np.all(np.abs(path.coefficients[0] - path.coefficients[0, :1]) < 1e-12)
    )


@dataclass(frozen=True)
class _Problem:
    """A path to run through under limits; see `TimingSettings` for the margin, `refined` for the start."""

    limits: MotionLimits
    path: PiecewisePolynomial
    margin: float
    start: Moving | None

    def solve(
        self,
        warp: PiecewisePolynomial,
        basis: Basis,
        tolerance: float,
        profile: Array | None = None,
    ) -> Solution:
        """Find x(u) along the warped path, from a first guess of it where there is one."""
        path = self.path
        where = (warp(basis.u)[:, 0] - path.start) / (path.end - path.start)
        P = jet_along(path, warp, basis.u)
        rows = rows_along(self.limits, P, where, *self._held_back(basis))
        steady = rows.greatest_constant()
        # Where the path stands still nothing bounds the speed; a cap far above need does.
        rows = rows.capped(1e5 * steady)
        if profile is None:
            profile = np.full(basis.size, _HOT * steady)
        if self.start is None:
            return minimise_time(basis, rows, profile, tolerance)
        pinned = self.start.pinned(warp, basis)
        profile = np.concatenate([pinned, profile[pinned.size :]])
        return minimise_time(basis, rows, profile, tolerance, pinned=pinned.size)

    def _held_back(self, basis: Basis) -> tuple[Array, Array]:
        """Share of the limits, and of that of jerk, held back at the points.

        Where a state under way is given, nothing of what it fixes can be; but there the jerk, which it leaves
        free, changes fastest.
        """
        margin = np.full(basis.u.size, self.margin)
        if self.start is None:
            return margin, margin
        late = np.minimum(1.0, basis.u / _BEGINNING)
        return margin * late, 3.0 * margin + _SUDDEN * (1.0 - late)
