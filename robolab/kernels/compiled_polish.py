"""Shaping a motion for time, compiled: its curve and its duration together, clear of obstacles.

The motion is P(sigma(t / T)): a spline P that is run through by a law sigma which stays as it is. P bends in space, and
evens out the law along itself, so that shape and speed are both sought in its control points, and T beside them. What
is beyond a limit costs its square: that leaves little of it, and the timing along the resulting curve leaves none.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from robolab.core.compiled import jit
from robolab.core.transforms import Array
from robolab.kernels.compiled_cost import configuration_cost, push
from robolab.kernels.compiled_descent import Rules, asks, new_descent, outcome, tell
from robolab.kernels.compiled_kinematics import new_room, place_frames

_FIRST, _SHORTEST = 0.1, 1e-4
_QUICKEST = -5.0
"""Logarithm of the duration below which no quicker motion is looked at: far too quick, yet costs stay finite numbers, which
compiled code here relies on. A line whose limits leave room has no curvature at first, and a step of any length."""
_BOUND_WEIGHT = 50.0
"""Of the square of how far a control point lies outside the joint limits [1/rad2]."""


class Pace(NamedTuple):
    """A motion's form. Its m control points are `base`, the inner ones moved by `way` @ z * scale.

    Attributes:
        values: Of the spline's basis at even samples of tau in [0, 1], shape (s, m).
        rates: Its first three derivatives by tau at even nodes, shape (3, k, m).
        limits: What each of them may be at the guessed duration, shape (3, n).
        base: Control points to start from, shape (m, n).
        way: From coordinates z, in which steps are smooth, to inner points, shape (m - 2, m - 2).
        scale: Of each joint, shape (n,).
        bounds: Lower and upper joint limits, shape (2, n).
        tool_step: Greatest way of the tool between samples at the guessed duration [m]; 0 asks nothing.
    """

    values: Array
    rates: Array
    limits: Array
    base: Array
    way: Array
    scale: Array
    bounds: Array
    tool_step: float


class Weights(NamedTuple):
    """What things cost against a relative change of the duration.

    Attributes:
        limits: Of the mean square of what is beyond limits; clearance: of the mean penalty on slack below reach.
        reach: Slack below which obstacles push [m].
        full: Share of the limits to use.
        unit: Logarithm of the duration that weighs as one coordinate.
    """

    limits: float
    clearance: float
    reach: float
    full: float
    unit: float


@jit
def place_points(pace, z, points):
    """Write the control points, shape (m, n), of coordinates z, shape (m - 1, n); the first row is the duration's."""
    points[:] = pace.base
    inner, n = pace.way.shape[0], points.shape[1]
    for i in range(inner):
        for k in range(inner):
            for j in range(n):
                points[i + 1, j] += pace.way[i, k] * z[k + 1, j] * pace.scale[j]


@jit
def _pull_back(pace, pull, gradient):
    """Write the gradient by coordinates of that by control points."""
    inner, n = pace.way.shape[0], pull.shape[1]
    gradient[:] = 0.0
    for i in range(inner):
        for k in range(inner):
            for j in range(n):
                gradient[k + 1, j] += pace.way[i, k] * pull[i + 1, j] * pace.scale[j]


@jit
def _beyond_limits(pace, weights, stretch, points, pull):
    """Cost of derivatives beyond their limits, and its derivative by the logarithm of the duration."""
    _, nodes, count = pace.rates.shape
    n, value = points.shape[1], np.empty(points.shape[1])
    total, by_time, weight = 0.0, 0.0, weights.limits / nodes
    for order in range(3):
        power = order + 1.0
        unit = stretch**-power / pace.limits[order]
        for k in range(nodes):
            value[:] = 0.0
            for i in range(count):
                rate = pace.rates[order, k, i]
                if rate != 0.0:
                    for j in range(n):
                        value[j] += rate * points[i, j]
            worst = 0.0
            for j in range(n):
                share = value[j] * unit[j]
                over = max(abs(share) - weights.full, 0.0)
                worst = max(worst, over)
                total += weight * over * over
                by_time -= 2.0 * weight * over * power * abs(share)
                value[j] = 2.0 * weight * over * np.sign(share) * unit[j]
            if worst > 0.0:
                for i in range(count):
                    rate = pace.rates[order, k, i]
                    if rate != 0.0:
                        for j in range(n):
                            pull[i, j] += rate * value[j]
    return total, by_time


@jit
def _tool_places(body, Q, tool):
    """Write where the tool centre point is at joint positions, shape (s, n) -> (s, 3) [m]."""
    frames, tip = np.empty((body.rows.shape[0] + 1, 12)), body.ends[1, 9:]
    for s in range(Q.shape[0]):
        place_frames(body.rows, body.ends, Q[s], frames)
        f = frames[frames.shape[0] - 1]
        for r in range(3):
            tool[s, r] = (
                f[9 + r] + f[3 * r] * tip[0] + f[3 * r + 1] * tip[1] + f[3 * r + 2] * tip[2]
            )


@jit
def _tool_too_fast(step, weights, tool, force):
    """Cost of a tool faster than allowed, the force on it at each sample, and the derivative by the log of the duration."""
    total, by_time, weight = 0.0, 0.0, weights.limits / tool.shape[0]
    force[:] = 0.0
    for s in range(tool.shape[0] - 1):
        square = 0.0
        for r in range(3):
            square += (tool[s + 1, r] - tool[s, r]) ** 2
        way = np.sqrt(square)
        over = way / step - weights.full
        if over > 0.0:
            total += weight * over * over
            by_time -= 2.0 * weight * over * way / step
            for r in range(3):
                f = 2.0 * weight * over / (step * way) * (tool[s + 1, r] - tool[s, r])
                force[s + 1, r] += f
                force[s, r] -= f
    return total, by_time


class Work(NamedTuple):
    """Where a cost is worked out: control points and their pull (m, n), samples and slopes (s, n), tool and force (s, 3)."""

    points: Array
    pull: Array
    Q: Array
    slope: Array
    tool: Array
    force: Array


@jit
def _samples_cost(body, world, setting, weights, work):
    """Cost of clearances at the samples; their slopes are filled in, the forces on the tool included."""
    load, room = np.empty((body.rows.shape[0] + 1, 6)), new_room(body)
    share = weights.clearance / (weights.reach * work.Q.shape[0])
    total, last = 0.0, load.shape[0] - 1
    for s in range(work.Q.shape[0]):
        load[:] = 0.0
        push(load, last, work.tool[s], work.force[s], 1.0 / share)
        total += configuration_cost(
            body, world, setting, weights.reach, work.Q[s], room, load, work.slope[s]
        )
    work.slope[:] *= share
    return share * total


@jit
def _cost(body, world, setting, pace, weights, z, work, gradient):
    """Cost at coordinates z; writes its gradient."""
    samples, count = pace.values.shape
    n = z.shape[1]
    place_points(pace, z, work.points)
    stretch = np.exp(max(weights.unit * z[0, 0], _QUICKEST))
    work.Q[:] = 0.0
    for s in range(samples):
        for i in range(count):
            value = pace.values[s, i]
            if value != 0.0:
                for j in range(n):
                    work.Q[s, j] += value * work.points[i, j]
    work.pull[:] = 0.0
    total, by_time = _beyond_limits(pace, weights, stretch, work.points, work.pull)
    work.force[:] = 0.0
    if pace.tool_step > 0.0:
        _tool_places(body, work.Q, work.tool)
        more, by = _tool_too_fast(pace.tool_step * stretch, weights, work.tool, work.force)
        total, by_time = total + more, by_time + by
    total += _samples_cost(body, world, setting, weights, work)
    for s in range(samples):
        for i in range(count):
            value = pace.values[s, i]
            if value != 0.0:
                for j in range(n):
                    work.pull[i, j] += value * work.slope[s, j]
    for i in range(1, count - 1):
        for j in range(n):
            p = work.points[i, j]
            over = p - min(max(p, pace.bounds[0, j]), pace.bounds[1, j])
            total += 0.5 * _BOUND_WEIGHT * over * over
            work.pull[i, j] += _BOUND_WEIGHT * over
    _pull_back(pace, work.pull, gradient)
    gradient[0, 0] = weights.unit * (1.0 + by_time)
    return total + weights.unit * z[0, 0]


@jit
def _new_work(pace):
    (samples, count), n = pace.values.shape, pace.base.shape[1]
    return Work(
        np.empty((count, n)),
        np.empty((count, n)),
        np.empty((samples, n)),
        np.empty((samples, n)),
        np.zeros((samples, 3)),
        np.empty((samples, 3)),
    )


@jit
def polish(body, world, setting, pace, weights, z, iterations, tolerance):
    """Move coordinates z, shape (m - 1, n), downhill in place; returns the cost reached and how often it was asked.

    Args:
        tolerance: Decrease of the cost, a relative change of the duration, at which to stop.
    """
    work = _new_work(pace)
    walk, rules = new_descent(z), Rules(_FIRST, _SHORTEST, tolerance, iterations)
    while asks(walk):
        found = _cost(body, world, setting, pace, weights, walk.trial, work, walk.after)
        tell(walk, rules, found)
    return outcome(walk)
