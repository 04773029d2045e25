"""How deep a path reaches into obstacles and into itself, with its gradient, compiled."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.compiled_distance import nearest_point, solid_distance, solid_gradient
from robolab.kernels.compiled_jit import jit
from robolab.kernels.compiled_kinematics import place_balls, place_frames


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
def _push(load: Array, link: int, point: Array, force: Array, scale: float) -> None:
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
def _obstacle_cost(
    ball: Array,
    group: Array,
    solids: Array,
    tree: Array,
    cloud: float,
    reach: float,
    centres: Array,
    load: Array,
) -> float:
    total, count, normal = 0.0, ball.shape[0], np.empty(3)
    for g in range(group.shape[0]):
        link = int(group[g, 0])
        if link == 0:
            continue
        middle, near = centres[count + g], group[g, 6] + reach
        for k in range(solids.shape[0] + 1):
            if k < solids.shape[0]:
                if solid_distance(solids[k], middle[0], middle[1], middle[2]) > near:
                    continue
            elif tree.shape[0] == 0:
                continue
            for i in range(int(group[g, 1]), int(group[g, 2])):
                c, size = centres[i], ball[i, 3] + ball[i, 4]
                if k < solids.shape[0]:
                    slack = solid_gradient(solids[k], c[0], c[1], c[2], normal) - size
                else:
                    size += cloud
                    apart, row = nearest_point(tree, c[0], c[1], c[2], size + reach)
                    slack = apart - size
                    if row >= 0:
                        for r in range(3):
                            normal[r] = (c[r] - tree[row, r]) / max(apart, 1e-9)
                value, slope = _hinge(slack, reach)
                if slope != 0.0:
                    total += value
                    _push(load, link, c, normal, slope)
    return total


@jit
def _self_cost(
    ball: Array,
    group: Array,
    pairs: np.ndarray,
    group_pairs: np.ndarray,
    reach: float,
    centres: Array,
    load: Array,
) -> float:
    total, count, normal = 0.0, ball.shape[0], np.empty(3)
    for k in range(group_pairs.shape[0]):
        a, b = group_pairs[k, 0], group_pairs[k, 1]
        if (
            _toward(centres[count + a], centres[count + b], normal)
            > group[a, 6] + group[b, 6] + reach
        ):
            continue
        for p in range(group_pairs[k, 2], group_pairs[k, 3]):
            s, t = pairs[p, 0], pairs[p, 1]
            apart = _toward(centres[s], centres[t], normal)
            value, slope = _hinge(apart - ball[s, 3] - ball[t, 3], reach)
            if slope != 0.0:
                total += value
                _push(load, int(group[b, 0]), centres[t], normal, slope)
                _push(load, int(group[a, 0]), centres[s], normal, -slope)
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
def path_cost(
    rows: Array,
    ends: Array,
    ball: Array,
    group: Array,
    pairs: np.ndarray,
    group_pairs: np.ndarray,
    solids: Array,
    tree: Array,
    setting: Array,
    reach: float,
    Q: Array,
    gradient: Array,
) -> float:
    """Sum of penalties on less slack than `reach` over many joint positions.

    Args:
        setting: As for `free_share`.
        Q: Joint positions, shape (m, n).
        gradient: Filled in, shape (m, n).
    """
    count, n = rows.shape[0], Q.shape[1]
    frames, load = np.empty((count + 1, 12)), np.empty((count + 1, 6))
    centres = np.empty((ball.shape[0] + group.shape[0], 3))
    total = 0.0
    for m in range(Q.shape[0]):
        place_frames(rows, ends, Q[m], frames)
        place_balls(frames, ball, group, centres)
        load[:] = 0.0
        total += _obstacle_cost(ball, group, solids, tree, setting[0], reach, centres, load)
        total += _self_cost(ball, group, pairs, group_pairs, reach, centres, load)
        if setting[5] < np.pi:
            total += _tilt_cost(frames, ends, setting[2:], load)
        gradient[m] = 0.0
        for i in range(count - 1, -1, -1):
            load[i] += load[i + 1]
            u, f, p, w = frames[i], rows[i], frames[i + 1], load[i + 1]
            effort = 0.0
            for r in range(3):
                axis = u[3 * r] * f[30] + u[3 * r + 1] * f[31] + u[3 * r + 2] * f[32]
                if f[33] > 0.0:
                    effort += axis * w[r]
                else:
                    j, k = (r + 1) % 3, (r + 2) % 3
                    effort += axis * (w[3 + r] - p[9 + j] * w[k] + p[9 + k] * w[j])
            for j in range(n):
                gradient[m, j] += f[35 + j] * effort
    return total
