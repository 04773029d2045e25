"""The clearance cost of many configurations and its gradient in one pass on the CPU, compiled.

For each configuration: place the spheres, measure them against every obstacle and against each
other, add up a smooth hinge on what comes too near, keep the deepest, and turn the forces on the
spheres into joint gradients by moments about the axes. Everything stays in the first-level cache.
"""

from __future__ import annotations

from collections import namedtuple

import numpy as np
from numba import njit

Model = namedtuple(
    "Model",
    "R_base p_base turn shift slide axis prismatic weights offset link centre radius pairs tip tip_z",
)
"""The chain (see `batched.ChainTensors`), its spheres, and the tool point and axis in the last frame."""

Solids = namedtuple("Solids", "R p half rounding cylinder")
"""Obstacles: boxes by half sizes, or cylinders by (radius, half length, -); balls are boxes of size zero, rounded."""

Held = namedtuple("Held", "start centre radius guard")
"""Spheres of each movable object when held, in the last frame; spheres of links <= guard must not touch them."""

Margins = namedtuple("Margins", "robot carried own slack up upright_weight")
"""Clearances asked for, how far the hinge reaches beyond them [m], and the upright direction."""

_FLAGS = {"nogil": True, "fastmath": True, "cache": True}
_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
_HALF = np.float32(0.5)
_TINY = np.float32(1e-9)
_FAR = np.float32(1e6)


@njit(**_FLAGS)
def _place_frames(q, m, R, p, axis):
    R[0] = m.R_base
    p[0] = m.p_base
    for j in range(m.offset.shape[0]):
        angle = m.offset[j]
        for k in range(q.shape[0]):
            angle += m.weights[j, k] * q[k]
        s, c = np.sin(angle), np.cos(angle)
        for a in range(3):
            total = p[j, a]
            for b in range(3):
                total += R[j, a, b] * (m.shift[j, b] + angle * m.slide[j, b])
            p[j + 1, a] = total
        for a in range(3):
            for b in range(3):
                total = _ZERO
                for k in range(3):
                    step = m.turn[0, j, k, b] + s * m.turn[1, j, k, b] + c * m.turn[2, j, k, b]
                    total += R[j, a, k] * step
                R[j + 1, a, b] = total
        for a in range(3):
            total = _ZERO
            for b in range(3):
                total += R[j + 1, a, b] * m.axis[j, b]
            axis[j, a] = total


@njit(**_FLAGS)
def _place_points(R, p, link, centre, x, y, z, at):
    for s in range(centre.shape[0]):
        i = link[s]
        a, b, c = centre[s, 0], centre[s, 1], centre[s, 2]
        x[at + s] = R[i, 0, 0] * a + R[i, 0, 1] * b + R[i, 0, 2] * c + p[i, 0]
        y[at + s] = R[i, 1, 0] * a + R[i, 1, 1] * b + R[i, 1, 2] * c + p[i, 1]
        z[at + s] = R[i, 2, 0] * a + R[i, 2, 1] * b + R[i, 2, 2] * c + p[i, 2]


@njit(**_FLAGS)
def _reaches(x, y, z, grown, first, count, R, p, half, rounding, cylinder, pen):
    """How far each sphere, grown by its clearance, reaches into a solid; returns the greatest."""
    greatest = -_FAR
    if cylinder:
        for s in range(first, count):
            dx, dy, dz = x[s] - p[0], y[s] - p[1], z[s] - p[2]
            u = dx * R[0, 0] + dy * R[1, 0] + dz * R[2, 0]
            v = dx * R[0, 1] + dy * R[1, 1] + dz * R[2, 1]
            w = dx * R[0, 2] + dy * R[1, 2] + dz * R[2, 2]
            a = np.sqrt(u * u + v * v) - half[0]
            b = abs(w) - half[1]
            ao, bo = max(a, _ZERO), max(b, _ZERO)
            pen[s] = grown[s] - np.sqrt(ao * ao + bo * bo) - min(max(a, b), _ZERO) + rounding
    else:
        for s in range(first, count):
            dx, dy, dz = x[s] - p[0], y[s] - p[1], z[s] - p[2]
            a = abs(dx * R[0, 0] + dy * R[1, 0] + dz * R[2, 0]) - half[0]
            b = abs(dx * R[0, 1] + dy * R[1, 1] + dz * R[2, 1]) - half[1]
            c = abs(dx * R[0, 2] + dy * R[1, 2] + dz * R[2, 2]) - half[2]
            ao, bo, co = max(a, _ZERO), max(b, _ZERO), max(c, _ZERO)
            inside = min(max(a, max(b, c)), _ZERO)
            pen[s] = grown[s] - np.sqrt(ao * ao + bo * bo + co * co) - inside + rounding
    for s in range(first, count):
        greatest = max(greatest, pen[s])
    return greatest


@njit(**_FLAGS)
def _outward(dx, dy, dz, R, half, cylinder, normal):
    """Unit gradient of the distance to a solid at a point, in world."""
    u = dx * R[0, 0] + dy * R[1, 0] + dz * R[2, 0]
    v = dx * R[0, 1] + dy * R[1, 1] + dz * R[2, 1]
    w = dx * R[0, 2] + dy * R[1, 2] + dz * R[2, 2]
    if cylinder:
        rho = np.sqrt(u * u + v * v) + _TINY
        a, b = rho - half[0], abs(w) - half[1]
        if max(a, b) <= _ZERO:
            ga, gb = (_ONE, _ZERO) if a > b else (_ZERO, _ONE)
        else:
            ga, gb = max(a, _ZERO), max(b, _ZERO)
        gu, gv, gw = ga * u / rho, ga * v / rho, gb * np.sign(w)
    else:
        a, b, c = abs(u) - half[0], abs(v) - half[1], abs(w) - half[2]
        if max(a, max(b, c)) <= _ZERO:
            gu = np.sign(u) if a >= b and a >= c else _ZERO
            gv = np.sign(v) if b > a and b >= c else _ZERO
            gw = np.sign(w) if c > a and c > b else _ZERO
        else:
            gu = max(a, _ZERO) * np.sign(u)
            gv = max(b, _ZERO) * np.sign(v)
            gw = max(c, _ZERO) * np.sign(w)
    scale = _ONE / (np.sqrt(gu * gu + gv * gv + gw * gw) + _TINY)
    for k in range(3):
        normal[k] = (R[k, 0] * gu + R[k, 1] * gv + R[k, 2] * gw) * scale


@njit(**_FLAGS)
def _push(wrench, i, scale, px, py, pz, n):
    """Add a force along n at a point to the wrench on link i."""
    fx, fy, fz = scale * n[0], scale * n[1], scale * n[2]
    wrench[i, 0] += fx
    wrench[i, 1] += fy
    wrench[i, 2] += fz
    wrench[i, 3] += py * fz - pz * fy
    wrench[i, 4] += pz * fx - px * fz
    wrench[i, 5] += px * fy - py * fx


@njit(**_FLAGS)
def _to_joints(wrench, axis, p, m, out):
    """Joint gradient of forces on the links: each joint feels all that it carries."""
    fx = fy = fz = tx = ty = tz = _ZERO
    for k in range(out.shape[0]):
        out[k] = _ZERO
    for j in range(axis.shape[0] - 1, -1, -1):
        w = wrench[j + 1]
        fx, fy, fz = fx + w[0], fy + w[1], fz + w[2]
        tx, ty, tz = tx + w[3], ty + w[4], tz + w[5]
        if m.prismatic[j]:
            value = axis[j, 0] * fx + axis[j, 1] * fy + axis[j, 2] * fz
        else:
            o = p[j + 1]
            value = (
                axis[j, 0] * (tx - o[1] * fz + o[2] * fy)
                + axis[j, 1] * (ty - o[2] * fx + o[0] * fz)
                + axis[j, 2] * (tz - o[0] * fy + o[1] * fx)
            )
        for k in range(out.shape[0]):
            out[k] += m.weights[j, k] * value


@njit(**_FLAGS)
def _hinge(pen, slack):
    """Smooth hinge that starts `slack` before contact, and its slope."""
    t = pen + slack
    if t <= _ZERO:
        return _ZERO, _ZERO
    if t < slack:
        return _HALF * t * t / slack, t / slack
    return t - _HALF * slack, _ONE


@njit(**_FLAGS)
def _against(solid, k, R, p, x, y, z, grown, link, count, first, margins, pen, work, wrench, deepest):
    """One solid against the spheres from `first` on; returns its cost and the deepest so far."""
    half, rounding, cylinder = solid.half[k], solid.rounding[k], solid.cylinder[k]
    greatest = _reaches(x, y, z, grown, first, count, R, p, half, rounding, cylinder, pen)
    cost = _ZERO
    if greatest + margins.slack <= _ZERO and greatest <= deepest:
        return cost, deepest
    normal, deep = work
    for s in range(first, count):
        if pen[s] + margins.slack <= _ZERO and pen[s] <= deepest:
            continue
        _outward(x[s] - p[0], y[s] - p[1], z[s] - p[2], R, half, cylinder, normal)
        value, slope = _hinge(pen[s], margins.slack)
        cost += value
        _push(wrench, link[s], -slope, x[s], y[s], z[s], normal)
        if pen[s] > deepest:
            deepest = pen[s]
            deep[:] = _ZERO
            _push(deep, link[s], -_ONE, x[s], y[s], z[s], normal)
    return cost, deepest


@njit(**_FLAGS)
def _pair(i, j, reach, x, y, z, link, margins, work, wrench, deepest):
    """Two spheres of the robot against each other; returns the cost and the deepest so far."""
    dx, dy, dz = x[i] - x[j], y[i] - y[j], z[i] - z[j]
    normal, deep = work
    gap = np.sqrt(dx * dx + dy * dy + dz * dz) + _TINY
    normal[0], normal[1], normal[2] = dx / gap, dy / gap, dz / gap
    pen = reach - gap
    value, slope = _hinge(pen, margins.slack)
    _push(wrench, link[i], -slope, x[i], y[i], z[i], normal)
    _push(wrench, link[j], slope, x[j], y[j], z[j], normal)
    if pen > deepest:
        deepest = pen
        deep[:] = _ZERO
        _push(deep, link[i], -_ONE, x[i], y[i], z[i], normal)
        _push(deep, link[j], _ONE, x[j], y[j], z[j], normal)
    return value, deepest


@njit(**_FLAGS)
def _lean(R, m, margins, cosine, axis, out):
    """How far the tool's z axis leans beyond its limit (cosines), adding the hinge's gradient."""
    last = m.offset.shape[0]
    up = margins.up
    z = np.empty(3, np.float32)
    for a in range(3):
        z[a] = R[last, a, 0] * m.tip_z[0] + R[last, a, 1] * m.tip_z[1] + R[last, a, 2] * m.tip_z[2]
    lean = cosine - (z[0] * up[0] + z[1] * up[1] + z[2] * up[2])
    if lean > _ZERO:
        cx, cy, cz = z[1] * up[2] - z[2] * up[1], z[2] * up[0] - z[0] * up[2], z[0] * up[1] - z[1] * up[0]
        for j in range(last):
            if m.prismatic[j]:
                continue
            slope = -margins.upright_weight * (axis[j, 0] * cx + axis[j, 1] * cy + axis[j, 2] * cz)
            for k in range(out.shape[0]):
                out[k] += m.weights[j, k] * slope
    return lean


@njit(**_FLAGS)
def rows(q, per_problem, m, fixed, movable, R_movable, p_movable, present, held, carried, cosine,
         margins, cost, gradient, depth, depth_gradient, lean):
    """Fill cost and depth with their joint gradients, and lean, for rows of configurations.

    Args:
        q: Shape (rows, n), float32; `per_problem` rows in a row share one problem.
        fixed, movable: `Solids`; the movables' poses are per problem, (P, M, 3, 3) and (P, M, 3).
        present: Which movables stand in the way, shape (P, M).
        carried: Index of the held movable or -1, shape (P,).
        cosine: Least cosine between tool axis and the upright direction; -2 where none is asked, (P,).
        cost: Sum of hinges, (rows,) [m]; gradient (rows, n).
        depth: How far the worst sphere breaks its clearance, negative when all keep it, (rows,) [m].
        lean: Required less actual cosine, (rows,).
    """
    joints, own, extra = m.offset.shape[0], m.radius.shape[0], held.radius.shape[0]
    R = np.empty((joints + 1, 3, 3), np.float32)
    p = np.empty((joints + 1, 3), np.float32)
    axis = np.empty((joints, 3), np.float32)
    x, y, z = np.empty(own + extra, np.float32), np.empty(own + extra, np.float32), np.empty(own + extra, np.float32)
    grown, pen = np.empty(own + extra, np.float32), np.empty(own + extra, np.float32)
    link = np.empty(own + extra, np.int64)
    wrench = np.empty((joints + 1, 6), np.float32)
    work = (np.empty(3, np.float32), np.empty((joints + 1, 6), np.float32))
    first, guarded = 0, 0
    for s in range(own):
        link[s], grown[s] = m.link[s], m.radius[s] + margins.robot
        first += m.link[s] == 0  # the base's own spheres come first and never move
        guarded += m.link[s] <= held.guard
    touch = np.empty(m.pairs.shape[0], np.float32)
    for k in range(touch.shape[0]):
        touch[k] = m.radius[m.pairs[k, 0]] + m.radius[m.pairs[k, 1]] + margins.own
    for s in range(extra):
        link[own + s] = joints
    for row in range(q.shape[0]):
        problem = row // per_problem
        _place_frames(q[row], m, R, p, axis)
        _place_points(R, p, m.link, m.centre, x, y, z, 0)
        count = own
        if carried[problem] >= 0:
            a, b = held.start[carried[problem]], held.start[carried[problem] + 1]
            _place_points(R, p, link[own:], held.centre[a:b], x, y, z, own)
            for s in range(b - a):
                grown[own + s] = held.radius[a + s] + margins.carried
            count = own + b - a
        wrench[:] = _ZERO
        work[1][:] = _ZERO
        total, deepest = _ZERO, -_FAR
        for k in range(fixed.rounding.shape[0]):
            value, deepest = _against(fixed, k, fixed.R[k], fixed.p[k], x, y, z, grown, link, count,
                                      first, margins, pen, work, wrench, deepest)
            total += value
        for k in range(movable.rounding.shape[0]):
            if present[problem, k]:
                value, deepest = _against(movable, k, R_movable[problem, k], p_movable[problem, k], x, y, z,
                                          grown, link, count, first, margins, pen, work, wrench, deepest)
                total += value
        for k in range(m.pairs.shape[0]):
            i, j = m.pairs[k, 0], m.pairs[k, 1]
            square = (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 + (z[i] - z[j]) ** 2
            limit = touch[k] + max(margins.slack, -deepest)
            if square < limit * limit:
                value, deepest = _pair(i, j, touch[k], x, y, z, link, margins, work, wrench, deepest)
                total += value
        for s in range(own, count):
            for i in range(guarded):
                square = (x[i] - x[s]) ** 2 + (y[i] - y[s]) ** 2 + (z[i] - z[s]) ** 2
                reach = grown[s] + m.radius[i]
                limit = reach + max(margins.slack, -deepest)
                if square < limit * limit:
                    value, deepest = _pair(s, i, reach, x, y, z, link, margins, work, wrench, deepest)
                    total += value
        _to_joints(wrench, axis, p, m, gradient[row])
        _to_joints(work[1], axis, p, m, depth_gradient[row])
        lean[row] = _lean(R, m, margins, cosine[problem], axis, gradient[row])
        cost[row] = total + margins.upright_weight * max(lean[row], _ZERO)
        depth[row] = deepest
