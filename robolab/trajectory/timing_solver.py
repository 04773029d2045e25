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
from scipy.linalg import cho_solve_banded, cholesky_banded

from robolab.core.transforms import Array

DEGREE = 3
POINTS = 4
_BALANCED = 0.02
_PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))


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

    def evaluate(self, coefficients: Array) -> Array:
        """Return x, x', x'' at the collocation points, shape (3, points)."""
        return (self.local @ coefficients[self.live][:, :, None]).reshape(3, -1)

    def pull_gradient(self, g: Array) -> Array:
        """Turn derivatives by x, x', x'', shape (3, points), into derivatives by coefficient."""
        spans = self.local.shape[1]
        per_span = (g.reshape(3, spans, 1, POINTS) @ self.local).sum(axis=0)[:, 0, :]
        total = np.zeros(self.size)
        for i in range(DEGREE + 1):
            total[i : i + spans] += per_span[:, i]
        return total

    def pull_hessian(self, h: Array) -> Array:
        """Turn second derivatives by pairs of x, x', x'', shape (6, points), into a band (4, size).

        The pairs are ordered 00, 01, 02, 11, 12, 22; the band is the lower one of scipy.
        """
        spans = self.local.shape[1]
        h = h.reshape(6, spans, POINTS, 1)
        e0, e1, e2 = self.local
        weighted = (
            h[0] * e0 + h[1] * e1 + h[2] * e2,
            h[1] * e0 + h[3] * e1 + h[4] * e2,
            h[2] * e0 + h[4] * e1 + h[5] * e2,
        )
        left = np.concatenate([e0, e1, e2], axis=1).swapaxes(1, 2)
        blocks = left @ np.concatenate(weighted, axis=1)
        band = np.zeros((DEGREE + 1, self.size))
        for i in range(DEGREE + 1):
            for j in range(i + 1):
                band[i - j, j : j + spans] += blocks[:, i, j]
        return band


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

    def evaluate(self, X: Array) -> tuple[Array, Array]:
        """Return slacks, shape (rows, points), and minus their derivatives, (3, rows, points)."""
        l, j, r = self.bound.shape[0], self.jerk.shape[1], self.cone.shape[1]
        root = np.sqrt(X[0])
        G = np.zeros((3, l + j + r, X.shape[1]))
        G[:2, :l] = self.linear
        G[:, l : l + j] = self.jerk
        s = -(G[0] * X[0] + G[1] * X[1] + G[2] * X[2])
        s[:l] += self.bound - self.friction * root
        s[l : l + j] += 1.0 / root
        G[0, :l] += self.friction * (0.5 / root)
        G[0, l : l + j] += 0.5 / (root * X[0])
        if r:
            vector = self.cone[0] * X[0] + self.cone[1] * X[1]
            s[l + j :] = 1.0 - np.sum(vector**2, axis=1)
            G[:2, l + j :] = 2.0 * np.sum(self.cone * vector, axis=2)
        return s, G

    def cone_curvature(self, multiplier: Array) -> Array:
        """Second derivatives 00, 01, 11 that the cones add to the Lagrangian, shape (3, points)."""
        w, z = self.cone
        multiplier = multiplier[multiplier.shape[0] - self.cone.shape[1] :]
        products = np.stack([np.sum(a * b, axis=1) for a, b in ((w, w), (w, z), (z, z))])
        return 2.0 * np.sum(multiplier * products, axis=1)


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


@dataclass
class _Iterate:
    """Where the interior-point method stands: coefficients, slacks and multipliers, and what follows."""

    c: Array
    s: Array
    multiplier: Array
    X: Array
    f: Array
    G: Array

    @property
    def measure(self) -> float:
        """Sum of the complementarity products."""
        return float(np.sum(self.multiplier * self.s))


def minimise_time(
    basis: Basis,
    rows: Rows,
    start: Array,
    tolerance: float,
    max_iterations: int = 100,
) -> Solution:
    """Find x(u) of least time by a primal-dual interior-point method with slack variables.

    Args:
        start: Coefficients to start from, shape (basis.size,). Too fast (limits broken) converges
            sooner than too slow: x can fall far in one step but only grow by 5/3.
        tolerance: Share of the time that may be left to gain.
    References: Mehrotra (1992), predictor-corrector; Nocedal and Wright, ch. 19.
    """
    unit = float(np.median(start))
    rows = rows.scaled(unit)
    now = _begin(basis, rows, start / unit)
    iteration, time, gap, residual = 0, 0.0, np.inf, np.inf
    while iteration < max_iterations:
        iteration += 1
        _advance(basis, rows, now)
        time = float(basis.weight @ now.X[0] ** -0.5)
        gap, residual = now.measure / time, float(np.max(np.abs(now.f - now.s)))
        # Small multipliers alone close the gap; only in balance with the objective do they mean it.
        if max(gap, residual) < tolerance and _imbalance(basis, now) < _BALANCED * time:
            break
    return Solution(now.c * unit, time / unit**0.5, gap, residual, iteration)


def _imbalance(basis: Basis, now: _Iterate) -> float:
    """How far objective and multipliers are from balance, as time per relative change of x."""
    pull = -np.einsum("rp,krp->kp", now.multiplier, now.G)
    pull[0] += 0.5 * basis.weight * now.X[0] ** -1.5
    return float(np.abs(basis.pull_gradient(pull)) @ np.abs(now.c))


def _begin(basis: Basis, rows: Rows, c: Array) -> _Iterate:
    X = basis.evaluate(c)
    f, G = rows.evaluate(X)
    s = np.maximum(f, 0.3 * np.abs(f) + 0.3)
    return _Iterate(c, s, 10.0 / (s.size * s), X, f, G)


def _advance(basis: Basis, rows: Rows, now: _Iterate) -> None:
    """Take one predictor-corrector step in place."""
    x, s, m = now.X[0], now.s, now.multiplier
    D = m / s
    DG = D * now.G
    h = np.stack([np.einsum("rp,rp->p", DG[a], now.G[b]) for a, b in _PAIRS])
    h[0] += 0.75 * basis.weight * x**-2.5
    if rows.cone.shape[1]:
        h[[0, 1, 3]] += rows.cone_curvature(m)
    band = basis.pull_hessian(h)
    band[0] *= 1.0 + 1e-12  # keeps rounding from spoiling definiteness near the solution
    factor = cholesky_banded(band, lower=True, check_finite=False)
    residual = now.f - s

    def direction(target: Array) -> tuple[Array, Array, Array, Array]:
        """Newton step towards complementarity products of s * target."""
        pull = -np.einsum("rp,krp->kp", target - D * residual, now.G)
        pull[0] += 0.5 * basis.weight * x**-1.5
        dc = cho_solve_banded((factor, True), basis.pull_gradient(pull), check_finite=False)
        dX = basis.evaluate(dc)
        ds = residual - np.einsum("krp,kp->rp", now.G, dX)
        return dc, dX[0], ds, target - D * ds - m

    _, dx, ds, dm = direction(np.zeros_like(s))
    primal, dual = min(1.0, _reach(ds, s), _reach(dx, x)), min(1.0, _reach(dm, m))
    measure = now.measure
    after = float(np.sum((s + primal * ds) * (m + dual * dm)))
    mu = measure / s.size * min(1.0, max(after / measure, 0.01)) ** 3
    # A corrector term far beyond mu only disturbs, so it is capped.
    corrector = np.clip(primal * dual * ds * dm, -5.0 * mu, 5.0 * mu)
    dc, dx, ds, dm = direction((mu - corrector) / s)
    primal = min(1.0, 0.98 * _reach(ds, s), 0.9 * _reach(dx, x))
    now.c = now.c + primal * dc
    now.s = s + primal * ds
    now.multiplier = m + min(1.0, 0.98 * _reach(dm, m)) * dm
    now.X = basis.evaluate(now.c)
    now.f, now.G = rows.evaluate(now.X)


def _reach(step: Array, value: Array) -> float:
    """How many steps it takes until the first of some positive values is zero."""
    return -1.0 / min(float((step / value).min()), -1e-9)
