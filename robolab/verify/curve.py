"""Limits of position, velocity, acceleration and jerk over the whole curve, and its joints."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.model import RobotModel
from robolab.trajectory.polynomial import PiecewisePolynomial
from robolab.verify.checks import CHECKS, Case, Check
from robolab.verify.demands import demands
from robolab.verify.motion import derivative, horner, largest
from robolab.verify.report import BEYOND_ALL_SHARES, Finding
from robolab.verify.story import Situation, end_point

_MICROSECOND = 1e-6
_ROUNDING = 1e-9
"""How far beyond its limit a position may lie: a goal on a limit is met to the last digits only [rad or m]."""
_PER = ("", "/s", "/s2", "/s3")
_UNLIMITED = 1e6
"""Stands for the limit of a joint that has none."""


def worst_component(
    curve: PiecewisePolynomial, order: int, centre: Array, half: Array
) -> tuple[int, float, float, float]:
    """Find the joint that uses most of its range, over the continuum.

    Args:
        centre, half: Of the allowed range of that derivative, shape (n,).
    Returns:
        Joint, share, value and time since the start of the curve.
    """
    coefficients = derivative(curve.coefficients, order).copy()
    coefficients[0] -= centre
    scaled = PiecewisePolynomial(curve.breaks, coefficients / half)
    best = (0, -np.inf, 0.0, 0.0)
    for sign in (1.0, -1.0):
        for joint, top in enumerate(largest(scaled, 0, sign)):
            if top.value > best[1]:
                value = sign * top.value * half[joint] + centre[joint]
                best = (joint, top.value, float(value), top.time - float(curve.breaks[0]))
    return best


def _range(robot: RobotModel, order: int, share: float) -> tuple[Array, Array]:
    limits = robot.limits
    if order == 0:
        lower, upper = (np.clip(x, -_UNLIMITED, _UNLIMITED) for x in (limits.lower, limits.upper))
        return (lower + upper) / 2.0, (upper - lower) / 2.0
    half = np.asarray((limits.velocity, limits.acceleration, limits.jerk)[order - 1]) * share
    return np.zeros_like(half), np.minimum(half, _UNLIMITED)


def _limit_check(name: str, order: int) -> Check:
    def check(case: Case) -> Iterator[Finding]:
        for situation in case.situations:
            share = demands(situation, case.scene).limits_share
            centre, half = _range(case.robot, order, share)
            curve = situation.leg.trajectory.curve
            joint, used, value, time = worst_component(curve, order, centre, half)
            margin = float((1.0 - used) * half[joint])
            yield Finding(
                check=name,
                share=used,
                value=value,
                limit=float(centre[joint] + np.copysign(half[joint], value - centre[joint])),
                margin=margin,
                ok=margin >= (-_ROUNDING if order == 0 else 0.0),
                unit=case.arm.units[joint] + _PER[order],
                leg=situation.leg.name,
                index=situation.index,
                where=(case.robot.joints[joint],),
                time=time,
            )

    return check


for _order, _name in enumerate(("position", "velocity", "acceleration", "jerk")):
    CHECKS.register(_name)(_limit_check(_name, _order))


@CHECKS.register("continuity")
def continuity(case: Case) -> Iterator[Finding]:
    """Position, velocity and acceleration agree where pieces meet, and vanish at both ends.

    A jump is excused up to what the next higher limit allows within a microsecond.
    """
    limits = case.robot.limits
    excused = np.array([limits.velocity, limits.acceleration, limits.jerk]) * _MICROSECOND
    previous: Array | None = None
    for situation in case.situations:
        leg = situation.leg
        jumps, times = _jumps(leg.trajectory.curve)
        names = ["where pieces meet"] * len(times)
        names[0], names[-1] = "at the start, which must be at rest", "at the end"
        if previous is not None:
            jump = np.zeros((1, *excused.shape))
            jump[0, 0] = end_point(leg, 0) - previous
            jumps, times = np.concatenate([jump, jumps]), np.concatenate([[0.0], times])
            names = ["against the leg before", *names]
        previous = end_point(leg, -1)
        yield _worst_jump(case, situation, np.abs(jumps), excused, times, names)


def _jumps(curve: PiecewisePolynomial) -> tuple[Array, Array]:
    """Jumps of q, q', q'' at every break, shape (m + 1, 3, n); rest lies beyond both ends."""
    widths = np.diff(curve.breaks)
    pieces = np.arange(widths.size)
    jumps = np.zeros((widths.size + 1, 3, curve.coefficients.shape[2]))
    for order in range(3):
        coefficients = derivative(curve.coefficients, order)
        left = horner(coefficients, pieces, np.zeros(widths.size))
        right = horner(coefficients, pieces, widths)
        jumps[1:-1, order] = left[1:] - right[:-1]
        if order > 0:
            jumps[0, order], jumps[-1, order] = left[0], right[-1]
    return jumps, curve.breaks - curve.breaks[0]


def _worst_jump(
    case: Case,
    situation: Situation,
    jumps: Array,
    excused: Array,
    times: Array,
    names: list[str],
) -> Finding:
    shares = jumps / excused
    at, order, joint = np.unravel_index(int(np.argmax(shares)), shares.shape)
    share = float(shares[at, order, joint])
    quantity = ("position", "velocity", "acceleration")[order]
    value, limit = float(jumps[at, order, joint]), float(excused[order, joint])
    ok = share <= 1.0
    unit = case.arm.units[joint] + _PER[order]
    detail = "" if ok else f"{quantity} jumps by {value:.3g} {unit} {names[at]}"
    return Finding(
        check="continuity",
        share=min(share, BEYOND_ALL_SHARES),
        value=value,
        limit=limit,
        margin=limit - value,
        ok=ok,
        unit=unit,
        leg=situation.leg.name,
        index=situation.index,
        where=(case.robot.joints[joint],),
        time=float(times[at]),
        detail=detail,
    )
