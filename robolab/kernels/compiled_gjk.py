"""Distance between convex bodies by GJK, compiled: hulls of points against solids and each other.

What is returned is the distance of a separating plane: never more than the true distance, and less by at most a
thousandth of it.
References: Gilbert, Johnson, Keerthi (1988); closest points of triangle and tetrahedron as in Ericson (2005), ch. 5.
"""

from __future__ import annotations

import numpy as np

from robolab.core.compiled import jit

_MOST = 60
_RELATIVE, _ABSOLUTE = 1e-3, 1e-6
_HULL = 3.0
"""Kind of a body that is a hull itself, beside the kinds of packed solids (box, cylinder, ball)."""


@jit
def _hull_support(vertex, first, last, x, y, z, out):
    """Write the vertex farthest along a direction."""
    best, at = -1e300, first
    for i in range(first, last):
        value = vertex[i, 0] * x + vertex[i, 1] * y + vertex[i, 2] * z
        if value > best:
            best, at = value, i
    out[0], out[1], out[2] = vertex[at, 0], vertex[at, 1], vertex[at, 2]


@jit
def _solid_support(kind, size, d, out):
    """Write the point of a box, cylinder or point at the origin that is farthest along a direction."""
    if kind == 0.0:
        for r in range(3):
            out[r] = size[r] if d[r] > 0.0 else -size[r]
    elif kind == 1.0:
        length = np.sqrt(d[0] * d[0] + d[1] * d[1])
        scale = size[0] / length if length > 1e-12 else 0.0
        out[0], out[1] = d[0] * scale, d[1] * scale
        out[2] = size[1] if d[2] > 0.0 else -size[1]
    else:
        out[0], out[1], out[2] = 0.0, 0.0, 0.0


@jit
def _dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@jit
def _keep(W, weight, count):
    """Drop points of no weight from a simplex; returns how many are left."""
    left = 0
    for i in range(count):
        if weight[i] > 0.0:
            for r in range(3):
                W[left, r] = W[i, r]
            weight[left] = weight[i]
            left += 1
    return left


@jit
def _segment(W, i, j, weight):
    """Weights of the point of a segment nearest to the origin."""
    top, bottom = 0.0, 0.0
    for r in range(3):
        edge = W[j, r] - W[i, r]
        top -= W[i, r] * edge
        bottom += edge * edge
    t = min(max(top / max(bottom, 1e-300), 0.0), 1.0)
    weight[i], weight[j] = 1.0 - t, t


@jit
def _triangle(W, i, j, k, weight):
    """Weights of the point of a triangle nearest to the origin, by the region that it lies in."""
    a, b, c = W[i], W[j], W[k]
    d1, d2, d3, d4, d5, d6 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for r in range(3):
        ab, ac = b[r] - a[r], c[r] - a[r]
        d1 -= ab * a[r]
        d2 -= ac * a[r]
        d3 -= ab * b[r]
        d4 -= ac * b[r]
        d5 -= ab * c[r]
        d6 -= ac * c[r]
    weight[i], weight[j], weight[k] = 0.0, 0.0, 0.0
    vc, vb, va = d1 * d4 - d3 * d2, d5 * d2 - d1 * d6, d3 * d6 - d5 * d4
    if d1 <= 0.0 and d2 <= 0.0:
        weight[i] = 1.0
    elif d3 >= 0.0 and d4 <= d3:
        weight[j] = 1.0
    elif d6 >= 0.0 and d5 <= d6:
        weight[k] = 1.0
    elif vc <= 0.0 and d1 >= 0.0 and d3 <= 0.0:
        _segment(W, i, j, weight)
    elif vb <= 0.0 and d2 >= 0.0 and d6 <= 0.0:
        _segment(W, i, k, weight)
    elif va <= 0.0 and d4 - d3 >= 0.0 and d5 - d6 >= 0.0:
        _segment(W, j, k, weight)
    else:
        total = va + vb + vc
        if total > 1e-300:
            weight[i], weight[j], weight[k] = va / total, vb / total, vc / total
        else:
            _segment(W, i, j, weight)


@jit
def _square(W, weight, count):
    total = 0.0
    for r in range(3):
        value = 0.0
        for i in range(count):
            value += weight[i] * W[i, r]
        total += value * value
    return total


@jit
def _beyond(W, i, j, k, m):
    """Whether the origin lies on the other side of a face than the fourth point."""
    a, b, c, d = W[i], W[j], W[k], W[m]
    nx = (b[1] - a[1]) * (c[2] - a[2]) - (b[2] - a[2]) * (c[1] - a[1])
    ny = (b[2] - a[2]) * (c[0] - a[0]) - (b[0] - a[0]) * (c[2] - a[2])
    nz = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    origin = -(a[0] * nx + a[1] * ny + a[2] * nz)
    fourth = (d[0] - a[0]) * nx + (d[1] - a[1]) * ny + (d[2] - a[2]) * nz
    return origin * fourth <= 0.0


@jit
def _tetrahedron(W, weight, trial):
    """Weights of the point of a tetrahedron nearest to the origin; False if the origin is inside."""
    best = 1e300
    for m in range(4):
        i, j, k = (m + 1) % 4, (m + 2) % 4, (m + 3) % 4
        if _beyond(W, i, j, k, m):
            trial[m] = 0.0
            _triangle(W, i, j, k, trial)
            square = _square(W, trial, 4)
            if square < best:
                best = square
                for r in range(4):
                    weight[r] = trial[r]
    return best < 1e300


@jit
def _nearest(W, count, weight, trial):
    """Weights of the point of a simplex nearest to the origin; False if the origin is inside."""
    if count == 1:
        weight[0] = 1.0
    elif count == 2:
        _segment(W, 0, 1, weight)
    elif count == 3:
        _triangle(W, 0, 1, 2, weight)
    else:
        return _tetrahedron(W, weight, trial)
    return True


@jit
def _gjk(vertex, first, last, R, p, kind, size, other, v, enough):
    """Distance between a hull, placed by R and p, and a body at the origin, or a bound on it of at least `enough`.

    Args:
        other: First and last + 1 vertex of the other body if it is a hull.
        v: Where to look first, shape (3,); overwritten.
    Returns:
        A lower bound [m]; 0 where they overlap.
    """
    W, weight, trial = np.empty((4, 3)), np.zeros(4), np.zeros(4)
    a, b, w = np.empty(3), np.empty(3), np.empty(3)
    count, best = 0, 0.0
    for _ in range(_MOST):
        length = np.sqrt(_dot(v, v))
        if length < 1e-9:
            return 0.0
        x = -(R[0, 0] * v[0] + R[1, 0] * v[1] + R[2, 0] * v[2])
        y = -(R[0, 1] * v[0] + R[1, 1] * v[1] + R[2, 1] * v[2])
        z = -(R[0, 2] * v[0] + R[1, 2] * v[1] + R[2, 2] * v[2])
        _hull_support(vertex, first, last, x, y, z, a)
        if kind == _HULL:
            _hull_support(vertex, other[0], other[1], v[0], v[1], v[2], b)
        else:
            _solid_support(kind, size, v, b)
        for r in range(3):
            w[r] = R[r, 0] * a[0] + R[r, 1] * a[1] + R[r, 2] * a[2] + p[r] - b[r]
        best = max(best, _dot(v, w) / length)
        if best >= enough:
            return best
        if count > 0 and length - best <= _ABSOLUTE + _RELATIVE * length:
            return best
        for r in range(3):
            W[count, r] = w[r]
        count += 1
        if not _nearest(W, count, weight, trial):
            return 0.0
        for r in range(3):
            v[r] = 0.0
            for i in range(count):
                v[r] += weight[i] * W[i, r]
        count = _keep(W, weight, count)
        if count == 4:
            return best
    return best


@jit
def hull_to_solid(vertex, first, last, centre, frame, solid, enough):
    """Distance of a hull on a frame to a packed solid [m], or a lower bound of at least `enough`; 0 on overlap.

    Args:
        centre: Of the hull in its frame, shape (3,).
        frame: Rotation (9) and origin (3) in world.
    """
    R, p, v, c = np.empty((3, 3)), np.empty(3), np.empty(3), np.empty(3)
    for i in range(3):
        c[i] = frame[9 + i] - solid[10 + i]
    for i in range(3):
        p[i] = solid[1 + i] * c[0] + solid[4 + i] * c[1] + solid[7 + i] * c[2]
        for j in range(3):
            R[i, j] = (
                solid[1 + i] * frame[j] + solid[4 + i] * frame[3 + j] + solid[7 + i] * frame[6 + j]
            )
    for i in range(3):
        v[i] = R[i, 0] * centre[0] + R[i, 1] * centre[1] + R[i, 2] * centre[2] + p[i]
    ball = solid[13] if solid[0] == 2.0 else 0.0
    found = _gjk(vertex, first, last, R, p, solid[0], solid[13:16], (0, 0), v, enough + ball)
    return max(found - ball, 0.0)


@jit
def hull_to_hull(vertex, one, frame, two, base, enough):
    """The same of hull `one` on a frame to hull `two` on another; each is first, last + 1 and centre (3)."""
    R, p, v, c = np.empty((3, 3)), np.empty(3), np.empty(3), np.empty(3)
    for i in range(3):
        c[i] = frame[9 + i] - base[9 + i]
    for i in range(3):
        p[i] = base[i] * c[0] + base[3 + i] * c[1] + base[6 + i] * c[2]
        for j in range(3):
            R[i, j] = base[i] * frame[j] + base[3 + i] * frame[3 + j] + base[6 + i] * frame[6 + j]
    for i in range(3):
        v[i] = R[i, 0] * one[2] + R[i, 1] * one[3] + R[i, 2] * one[4] + p[i] - two[2 + i]
    other = (int(two[0]), int(two[1]))
    return _gjk(vertex, int(one[0]), int(one[1]), R, p, _HULL, v, other, v, enough)
