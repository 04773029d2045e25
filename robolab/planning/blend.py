"""Round the corner between two paths, so that the arm need not stop there."""

from __future__ import annotations

from itertools import pairwise
from math import factorial

import numpy as np
from scipy.optimize import brentq

from robolab.core.transforms import Array
from robolab.kernels.compiled import CompiledChecker
from robolab.planning.contract import Planned
from robolab.robots.model import RobotModel
from robolab.trajectory.polynomial import PiecewisePolynomial, hermite

_HALVINGS = 5
_SAMPLES = 24


def blend(
    robot: RobotModel, first: Planned, second: Planned, radius: float, checker: CompiledChecker
) -> Planned | None:
    """Join two paths that meet, leaving the first and entering the second within a radius of the corner.

    The bridge is a polynomial of degree 7 that matches three derivatives at both its ends. It must be as
    clear of obstacles as the checker asks; otherwise the radius is halved, a few times.

    Args:
        radius: Greatest distance of the tool from the corner where the bridge begins and ends [m].
    Returns:
        One path over [0, 1], or None if no bridge is free: then the arm stops at the corner.
    """
    for halving in range(_HALVINGS):
        reach = radius / 2**halving
        leave = 1.0 - _distance_in(robot, first.path, 1.0, reach)
        enter = _distance_in(robot, second.path, 0.0, reach)
        joined, span = _bridge(first.path, second.path, leave, enter)
        if _free(checker, joined(np.linspace(*span, _SAMPLES))):
            note = {"blend_radius_m": reach, "blended": [first.planner, second.planner]}
            seconds = first.seconds + second.seconds
            return Planned(joined, second.goal, "blend", seconds, {**second.provenance, **note})
    return None


def _free(checker: CompiledChecker, points: Array) -> bool:
    return all(checker.segment_free(a, b) for a, b in pairwise(points))


def _distance_in(
    robot: RobotModel, path: PiecewisePolynomial, corner: float, reach: float
) -> float:
    """How far into a path, counted from its corner end (0 or 1), the tool is `reach` away; at most half way."""
    inward = 1.0 - 2.0 * corner
    p_corner = robot.fk(path(corner))[:3, 3]

    def excess(u: float) -> float:
        return float(np.linalg.norm(robot.fk(path(corner + inward * u))[:3, 3] - p_corner)) - reach

    return 0.5 if excess(0.5) <= 0.0 else float(brentq(excess, 0.0, 0.5, xtol=1e-9))


def _bridge(
    first: PiecewisePolynomial, second: PiecewisePolynomial, leave: float, enter: float
) -> tuple[PiecewisePolynomial, tuple[float, float]]:
    """Cut both paths, join them by a bridge, and map the whole to [0, 1] with an even joint speed."""
    gap = np.linalg.norm(second(enter) - first(leave))
    speed = [np.linalg.norm(first(leave, 1)), np.linalg.norm(second(enter, 1))]
    lengths = np.array([leave * speed[0], max(gap, 1e-6), (1.0 - enter) * speed[1]])
    a, b = np.cumsum(lengths)[:2] / lengths.sum()
    head = part(first, 0.0, leave, 0.0, float(a))
    tail = part(second, enter, 1.0, float(b), 1.0)
    ends = np.array([[head(a, k), tail(b, k)] for k in range(4)])
    middle = hermite([a, b], ends)
    return concatenate((head, middle, tail)), (float(a), float(b))


def part(
    curve: PiecewisePolynomial, start: float, end: float, low: float, high: float
) -> PiecewisePolynomial:
    """Return the curve between two arguments, mapped linearly to [low, high]."""
    inner = curve.breaks[(curve.breaks > start) & (curve.breaks < end)]
    breaks = np.concatenate([[start], inner, [end]])
    scale = (end - start) / (high - low)
    coefficients = np.stack(
        [curve(breaks[:-1], k) / factorial(k) * scale**k for k in range(curve.degree + 1)]
    )
    mapped = low + (breaks - start) / scale
    mapped[-1] = high
    return PiecewisePolynomial(mapped, coefficients)


def concatenate(curves: tuple[PiecewisePolynomial, ...]) -> PiecewisePolynomial:
    """Join curves, each beginning where the one before it ends."""
    degree = max(curve.degree for curve in curves)
    padded = [np.pad(c.coefficients, ((0, degree - c.degree), (0, 0), (0, 0))) for c in curves]
    breaks = np.concatenate([curves[0].breaks, *(c.breaks[1:] for c in curves[1:])])
    return PiecewisePolynomial(breaks, np.concatenate(padded, axis=1))
