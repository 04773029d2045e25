"""Make a checked curve a faster one: shape and speed sought together under the joints' own limits, then checked again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import lru_cache

import numpy as np

from robolab.core.errors import PlanningError
from robolab.core.transforms import Array
from robolab.kernels.compiled import CompiledChecker
from robolab.kernels.compiled_polish import Pace, Weights, place_points
from robolab.planning.contract import NoPlan, Planned, Problem
from robolab.planning.proposal import POLISHED, Change
from robolab.planning.spline import curve_of
from robolab.trajectory.jerk_limited import Bounds, JerkLimited, State
from robolab.trajectory.polynomial import PiecewisePolynomial
from robolab.trajectory.timing import time_path
from robolab.trajectory.timing_path import chain_rule

_POINTS = 12
"""Control points of what is polished."""
_NODES = 48
"""Instants at which limits are looked at."""
_UNIT = 0.3
"""How much the logarithm of the duration counts for in a step of length one."""
_LATE = 0.05
"""The search begins with a duration longer than the least by this share."""
_TOLERANCE = 1e-5
_SHARES = (0.8, 0.5, 0.25)
"""How much of the change is tried, in turn, where none of the rounds makes a free curve."""
_INSIDE = 1e-5
"""Inner control points stay this far inside the joint limits, for the rounding of what follows [rad or m]."""
_METRIC = np.array([1.0, 0.1, 0.1])
"""What changes of speed, acceleration and jerk count for in how long a step is."""
_STANDING = 1e-3
"""A motion in which no joint travels farther is left alone [rad or m]."""


@dataclass(frozen=True)
class Round:
    """One go of the minimiser: at how many instants clearances are looked at, how they weigh, and how long it goes on.

    Attributes:
        thinner: By how much the arm is taken to be thinner than its spheres, which stand out of it [m].
        reach: Slack below which obstacles push [m].
    """

    samples: int
    thinner: float
    clearance: float
    reach: float
    iterations: int

    @property
    def weights(self) -> Weights:
        """What things cost in it."""
        return Weights(15.0, self.clearance, self.reach, full=0.98, unit=_UNIT)


_ROUNDS = (
    Round(16, 0.01, 1.0, 0.005, 30),
    Round(40, 0.003, 5.0, 0.01, 15),
    Round(40, 0.0, 20.0, 0.02, 15),
)
"""In turn, until the curve is free. Half as long again gains up to 0.4 % and takes one to seven milliseconds."""


def polish(problem: Problem, planned: Planned) -> Planned:
    """Shape a checked curve for time and check it again.

    Velocity, acceleration, jerk and the tool's speed are kept in view, torque is not: where that is what
    bounds the motion, `faster` says which of the two to take.

    Returns:
        What was given where nothing better was free.
    """
    ready = problem.ready
    start, goal = planned.path(planned.path.start), planned.path(planned.path.end)
    if isinstance(ready, NoPlan) or np.max(np.abs(goal - start)) < _STANDING:
        return planned
    points = _fitted(planned.path)
    z = np.zeros((_POINTS - 1, len(start)))
    z[0, 0] = _LATE / _UNIT
    found = points
    for one in _ROUNDS:
        found = _moved(ready.checker, pace_of(problem, points, one.samples), one, z)
        if ready.checker.curve_free(curve_of(found)):
            return _told(problem, planned, curve_of(found))
    for share in _SHARES:
        curve = curve_of(points + share * (found - points))
        if ready.checker.curve_free(curve):
            return _told(problem, planned, curve)
    return planned


def _moved(checker: CompiledChecker, pace: Pace, one: Round, z: Array) -> Array:
    """Move coordinates downhill in place; return the control points that they stand for."""
    checker.polish(pace, one.weights, z, one.iterations, _TOLERANCE, one.thinner)
    found = np.empty_like(pace.base)
    place_points(pace, z, found)
    found[1:-1] = np.clip(found[1:-1], *pace.bounds)
    return found


def _told(problem: Problem, planned: Planned, curve: PiecewisePolynomial) -> Planned:
    change = Change.between(planned.path, curve, problem.robot.joints)
    return replace(planned, path=curve, provenance={**planned.provenance, POLISHED: asdict(change)})


def faster(problem: Problem, planned: Planned) -> Planned:
    """Polish a curve, and take it where its motion, with payload and every limit, is the shorter one."""
    polished = polish(problem, planned)
    if polished is planned:
        return planned
    return min((planned, polished), key=lambda one: _duration(problem, one))


def _duration(problem: Problem, planned: Planned) -> float:
    try:
        return time_path(
            problem.robot,
            planned.path,
            payload=problem.payload,
            requirements=problem.requirements,
        ).duration
    except PlanningError:
        return np.inf


def pace_of(problem: Problem, points: Array, samples: int) -> Pace:
    """Return the form of motions near a curve.

    The law is that of the joint which takes longest, by the fastest motion that its own limits allow.

    Args:
        points: Control points, shape (m, n). samples: How many instants to look at clearances.
    """
    limits, asked = problem.robot.limits, problem.requirements
    own = Bounds(
        *(v * asked.limits_share for v in (limits.velocity, limits.acceleration, limits.jerk))
    )
    alone = JerkLimited(own)
    motion = alone.reach(State.at_rest(points[0]), points[-1])
    assert motion is not None, "from rest to rest there is always a motion"
    joint, duration = alone.slowest(), motion.end
    instants = np.concatenate([_middles(_NODES), _middles(samples)])
    law = motion.jet(instants * duration, 3)[..., joint] - points[0, joint] * _FIRST
    law *= (duration ** np.arange(4))[:, None] / (points[-1, joint] - points[0, joint])
    jet = np.stack(chain_rule(_basis().jet(np.clip(law[0], 0.0, 1.0), 3), law[..., None]))
    bounds = np.stack([b * duration**k for k, b in enumerate(vars(own).values(), start=1)])
    return Pace(
        values=np.ascontiguousarray(jet[0, _NODES:]),
        rates=np.ascontiguousarray(jet[1:, :_NODES]),
        limits=bounds,
        base=points,
        way=_smooth_way(jet[1:, :_NODES, 1:-1] / bounds[:, joint, None, None]),
        scale=limits.velocity / limits.velocity[joint],
        bounds=np.stack([limits.lower + _INSIDE, limits.upper - _INSIDE]),
        tool_step=(asked.tool_speed or 0.0) * duration / samples,
    )


def _middles(count: int) -> Array:
    return (np.arange(count) + 0.5) / count


_FIRST = np.array([[1.0], [0.0], [0.0], [0.0]])


def _smooth_way(rates: Array) -> Array:
    """Return the matrix from coordinates in which a unit step changes speed as much as acceleration and jerk together.

    Args:
        rates: First three derivatives of the inner points' basis, as shares of limits, shape (3, k, m - 2).
    """
    metric = np.einsum("o,oki,okj->ij", _METRIC, rates, rates) / rates.shape[1]
    return np.ascontiguousarray(np.linalg.inv(np.linalg.cholesky(metric).T))


@lru_cache(maxsize=1)
def _basis() -> PiecewisePolynomial:
    """The basis as a curve: each of its values is that of one control point's share."""
    return curve_of(np.eye(_POINTS))


@lru_cache(maxsize=1)
def _fit() -> tuple[Array, Array, Array]:
    """Places along a curve, the basis there, and what gives the inner points that lie closest."""
    places = _middles(5 * _POINTS)
    basis = _basis()(places)
    inverse: Array = np.linalg.pinv(basis[:, 1:-1]).astype(float)
    return places, basis, inverse


def _fitted(path: PiecewisePolynomial) -> Array:
    """Control points of the spline nearest to a path, ends exact, shape (m, n)."""
    places, basis, inverse = _fit()
    Q: Array = path(path.start + (path.end - path.start) * places)
    ends = np.stack([path(path.start), path(path.end)])
    inner = inverse @ (Q - basis[:, [0, -1]] @ ends)
    return np.vstack([ends[:1], inner, ends[1:]])
