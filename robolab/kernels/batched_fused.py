"""The clearance cost of many configurations and its gradient in one pass on the CPU, compiled.

For each configuration: place the spheres, measure them against every obstacle and against each
other, add up a smooth hinge on what comes too near, keep the deepest, and turn the forces on the
spheres into joint gradients by moments about the axes. Groups of spheres that are farther away
than the hinge reaches are passed over by one distance.
"""

from __future__ import annotations

import numpy as np

from robolab.core.compiled import inlined, jit
from robolab.kernels.batched_room import new_room

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
_HALF = np.float32(0.5)
_TINY = np.float32(1e-9)
_SLIM = np.float32(1e-6)


@jit
def place_frames(q, m, R, p, axis, step):
    R[0] = m.R_base
    p[0] = m.p_base
    for j in range(m.offset.shape[0]):
        angle = m.offset[j]
        for k in range(q.shape[0]):
            angle += m.weights[j, k] * q[k]
        s, c = np.sin(angle), np.cos(angle)
        for a in range(3):
            for b in range(3):
                step[a, b] = m.turn[0, j, a, b] + s * m.turn[1, j, a, b] + c * m.turn[2, j, a, b]
        for a in range(3):
            total = p[j, a]
            for b in range(3):
                total += R[j, a, b] * (m.shift[j, b] + angle * m.slide[j, b])
            p[j + 1, a] = total
            for b in range(3):
                R[j + 1, a, b] = (
                    R[j, a, 0] * step[0, b] + R[j, a, 1] * step[1, b] + R[j, a, 2] * step[2, b]
                )
            axis[j, a] = (
                R[j + 1, a, 0] * m.axis[j, 0]
                + R[j + 1, a, 1] * m.axis[j, 1]
                + R[j + 1, a, 2] * m.axis[j, 2]
            )


@inlined
def _place(R, p, i, centre, k, out, at):
    """Write point k of frame i, in world, to row `at`."""
    a, b, c = centre[k, 0], centre[k, 1], centre[k, 2]
    for axis in range(3):
        out[at, axis] = R[i, axis, 0] * a + R[i, axis, 1] * b + R[i, axis, 2] * c + p[i, axis]


@inlined
def distance_to(s, k, point, i):
    """Signed distance of point i to solid k, in world."""
    dx, dy, dz = point[i, 0] - s[k, 9], point[i, 1] - s[k, 10], point[i, 2] - s[k, 11]
    u = dx * s[k, 0] + dy * s[k, 3] + dz * s[k, 6]
    v = dx * s[k, 1] + dy * s[k, 4] + dz * s[k, 7]
    w = dx * s[k, 2] + dy * s[k, 5] + dz * s[k, 8]
    if s[k, 16] > _ZERO:
        a = np.sqrt(u * u + v * v) - s[k, 12]
        b = abs(w) - s[k, 13]
        inside = max(a, b)
        c = _ZERO
    else:
        a, b, c = abs(u) - s[k, 12], abs(v) - s[k, 13], abs(w) - s[k, 14]
        inside = max(a, max(b, c))
    if inside <= _ZERO:
        return inside - s[k, 15]
    a, b, c = max(a, _ZERO), max(b, _ZERO), max(c, _ZERO)
    return np.sqrt(a * a + b * b + c * c) - s[k, 15]


@jit
def _outward(s, k, point, i, normal):
    """Unit gradient of the distance to solid k at point i, in world."""
    dx, dy, dz = point[i, 0] - s[k, 9], point[i, 1] - s[k, 10], point[i, 2] - s[k, 11]
    u = dx * s[k, 0] + dy * s[k, 3] + dz * s[k, 6]
    v = dx * s[k, 1] + dy * s[k, 4] + dz * s[k, 7]
    w = dx * s[k, 2] + dy * s[k, 5] + dz * s[k, 8]
    if s[k, 16] > _ZERO:
        rho = np.sqrt(u * u + v * v) + _TINY
        a, b = rho - s[k, 12], abs(w) - s[k, 13]
        if max(a, b) <= _ZERO:
            ga, gb = (_ONE, _ZERO) if a > b else (_ZERO, _ONE)
        else:
            ga, gb = max(a, _ZERO), max(b, _ZERO)
        gu, gv, gw = ga * u / rho, ga * v / rho, gb * np.sign(w)
    else:
        a, b, c = abs(u) - s[k, 12], abs(v) - s[k, 13], abs(w) - s[k, 14]
        if max(a, max(b, c)) <= _ZERO:
            gu = np.sign(u) if a >= b and a >= c else _ZERO
            gv = np.sign(v) if b > a and b >= c else _ZERO
            gw = np.sign(w) if c > a and c > b else _ZERO
        else:
            gu = max(a, _ZERO) * np.sign(u)
            gv = max(b, _ZERO) * np.sign(v)
            gw = max(c, _ZERO) * np.sign(w)
    scale = _ONE / (np.sqrt(gu * gu + gv * gv + gw * gw) + _TINY)
    for a in range(3):
        normal[a] = (s[k, 3 * a] * gu + s[k, 3 * a + 1] * gv + s[k, 3 * a + 2] * gw) * scale


@inlined
def _push(wrench, i, scale, point, k, n):
    """Add a force along n at point k to the wrench on link i."""
    fx, fy, fz = scale * n[0], scale * n[1], scale * n[2]
    px, py, pz = point[k, 0], point[k, 1], point[k, 2]
    wrench[i, 0] += fx
    wrench[i, 1] += fy
    wrench[i, 2] += fz
    wrench[i, 3] += py * fz - pz * fy
    wrench[i, 4] += pz * fx - px * fz
    wrench[i, 5] += px * fy - py * fx


@jit
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


@inlined
def _hinge(pen, slack):
    """Smooth hinge that starts `slack` before contact, and its slope."""
    t = pen + slack
    if t <= _ZERO:
        return _ZERO, _ZERO
    if t < slack:
        return _HALF * t * t / slack, t / slack
    return t - _HALF * slack, _ONE


@jit
def _lean(R, m, margins, cosine, axis, out):
    """How far the tool's z axis leans beyond its limit (cosines), adding the hinge's gradient."""
    last, up, tip = m.offset.shape[0], margins.up, m.tip_z
    zx = R[last, 0, 0] * tip[0] + R[last, 0, 1] * tip[1] + R[last, 0, 2] * tip[2]
    zy = R[last, 1, 0] * tip[0] + R[last, 1, 1] * tip[1] + R[last, 1, 2] * tip[2]
    zz = R[last, 2, 0] * tip[0] + R[last, 2, 1] * tip[1] + R[last, 2, 2] * tip[2]
    lean = cosine - (zx * up[0] + zy * up[1] + zz * up[2])
    if lean > _ZERO:
        cx, cy, cz = zy * up[2] - zz * up[1], zz * up[0] - zx * up[2], zx * up[1] - zy * up[0]
        for j in range(last):
            if m.prismatic[j]:
                continue
            slope = -margins.upright_weight * (axis[j, 0] * cx + axis[j, 1] * cy + axis[j, 2] * cz)
            for k in range(out.shape[0]):
                out[k] += m.weights[j, k] * slope
    return lean


@jit
def _touch_solid(room, k, i, pen, link, slack, deepest):
    """Sphere i reaches `pen` into solid k or its surroundings; returns the cost and the deepest so far."""
    _outward(room.solids, k, room.point, i, room.normal)
    value, slope = _hinge(pen, slack)
    _push(room.wrench, link, -slope, room.point, i, room.normal)
    if pen > deepest:
        deepest = pen
        room.deep[:] = _ZERO
        _push(room.deep, link, -_ONE, room.point, i, room.normal)
    return value, deepest


@jit
def _touch_pair(room, i, j, reach, link_i, link_j, slack, deepest):
    """Two spheres against each other, if near; returns the cost and the deepest so far."""
    point, normal = room.point, room.normal
    dx, dy, dz = point[i, 0] - point[j, 0], point[i, 1] - point[j, 1], point[i, 2] - point[j, 2]
    square = dx * dx + dy * dy + dz * dz
    if square >= (reach + slack) ** 2:
        return _ZERO, deepest
    gap = np.sqrt(square) + _SLIM
    normal[0], normal[1], normal[2] = dx / gap, dy / gap, dz / gap
    value, slope = _hinge(reach - gap, slack)
    _push(room.wrench, link_i, -slope, point, i, normal)
    _push(room.wrench, link_j, slope, point, j, normal)
    if reach - gap > deepest:
        deepest = reach - gap
        room.deep[:] = _ZERO
        _push(room.deep, link_i, -_ONE, point, i, normal)
        _push(room.deep, link_j, _ONE, point, j, normal)
    return value, deepest


@inlined
def _gaps(s, k, ball, first, count, gap):
    """Signed distances of ball centres to solid k, several at a time; `ball` holds x, y, z in rows."""
    r00, r01, r02, r10, r11, r12 = s[k, 0], s[k, 1], s[k, 2], s[k, 3], s[k, 4], s[k, 5]
    r20, r21, r22, px, py, pz = s[k, 6], s[k, 7], s[k, 8], s[k, 9], s[k, 10], s[k, 11]
    hx, hy, hz, rounding = s[k, 12], s[k, 13], s[k, 14], s[k, 15]
    x, y, z = ball[0], ball[1], ball[2]
    if s[k, 16] > _ZERO:
        for g in range(first, count):
            dx, dy, dz = x[g] - px, y[g] - py, z[g] - pz
            u = dx * r00 + dy * r10 + dz * r20
            v = dx * r01 + dy * r11 + dz * r21
            a = np.sqrt(u * u + v * v) - hx
            b = abs(dx * r02 + dy * r12 + dz * r22) - hy
            inside = min(max(a, b), _ZERO)
            a, b = max(a, _ZERO), max(b, _ZERO)
            gap[g] = np.sqrt(a * a + b * b) + inside - rounding
    else:
        for g in range(first, count):
            dx, dy, dz = x[g] - px, y[g] - py, z[g] - pz
            a = abs(dx * r00 + dy * r10 + dz * r20) - hx
            b = abs(dx * r01 + dy * r11 + dz * r21) - hy
            c = abs(dx * r02 + dy * r12 + dz * r22) - hz
            inside = min(max(a, max(b, c)), _ZERO)
            a, b, c = max(a, _ZERO), max(b, _ZERO), max(c, _ZERO)
            gap[g] = np.sqrt(a * a + b * b + c * c) + inside - rounding


@jit
def _own_solids(m, room, count, margins, deepest):
    """The robot's groups of spheres against every solid; places the spheres of groups that are near one."""
    total, groups, reach, first = _ZERO, m.group.shape[0], margins.robot + margins.slack, 0
    for g in range(groups):
        link = m.group[g, 2]
        _place_ball(room, link, m.group_bound, g, g)
        room.placed[g] = False
        first += link == 0  # groups of the base come first and never move
    for k in range(count):
        _gaps(room.solids, k, room.ball, first, groups, room.gap)
        for g in range(first, groups):
            if room.gap[g] >= reach + m.group_bound[g, 3]:
                continue
            if not room.placed[g]:
                _place_group(m, room, g)
            for i in range(m.group[g, 0], m.group[g, 1]):
                pen = m.radius[i] + margins.robot - distance_to(room.solids, k, room.point, i)
                if pen + margins.slack > _ZERO:
                    value, deepest = _touch_solid(
                        room, k, i, pen, m.group[g, 2], margins.slack, deepest
                    )
                    total += value
    return total, deepest


@inlined
def _place_ball(room, i, centre, k, at):
    """Write point k of frame i, in world, to column `at` of the balls."""
    a, b, c = centre[k, 0], centre[k, 1], centre[k, 2]
    R, p = room.R, room.p
    for axis in range(3):
        room.ball[axis, at] = R[i, axis, 0] * a + R[i, axis, 1] * b + R[i, axis, 2] * c + p[i, axis]


@jit
def _place_group(m, room, g):
    for i in range(m.group[g, 0], m.group[g, 1]):
        _place(room.R, room.p, m.group[g, 2], m.centre, i, room.point, i)
    room.placed[g] = True


@inlined
def _near(ball, a, b, reach):
    dx, dy, dz = ball[0, a] - ball[0, b], ball[1, a] - ball[1, b], ball[2, a] - ball[2, b]
    return dx * dx + dy * dy + dz * dz < reach * reach


@jit
def _own_pairs(m, room, margins, deepest):
    """The robot's spheres against each other."""
    total, point = _ZERO, room.point
    for h in range(m.pair_group.shape[0]):
        a, b = m.pair_group[h, 2], m.pair_group[h, 3]
        if not _near(room.ball, a, b, m.group_bound[a, 3] + m.group_bound[b, 3] + margins.slack):
            continue
        if not room.placed[a]:
            _place_group(m, room, a)
        if not room.placed[b]:
            _place_group(m, room, b)
        for k in range(m.pair_group[h, 0], m.pair_group[h, 1]):
            i, j = m.pairs[k, 0], m.pairs[k, 1]
            reach = m.radius[i] + m.radius[j]
            dx, dy, dz = (
                point[i, 0] - point[j, 0],
                point[i, 1] - point[j, 1],
                point[i, 2] - point[j, 2],
            )
            if dx * dx + dy * dy + dz * dz >= (reach + margins.slack) ** 2:
                continue
            value, deepest = _touch_pair(
                room, i, j, reach, m.link[i], m.link[j], margins.slack, deepest
            )
            total += value
    return total, deepest


@jit
def _held_object(m, held, which, room, count, margins, deepest):
    """The held object's spheres against every solid and against the robot's own."""
    own, tip, total = m.radius.shape[0], m.offset.shape[0], _ZERO
    first, last, spot = held.start[which], held.start[which + 1], m.group.shape[0]
    for s in range(last - first):
        _place(room.R, room.p, tip, held.centre, first + s, room.point, own + s)
    _place_ball(room, tip, held.bound, which, spot)
    bound = held.bound[which, 3] + margins.carried + margins.slack
    for k in range(count):
        _gaps(room.solids, k, room.ball, spot, spot + 1, room.gap)
        if room.gap[spot] >= bound:
            continue
        for s in range(last - first):
            gap = distance_to(room.solids, k, room.point, own + s)
            pen = held.radius[first + s] + margins.carried - gap
            if pen + margins.slack > _ZERO:
                value, deepest = _touch_solid(room, k, own + s, pen, tip, margins.slack, deepest)
                total += value
    for g in range(m.group.shape[0]):
        link = m.group[g, 2]
        if link > held.guard or not _near(room.ball, spot, g, bound + m.group_bound[g, 3]):
            continue
        if not room.placed[g]:
            _place_group(m, room, g)
        for i in range(m.group[g, 0], m.group[g, 1]):
            for s in range(last - first):
                reach = held.radius[first + s] + margins.carried + m.radius[i]
                value, deepest = _touch_pair(
                    room, own + s, i, reach, tip, link, margins.slack, deepest
                )
                total += value
    return total, deepest


@jit
def _gather(fixed, movable, problems, problem, solids):
    """Write the movable solids that stand in the way, then the problem's own, after the fixed ones; returns how many."""
    count, R, p = fixed.shape[0], problems.R[problem], problems.p[problem]
    for k in range(movable.shape[0]):
        if problems.present[problem, k]:
            for a in range(3):
                for b in range(3):
                    solids[count, 3 * a + b] = R[k, a, b]
                solids[count, 9 + a] = p[k, a]
            solids[count, 12:] = movable[k, 12:]
            count += 1
    for k in range(problems.solid_count[problem]):
        solids[count] = problems.solids[problem, k]
        count += 1
    return count


@jit
def rows(q, per_problem, m, fixed, movable, problems, held, margins, out):
    """Fill `out` for rows of configurations.

    Args:
        q: Shape (rows, n), float32; `per_problem` rows in a row share one problem.
        m, held, margins, problems, out: See `batched_room`.
        fixed, movable: Solids, (k, SOLID); the movables' poses are per problem.
    """
    room = new_room(m, held, fixed.shape[0] + movable.shape[0] + problems.solids.shape[1])
    room.solids[: fixed.shape[0]] = fixed
    count, before = 0, -1
    for row in range(q.shape[0]):
        problem = row // per_problem
        if problem != before:
            count = _gather(fixed, movable, problems, problem, room.solids)
            before = problem
        place_frames(q[row], m, room.R, room.p, room.axis, room.step)
        room.wrench[:] = _ZERO
        room.deep[:] = _ZERO
        total, deepest = _own_solids(m, room, count, margins, -margins.slack)
        value, deepest = _own_pairs(m, room, margins, deepest)
        total += value
        which = problems.carried[problem]
        if which >= 0:
            value, deepest = _held_object(m, held, which, room, count, margins, deepest)
            total += value
        _to_joints(room.wrench, room.axis, room.p, m, out.gradient[row])
        _to_joints(room.deep, room.axis, room.p, m, out.depth_gradient[row])
        lean = _lean(room.R, m, margins, problems.cosine[problem], room.axis, out.gradient[row])
        out.lean[row] = lean
        out.cost[row] = total + margins.upright_weight * max(lean, _ZERO)
        out.depth[row] = deepest
