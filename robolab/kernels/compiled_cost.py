"""How deep a path reaches into obstacles and into itself, with its gradient, compiled."""

from __future__ import annotations

import numpy as np

from robolab.core.compiled import jit
from robolab.core.transforms import Array
from robolab.kernels.compiled_distance import nearest_point, solid_distance, solid_gradient
from robolab.kernels.compiled_kinematics import new_room, open_group, open_part, place


@jit
def _hinge(slack: float, reach: float) -> tuple[float, float]:
    """Penalty on slack below `reach`, quadratic down to 0 and linear beyond, and its derivative."""
    if slack >= reach:
        return 0.0, 0.0
    if slack >= 0.0:
        gap = reach - slack
        return 0.5 * gap * gap / reach, -gap / reach
    return 0.5 * reach - slack, -1.0


@jit
def push(load: Array, link: int, point: Array, force: Array, scale: float) -> None:
    """Add a force at a point to a link's load: force and moment about the world's origin."""
    fx, fy, fz = scale * force[0], scale * force[1], scale * force[2]
    load[link, 0] += fx
    load[link, 1] += fy
    load[link, 2] += fz
    load[link, 3] += point[1] * fz - point[2] * fy
    load[link, 4] += point[2] * fx - point[0] * fz
    load[link, 5] += point[0] * fy - point[1] * fx


@jit
def _toward(start: Array, end: Array, out: Array) -> float:
    """Distance between two points; fills in the direction from one to the other, shape (3,)."""
    total = 0.0
    for r in range(3):
        out[r] = end[r] - start[r]
        total += out[r] * out[r]
    apart = np.sqrt(total)
    for r in range(3):
        out[r] /= max(apart, 1e-9)
    return apart


@jit
def _obstacle_cost(body, world, cloud, reach, room, load):
    total, normal = 0.0, np.empty(3)
    for i in range(body.part.shape[0]):
        if body.part[i, 0] == 0.0:
            continue
        middle, near = room.part[i], body.part[i, 6] + reach
        for k in range(world.solids.shape[0]):
            if solid_distance(world.solids[k], middle[0], middle[1], middle[2]) <= near:
                total += _solid_cost(body, world.solids[k], reach, room, i, load, normal)
        if world.tree.shape[0] > 0:
            total += _cloud_cost(body, world.tree, cloud, reach, room, i, load, normal)
    return total


@jit
def _solid_cost(body, solid, reach, room, i, load, normal):
    total, link = 0.0, int(body.part[i, 0])
    open_part(body, i, room)
    for g in range(int(body.part[i, 1]), int(body.part[i, 2])):
        c = room.group[g]
        if solid_distance(solid, c[0], c[1], c[2]) > body.group[g, 6] + reach:
            continue
        open_group(body, g, room)
        for s in range(int(body.group[g, 1]), int(body.group[g, 2])):
            c, size = room.ball[s], body.ball[s, 3] + body.ball[s, 4]
            slack = solid_gradient(solid, c[0], c[1], c[2], normal) - size
            value, slope = _hinge(slack, reach)
            if slope != 0.0:
                total += value
                push(load, link, c, normal, slope)
    return total


@jit
def _cloud_cost(body, tree, cloud, reach, room, i, load, normal):
    total, link = 0.0, int(body.part[i, 0])
    open_part(body, i, room)
    for g in range(int(body.part[i, 1]), int(body.part[i, 2])):
        c, near = room.group[g], body.group[g, 6] + reach + cloud
        if nearest_point(tree, c[0], c[1], c[2], near)[1] < 0:
            continue
        open_group(body, g, room)
        for s in range(int(body.group[g, 1]), int(body.group[g, 2])):
            c, size = room.ball[s], body.ball[s, 3] + body.ball[s, 4] + cloud
            apart, row = nearest_point(tree, c[0], c[1], c[2], size + reach)
            if row < 0:
                continue
            for r in range(3):
                normal[r] = (c[r] - tree[row, r]) / max(apart, 1e-9)
            value, slope = _hinge(apart - size, reach)
            if slope != 0.0:
                total += value
                push(load, link, c, normal, slope)
    return total


@jit
def _self_cost(body, reach, room, load):
    total, normal = 0.0, np.empty(3)
    for h in range(body.part_pairs.shape[0]):
        a, b = body.part_pairs[h, 0], body.part_pairs[h, 1]
        near = body.part[a, 6] + body.part[b, 6] + reach
        if _toward(room.part[a], room.part[b], normal) > near:
            continue
        open_part(body, a, room)
        open_part(body, b, room)
        for k in range(body.part_pairs[h, 2], body.part_pairs[h, 3]):
            total += _pair_cost(body, reach, room, k, load, normal)
    return total


@jit
def _pair_cost(body, reach, room, k, load, normal):
    total, u, v = 0.0, body.group_pairs[k, 0], body.group_pairs[k, 1]
    near = body.group[u, 6] + body.group[v, 6] + reach
    if _toward(room.group[u], room.group[v], normal) > near:
        return total
    open_group(body, u, room)
    open_group(body, v, room)
    for p in range(body.group_pairs[k, 2], body.group_pairs[k, 3]):
        s, t = body.pairs[p, 0], body.pairs[p, 1]
        apart = _toward(room.ball[s], room.ball[t], normal)
        value, slope = _hinge(apart - body.ball[s, 3] - body.ball[t, 3], reach)
        if slope != 0.0:
            total += value
            push(load, int(body.group[v, 0]), room.ball[t], normal, slope)
            push(load, int(body.group[u, 0]), room.ball[s], normal, -slope)
    return total


@jit
def _tilt_cost(frames: Array, ends: Array, upright: Array, load: Array) -> float:
    """Penalty on the cosine that is missing to the greatest angle; the gradient is a moment on the last link."""
    last = frames.shape[0] - 1
    f, t, z = frames[last], ends[1], np.empty(3)
    for r in range(3):
        z[r] = f[3 * r] * t[2] + f[3 * r + 1] * t[5] + f[3 * r + 2] * t[8]
    value, slope = _hinge(
        z[0] * upright[0] + z[1] * upright[1] + z[2] * upright[2] - np.cos(upright[3]), 0.02
    )
    if slope != 0.0:
        load[last, 3] += slope * (z[1] * upright[2] - z[2] * upright[1])
        load[last, 4] += slope * (z[2] * upright[0] - z[0] * upright[2])
        load[last, 5] += slope * (z[0] * upright[1] - z[1] * upright[0])
    return value


@jit
def _to_joints(body, frames, load, gradient):
    """Write the joint gradient of forces on the links: each joint feels all that it carries."""
    gradient[:] = 0.0
    for i in range(body.rows.shape[0] - 1, -1, -1):
        load[i] += load[i + 1]
        u, f, p, w = frames[i], body.rows[i], frames[i + 1], load[i + 1]
        effort = 0.0
        for r in range(3):
            axis = u[3 * r] * f[30] + u[3 * r + 1] * f[31] + u[3 * r + 2] * f[32]
            if f[33] > 0.0:
                effort += axis * w[r]
            else:
                j, k = (r + 1) % 3, (r + 2) % 3
                effort += axis * (w[3 + r] - p[9 + j] * w[k] + p[9 + k] * w[j])
        for j in range(gradient.shape[0]):
            gradient[j] += f[35 + j] * effort


@jit
def configuration_cost(body, world, setting, reach, q, room, load, gradient):
    """Sum of penalties on less slack than `reach` at joint positions q, shape (n,), and on a tool that leans too far.

    Args:
        setting: As for `free_share`.
        load: Forces and moments on the links that are there besides, shape (N + 1, 6); what pushes is added.
        gradient: Filled in, shape (n,): that of the penalties, and what the load besides asks.
    """
    place(body, q, room)
    total = _obstacle_cost(body, world, setting[0], reach, room, load)
    total += _self_cost(body, reach, room, load)
    if setting[5] < np.pi:
        total += _tilt_cost(room.frames, body.ends, setting[2:], load)
    _to_joints(body, room.frames, load, gradient)
    return total


@jit
def path_cost(body, world, setting, reach, Q, gradient):
    """Sum of `configuration_cost` over many joint positions, shape (m, n), and its gradient, shape (m, n)."""
    room, load, total = new_room(body), np.empty((body.rows.shape[0] + 1, 6)), 0.0
    for m in range(Q.shape[0]):
        load[:] = 0.0
        total += configuration_cost(body, world, setting, reach, Q[m], room, load, gradient[m])
    return total
