"""The optimisation behind time parameterisation, and its interior-point solver.

Along a path P(u), u in [0, 1], the unknown is x(u) = (du/dt)^2 > 0, a cubic B-spline. Time is
the integral of x^(-1/2). Each limit is a slack of x, x', x'' that must not be negative at the
collocation points:

    linear   b - k sqrt(x) - (g0 x + g1 x')               velocity, acceleration, torque
    jerk     x^(-1/2) - (g0 x + g1 x' + g2 x'')
    cone     1 - |w x + z x'|^2                           tool acceleration

Curvature of the first two is dropped from the Newton system: they are convex in x, so their
tangents are the stricter limits and the system stays positive definite. It is banded, because a
B-spline reaches over four spans only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.interpolate import BSpline

from robolab.core.transforms import Array
from robolab.trajectory.timing_compiled import Limits, Splines, descend, evaluate, slacks

DEGREE = 3
POINTS = 4
_BALANCED = 0.02
_UNSOUND = 0.2
"""Residual from which on a solution is none."""


@dataclass(frozen=True)
class Basis:
    """Cubic B-splines on uniform spans of [0, 1], seen at Radau points of each span.

    The left end of each span is among them in the first half of [0, 1], the right end in the second.

    Attributes:
        knots: Ends repeated, shape (spans + 7,).
        u, weight: Collocation points and quadrature weights, shape (spans * POINTS,).
        local: Value, first and second derivative of the four splines that live on a span,
            shape (3, spans, POINTS, 4).
        live: Which four those are, shape (spans, 4).
    """

    knots: Array
    u: Array
    weight: Array
    local: Array
    live: np.ndarray

    @property
    def size(self) -> int:
        """How many splines there are."""
        return self.local.shape[1] + DEGREE

    def spline(self, coefficients: Array) -> BSpline:
        return BSpline(self.knots, coefficients, DEGREE)

    @property
    def splines(self) -> Splines:
        """What the compiled method needs of it."""
        return Splines(self.local, self.weight)

    def evaluate(self, coefficients: Array) -> Array:
        """Return x, x', x'' at the collocation points, shape (3, points)."""
        X = np.empty((3, self.u.size))
        evaluate(self.splines, np.ascontiguousarray(coefficients), X)
        return X


def _radau() -> tuple[Array, Array]:
    """Nodes and weights of Radau quadrature on [0, 1], 0 among the nodes."""
    legendre = np.polynomial.legendre.Legendre.basis
    roots = (legendre(POINTS) + legendre(POINTS - 1)).roots()
    node: Array = np.sort(np.real(roots)).astype(float)
    node[0] = -1.0
    weight: Array = (1.0 - node) / (POINTS * legendre(POINTS - 1)(node)) ** 2
    return 0.5 * (node + 1.0), 0.5 * weight


@lru_cache
def uniform_basis(spans: int) -> Basis:
    """Build (once) the basis of that many spans."""
    knots = np.concatenate([np.zeros(DEGREE), np.linspace(0.0, 1.0, spans + 1), np.ones(DEGREE)])
    nodes, weights = _radau()
    early = np.arange(spans)[:, None] < spans / 2
    u = (np.arange(spans)[:, None] + np.where(early, nodes, 1.0 - nodes[::-1])) / spans
    weight = np.where(early, weights, weights[::-1]) / spans
    u = u.ravel()
    splines = BSpline(knots, np.eye(spans + DEGREE), DEGREE)
    live = np.arange(spans)[:, None] + np.arange(DEGREE + 1)
    columns = np.repeat(live, POINTS, axis=0)
    local = np.stack([np.take_along_axis(splines(u, nu=k), columns, axis=1) for k in range(3)])
    return Basis(
        knots=knots,
        u=u,
        weight=weight.ravel(),
        local=local.reshape(3, spans, POINTS, DEGREE + 1),
        live=live,
    )


@dataclass(frozen=True)
class Rows:
    """Limits at the collocation points; the module says what the letters mean.

    Attributes:
        linear: g0 and g1, shape (2, l, points).
        bound, friction: b and k, shape (l, points); k is never negative.
        jerk: g0, g1 and g2, shape (3, j, points).
        cone: w and z, shape (2, r, 3, points).
    """

    linear: Array
    bound: Array
    friction: Array
    jerk: Array
    cone: Array

    def scaled(self, x: float) -> Rows:
        """Return the same limits for x measured in units of the given one."""
        return Rows(
            self.linear * x, self.bound, self.friction * x**0.5, self.jerk * x**1.5, self.cone * x
        )

    def capped(self, x: float) -> Rows:
        """Return the same limits with one more on the first row, that x stays below a value."""
        linear = self.linear.copy()
        linear[0, 0] = np.maximum(linear[0, 0], self.bound[0] / x)
        return Rows(linear, self.bound, self.friction, self.jerk, self.cone)

    def greatest_constant(self) -> float:
        """Return the greatest constant x that keeps every limit (those with b > 0)."""
        g, k, b = np.maximum(self.linear[0], 0.0), self.friction, self.bound
        roots = [
            float(np.min(2.0 * b / (k + np.sqrt(k * k + 4.0 * g * b) + 1e-150))) ** 2,
            (float(np.max(self.jerk[0], initial=0.0)) + 1e-150) ** (-2.0 / 3.0),
            1.0 / (float(np.sqrt(np.max(np.sum(self.cone[0] ** 2, axis=1), initial=0.0))) + 1e-150),
        ]
        return min(roots)

    @property
    def limits(self) -> Limits:
        """What the compiled method needs of them."""
        arrays = (self.linear, self.bound, self.friction, self.jerk, self.cone)
        return Limits(*(np.ascontiguousarray(array) for array in arrays))

    def evaluate(self, X: Array) -> tuple[Array, Array]:
        """Return slacks, shape (rows, points), and minus their derivatives, (3, rows, points)."""
        rows = self.bound.shape[0] + self.jerk.shape[1] + self.cone.shape[1]
        f, G = np.empty((rows, X.shape[1])), np.empty((3, rows, X.shape[1]))
        slacks(self.limits, np.ascontiguousarray(X), f, G)
        return f, G


@dataclass(frozen=True)
class Solution:
    """Coefficients of x(u), the time [s], and how far optimality and limits were met.

    Attributes:
        gap: Share of the time that the duality measure says is left to gain.
        residual: By how much the slack variables miss the slacks, at most, in their own units.
    """

    coefficients: Array
    time: float
    gap: float
    residual: float
    iterations: int

    @property
    def sound(self) -> bool:
        """Whether the method came to anything: from a state under way there may be no solution."""
        return bool(np.isfinite(self.time)) and self.residual < _UNSOUND


def minimise_time(
    basis: Basis,
    rows: Rows,
    start: Array,
    tolerance: float,
    max_iterations: int = 100,
    pinned: int = 0,
) -> Solution:
    """Find x(u) of least time by a primal-dual interior-point method with slack variables.

    Args:
        start: Coefficients to start from, shape (basis.size,). Too fast (limits broken) converges
            sooner than too slow: x can fall far in one step but only grow by 5/3.
        tolerance: Share of the time that may be left to gain.
        pinned: How many of the first coefficients stay as they are: two fix x and x' at u = 0.
    References: Mehrotra (1992), predictor-corrector; Nocedal and Wright, ch. 19.
    """
    unit = float(np.median(start))
    scaled, begin = rows.scaled(unit).limits, start / unit
    c, time, gap, residual, iterations = descend(
        basis.splines, scaled, begin, tolerance, _BALANCED, max_iterations, pinned
    )
    return Solution(c * unit, time / unit**0.5, gap, residual, iterations)
