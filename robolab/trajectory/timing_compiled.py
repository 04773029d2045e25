"""The interior-point method of `timing_solver`, compiled. Rows and points are as described there."""

# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUntypedFunctionDecorator=false

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from robolab.core.compiled import jit
from robolab.core.transforms import Array

_SPLINES = 4
"""Splines that live on a span."""
_FIRM = 1.0 + 1e-12
"""Keeps rounding from spoiling definiteness near the solution."""
_IMMOVABLE = 1e300
"""Curvature of the objective along a coefficient that is not to change."""


class Splines(NamedTuple):
    """Value, first and second derivative of a span's splines at its points, (3, spans, points, 4), and weights."""

    local: Array
    weight: Array


class Limits(NamedTuple):
    """See `timing_solver.Rows`."""

    linear: Array
    bound: Array
    friction: Array
    jerk: Array
    cone: Array


class Step(NamedTuple):
    """A step's direction: of the coefficients, of x, of the slacks and of the multipliers."""

    c: Array
    X: Array
    s: Array
    m: Array


class Iterate(NamedTuple):
    """Coefficients, slacks and multipliers, and what follows from the coefficients."""

    c: Array
    s: Array
    m: Array
    X: Array
    f: Array
    G: Array


@jit
def evaluate(splines, c, X):
    """Write x, x', x'' at the points, shape (3, points)."""
    _, spans, points, _ = splines.local.shape
    for a in range(3):
        for e in range(spans):
            for k in range(points):
                total = 0.0
                for i in range(_SPLINES):
                    total += splines.local[a, e, k, i] * c[e + i]
                X[a, e * points + k] = total


@jit
def _pull_gradient(splines, g, out):
    """Write derivatives by coefficient from those by x, x', x'', shape (3, points)."""
    _, spans, points, _ = splines.local.shape
    out[:] = 0.0
    for e in range(spans):
        for i in range(_SPLINES):
            total = 0.0
            for a in range(3):
                for k in range(points):
                    total += splines.local[a, e, k, i] * g[a, e * points + k]
            out[e + i] += total


@jit
def _pull_hessian(splines, h, band):
    """Write the lower band from second derivatives by pairs 00, 01, 02, 11, 12, 22, shape (6, points)."""
    local = splines.local
    _, spans, points, _ = local.shape
    band[:] = 0.0
    for e in range(spans):
        for k in range(points):
            p = e * points + k
            for j in range(_SPLINES):
                y0, y1, y2 = local[0, e, k, j], local[1, e, k, j], local[2, e, k, j]
                z0 = h[0, p] * y0 + h[1, p] * y1 + h[2, p] * y2
                z1 = h[1, p] * y0 + h[3, p] * y1 + h[4, p] * y2
                z2 = h[2, p] * y0 + h[4, p] * y1 + h[5, p] * y2
                for i in range(j, _SPLINES):
                    band[i - j, e + j] += (
                        local[0, e, k, i] * z0 + local[1, e, k, i] * z1 + local[2, e, k, i] * z2
                    )


@jit
def _factor(band):
    """Cholesky factor of a banded matrix, in place: band[d, j] holds row j + d of column j."""
    width, size = band.shape
    for j in range(size):
        pivot = np.sqrt(max(band[0, j], 1e-300))
        band[0, j] = pivot
        last = min(width, size - j)
        for d in range(1, last):
            band[d, j] /= pivot
        for a in range(1, last):
            for b in range(a, last):
                band[b - a, j + a] -= band[a, j] * band[b, j]


@jit
def _solve(band, x):
    """Solve with a factor of `_factor`, in place."""
    width, size = band.shape
    for j in range(size):
        x[j] /= band[0, j]
        for d in range(1, min(width, size - j)):
            x[j + d] -= band[d, j] * x[j]
    for j in range(size - 1, -1, -1):
        for d in range(1, min(width, size - j)):
            x[j] -= band[d, j] * x[j + d]
        x[j] /= band[0, j]


@jit
def slacks(limits, X, f, G):
    """Write slacks, shape (rows, points), and minus their derivatives by x, x', x'', (3, rows, points)."""
    first, second = limits.bound.shape[0], limits.bound.shape[0] + limits.jerk.shape[1]
    root = np.sqrt(X[0])
    half = 0.5 / root
    for i in range(first):
        for p in range(root.shape[0]):
            g0, g1, k = limits.linear[0, i, p], limits.linear[1, i, p], limits.friction[i, p]
            f[i, p] = limits.bound[i, p] - k * root[p] - g0 * X[0, p] - g1 * X[1, p]
            G[0, i, p] = g0 + k * half[p]
            G[1, i, p] = g1
            G[2, i, p] = 0.0
    for i in range(first, second):
        for p in range(root.shape[0]):
            g0, g1, g2 = (
                limits.jerk[0, i - first, p],
                limits.jerk[1, i - first, p],
                limits.jerk[2, i - first, p],
            )
            f[i, p] = 2.0 * half[p] - g0 * X[0, p] - g1 * X[1, p] - g2 * X[2, p]
            G[0, i, p] = g0 + half[p] / X[0, p]
            G[1, i, p] = g1
            G[2, i, p] = g2
    _cone_slacks(limits.cone, X, f, G, second)


@jit
def _cone_slacks(cone, X, f, G, first):
    for r in range(cone.shape[1]):
        for p in range(X.shape[1]):
            square, by_x, by_slope = 0.0, 0.0, 0.0
            for a in range(3):
                w, z = cone[0, r, a, p], cone[1, r, a, p]
                v = w * X[0, p] + z * X[1, p]
                square += v * v
                by_x += 2.0 * w * v
                by_slope += 2.0 * z * v
            f[first + r, p] = 1.0 - square
            G[0, first + r, p] = by_x
            G[1, first + r, p] = by_slope
            G[2, first + r, p] = 0.0


@jit
def _curvature(limits, weight, now, h):
    """Write the second derivatives of the Newton system by pairs of x, x', x''."""
    h[:] = 0.0
    rows, points = now.s.shape
    for i in range(rows):
        for p in range(points):
            d = now.m[i, p] / now.s[i, p]
            g0, g1, g2 = now.G[0, i, p], now.G[1, i, p], now.G[2, i, p]
            h[0, p] += d * g0 * g0
            h[1, p] += d * g0 * g1
            h[2, p] += d * g0 * g2
            h[3, p] += d * g1 * g1
            h[4, p] += d * g1 * g2
            h[5, p] += d * g2 * g2
    for p in range(points):
        x = now.X[0, p]
        h[0, p] += 0.75 * weight[p] / (x * x * np.sqrt(x))
    first = rows - limits.cone.shape[1]
    for r in range(limits.cone.shape[1]):
        for p in range(points):
            m = 2.0 * now.m[first + r, p]
            for a in range(3):
                w, z = limits.cone[0, r, a, p], limits.cone[1, r, a, p]
                h[0, p] += m * w * w
                h[1, p] += m * w * z
                h[3, p] += m * z * z


@jit
def _objective_pull(splines, now, pull):
    """Write minus the derivatives of the time by x, x', x'' at the points, shape (3, points)."""
    for p in range(pull.shape[1]):
        x = now.X[0, p]
        pull[0, p], pull[1, p], pull[2, p] = 0.5 * splines.weight[p] / (x * np.sqrt(x)), 0.0, 0.0


@jit
def _direction(splines, now, band, target, pull, step):
    """Newton step towards complementarity products of s * target, given the factor of the system."""
    rows, points = now.s.shape
    _objective_pull(splines, now, pull)
    for i in range(rows):
        for p in range(points):
            push = target[i, p] - now.m[i, p] / now.s[i, p] * (now.f[i, p] - now.s[i, p])
            pull[0, p] -= push * now.G[0, i, p]
            pull[1, p] -= push * now.G[1, i, p]
            pull[2, p] -= push * now.G[2, i, p]
    _pull_gradient(splines, pull, step.c)
    _solve(band, step.c)
    evaluate(splines, step.c, step.X)
    for i in range(rows):
        for p in range(points):
            ds = now.f[i, p] - now.s[i, p]
            ds -= now.G[0, i, p] * step.X[0, p] + now.G[1, i, p] * step.X[1, p]
            ds -= now.G[2, i, p] * step.X[2, p]
            step.s[i, p] = ds
            step.m[i, p] = target[i, p] - now.m[i, p] / now.s[i, p] * ds - now.m[i, p]


@jit
def _reach(step, value):
    """How many steps it takes until the first of some positive values is zero."""
    least = -1e-9
    for i in range(value.shape[0]):
        for p in range(value.shape[1]):
            least = min(least, step[i, p] / value[i, p])
    return -1.0 / least


@jit
def _aim(now, step, primal, dual, target):
    """Write the corrected target; returns nothing. A corrector far beyond mu only disturbs, so it is capped."""
    rows, points = now.s.shape
    measure, after = 0.0, 0.0
    for i in range(rows):
        for p in range(points):
            s, m = now.s[i, p], now.m[i, p]
            measure += s * m
            after += (s + primal * step.s[i, p]) * (m + dual * step.m[i, p])
    mu = measure / now.s.size * min(1.0, max(after / measure, 0.01)) ** 3
    for i in range(rows):
        for p in range(points):
            corrector = primal * dual * step.s[i, p] * step.m[i, p]
            corrector = min(max(corrector, -5.0 * mu), 5.0 * mu)
            target[i, p] = (mu - corrector) / now.s[i, p]


@jit
def _imbalance(splines, now, pull, g, pinned):
    """How far objective and multipliers are from balance, as time per relative change of x."""
    rows, points = now.s.shape
    _objective_pull(splines, now, pull)
    for i in range(rows):
        for p in range(points):
            for a in range(3):
                pull[a, p] -= now.m[i, p] * now.G[a, i, p]
    _pull_gradient(splines, pull, g)
    return np.sum(np.abs(g[pinned:]) * np.abs(now.c[pinned:]))


@jit
def _advance(splines, limits, now, step, target, pull, h, band, pinned):
    """Take one predictor-corrector step in place."""
    _curvature(limits, splines.weight, now, h)
    _pull_hessian(splines, h, band)
    for j in range(band.shape[1]):
        band[0, j] *= _FIRM
    for j in range(pinned):
        band[0, j] = _IMMOVABLE
    _factor(band)
    target[:] = 0.0
    _direction(splines, now, band, target, pull, step)
    primal = min(1.0, _reach(step.s, now.s), _reach(step.X[:1], now.X[:1]))
    dual = min(1.0, _reach(step.m, now.m))
    _aim(now, step, primal, dual, target)
    _direction(splines, now, band, target, pull, step)
    primal = min(1.0, 0.98 * _reach(step.s, now.s), 0.9 * _reach(step.X[:1], now.X[:1]))
    dual = min(1.0, 0.98 * _reach(step.m, now.m))
    now.c[:] += primal * step.c
    now.s[:] += primal * step.s
    now.m[:] += dual * step.m
    evaluate(splines, now.c, now.X)
    slacks(limits, now.X, now.f, now.G)


@jit
def _begin(splines, limits, c):
    points = splines.weight.shape[0]
    rows = limits.bound.shape[0] + limits.jerk.shape[1] + limits.cone.shape[1]
    X, f, G = np.empty((3, points)), np.empty((rows, points)), np.empty((3, rows, points))
    evaluate(splines, c, X)
    slacks(limits, X, f, G)
    s = np.maximum(f, 0.3 * np.abs(f) + 0.3)
    return Iterate(c.copy(), s, 10.0 / (s.size * s), X, f, G)


@jit
def descend(splines, limits, start, tolerance, balanced, most, pinned):
    """Run the method from coefficients in units of their own.

    Args:
        tolerance: Share of the time that may be left to gain.
        balanced: Imbalance, as a share of the time, at which objective and multipliers agree.
        most: Greatest number of iterations.
        pinned: How many of the first coefficients stay as they are at the start.
    Returns:
        Coefficients, time, gap as a share of it, residual of the slacks, iterations.
    """
    now = _begin(splines, limits, start)
    size, (rows, points) = start.shape[0], now.s.shape
    step = Step(
        np.empty(size), np.empty((3, points)), np.empty((rows, points)), np.empty((rows, points))
    )
    target, pull, h = np.empty((rows, points)), np.empty((3, points)), np.empty((6, points))
    band, g = np.empty((_SPLINES, size)), np.empty(size)
    iteration, time, gap, residual = 0, 0.0, 1e300, 1e300
    while iteration < most:
        iteration += 1
        _advance(splines, limits, now, step, target, pull, h, band, pinned)
        time = np.sum(splines.weight / np.sqrt(now.X[0]))
        gap, residual = np.sum(now.m * now.s) / time, np.max(np.abs(now.f - now.s))
        # Small multipliers alone close the gap; only in balance with the objective do they mean it.
        close = max(gap, residual) < tolerance
        if close and _imbalance(splines, now, pull, g, pinned) < balanced * time:
            break
    return now.c, time, gap, residual, iteration
