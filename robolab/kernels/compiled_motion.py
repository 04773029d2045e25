"""How far a motion may go before anything can touch, compiled.

At joint positions q with joint step dq, a point at distance lever_j from joint j stays within
|v| t + B t^2 / 2 of where it is, with v its velocity for the step and
B = sum_j lever_j |dq_j| (|dq_j| + 2 sum_(k<j) |dq_k|), which bounds its second derivative: every
mixed derivative of a serial chain is no longer than the lever of its joint nearer the tip. Where this stays below the
distance to the obstacles, nothing touches, at any point of the step: no resolution is chosen.
References: Schwarzer, Saha and Latombe (2005), adaptive dynamic collision checking; the second-order bound is ours.
"""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array
from robolab.kernels.compiled_distance import FAR, nearest_point, solid_distance
from robolab.kernels.compiled_jit import jit
from robolab.kernels.compiled_kinematics import (
    place_balls,
    place_frames,
    place_rates,
    tilt_cosine,
)

TOUCH = 2e-5
"""What comes nearer than this counts as touching [m, rad]: it ends the search for ever smaller gaps."""
COLLIDES = -1.0


@jit
def _bound(lever: Array, width: Array, first: int, last: int) -> float:
    """Bound on the second derivative from joints first..last-1."""
    before, total = 0.0, 0.0
    for j in range(first, last):
        total += lever[j] * width[j] * (width[j] + 2.0 * before)
        before += width[j]
    return total


@jit
def _extra(lever: Array, rest: Array, first: int, last: int) -> float:
    total = 0.0
    for j in range(first, last):
        total += lever[j] * rest[j]
    return total


@jit
def _share(slack: float, speed: float, bound: float) -> float:
    """Largest t <= 1 with speed t + bound t^2 / 2 <= slack."""
    if speed + 0.5 * bound <= slack:
        return 1.0
    if slack <= 0.0:
        return 0.0
    return 2.0 * slack / (speed + np.sqrt(speed * speed + 2.0 * bound * slack))


@jit
def _speed(
    rates: Array, link: int, origin: Array, point: Array, base: int, base_origin: Array
) -> float:
    """Speed of a point on a link as seen from a nearer link of the chain."""
    dx, dy, dz = point[0] - origin[9], point[1] - origin[10], point[2] - origin[11]
    r = rates[link]
    x = r[3] + r[1] * dz - r[2] * dy
    y = r[4] + r[2] * dx - r[0] * dz
    z = r[5] + r[0] * dy - r[1] * dx
    if base > 0:
        b = rates[base]
        dx = point[0] - base_origin[9]
        dy = point[1] - base_origin[10]
        dz = point[2] - base_origin[11]
        x -= b[3] + b[1] * dz - b[2] * dy
        y -= b[4] + b[2] * dx - b[0] * dz
        z -= b[5] + b[0] * dy - b[1] * dx
    return np.sqrt(x * x + y * y + z * z)


@jit
def _turning(rates: Array, link: int, base: int) -> float:
    x = rates[link, 0] - rates[base, 0]
    y = rates[link, 1] - rates[base, 1]
    z = rates[link, 2] - rates[base, 2]
    return np.sqrt(x * x + y * y + z * z)


@jit
def _tilt_share(
    frames: Array, rates: Array, ends: Array, upright: Array, width: Array, rest: Array
) -> float:
    """Largest share of the step within which the tool stays upright, or COLLIDES."""
    tilt = np.arccos(min(max(tilt_cosine(frames, ends, upright), -1.0), 1.0))
    slack = upright[3] - tilt
    if slack <= TOUCH:
        return COLLIDES
    last = frames.shape[0] - 1
    f, t, w = frames[last], ends[1], rates[last]
    z = np.empty(3)
    for r in range(3):
        z[r] = f[3 * r] * t[2] + f[3 * r + 1] * t[5] + f[3 * r + 2] * t[8]
    x = w[1] * z[2] - w[2] * z[1]
    y = w[2] * z[0] - w[0] * z[2]
    speed = np.sqrt(x * x + y * y + (w[0] * z[1] - w[1] * z[0]) ** 2)
    total = width.sum()
    # The sharper bound on a curve's second derivative along the unit sphere: (sum of turning)^2.
    return _share(slack - rest.sum(), speed, total * total)


@jit
def _obstacle_share(
    ball: Array,
    group: Array,
    lever: Array,
    solids: Array,
    tree: Array,
    cloud: float,
    frames: Array,
    rates: Array,
    centres: Array,
    width: Array,
    rest: Array,
    extra: float,
) -> float:
    """Largest share of the step within which no sphere reaches an obstacle, or COLLIDES."""
    share, count = 1.0, ball.shape[0]
    for g in range(group.shape[0]):
        link = int(group[g, 0])
        if link == 0:
            continue
        bound = _bound(lever[g], width, 0, link)
        lost = _extra(lever[g], rest, 0, link) + extra
        middle = centres[count + g]
        speed = _speed(rates, link, frames[link], middle, 0, frames[0])
        speed += _turning(rates, link, 0) * group[g, 7]
        reach = speed + 0.5 * bound + lost + TOUCH
        near = reach + group[g, 6]
        for k in range(solids.shape[0] + 1):
            if k < solids.shape[0]:
                if solid_distance(solids[k], middle[0], middle[1], middle[2]) > near:
                    continue
            elif tree.shape[0] == 0 or (
                nearest_point(tree, middle[0], middle[1], middle[2], near + cloud)[1] < 0
            ):
                continue
            for i in range(int(group[g, 1]), int(group[g, 2])):
                x, y, z = centres[i, 0], centres[i, 1], centres[i, 2]
                size = ball[i, 3] + ball[i, 4] + lost
                if k < solids.shape[0]:
                    slack = solid_distance(solids[k], x, y, z) - size
                else:
                    size += cloud
                    slack = nearest_point(tree, x, y, z, size + reach)[0] - size
                if slack + lost - extra <= TOUCH:
                    return COLLIDES
                if slack < reach:
                    own = _speed(rates, link, frames[link], centres[i], 0, frames[0])
                    share = min(share, _share(slack, own, bound))
    return share


@jit
def _self_share(
    ball: Array,
    group: Array,
    lever: Array,
    pairs: np.ndarray,
    group_pairs: np.ndarray,
    frames: Array,
    rates: Array,
    centres: Array,
    width: Array,
    rest: Array,
) -> float:
    """Largest share of the step within which no two paired spheres meet, or COLLIDES."""
    share, count = 1.0, ball.shape[0]
    for k in range(group_pairs.shape[0]):
        a, b = group_pairs[k, 0], group_pairs[k, 1]
        i, j = int(group[a, 0]), int(group[b, 0])
        bound = _bound(lever[b], width, i, j)
        lost = _extra(lever[b], rest, i, j)
        middle, other = centres[count + b], centres[count + a]
        speed = _speed(rates, j, frames[j], middle, i, frames[i])
        speed += _turning(rates, j, i) * group[b, 7]
        reach = speed + 0.5 * bound + lost + TOUCH
        dx, dy, dz = middle[0] - other[0], middle[1] - other[1], middle[2] - other[2]
        near = reach + group[a, 6] + group[b, 6]
        if dx * dx + dy * dy + dz * dz > near * near:
            continue
        for p in range(group_pairs[k, 2], group_pairs[k, 3]):
            s, t = pairs[p, 0], pairs[p, 1]
            dx = centres[t, 0] - centres[s, 0]
            dy = centres[t, 1] - centres[s, 1]
            dz = centres[t, 2] - centres[s, 2]
            size = ball[s, 3] + ball[t, 3] + lost
            square = dx * dx + dy * dy + dz * dz
            if square > (size + reach) * (size + reach):
                continue
            slack = np.sqrt(square) - size
            if slack + lost <= TOUCH:
                return COLLIDES
            own = _speed(rates, j, frames[j], centres[t], i, frames[i])
            share = min(share, _share(slack, own, bound))
    return share


@jit
def _chain_steps(rows: Array, step: Array, rest: Array) -> tuple[Array, Array, Array]:
    """Step, greatest reach and rest of every joint of the chain, passive ones included, each of shape (N,)."""
    count = rows.shape[0]
    rate, width, spare = np.zeros(count), np.zeros(count), np.zeros(count)
    for i in range(count):
        for j in range(step.shape[0]):
            rate[i] += rows[i, 35 + j] * step[j]
            spare[i] += abs(rows[i, 35 + j]) * rest[j]
        width[i] = abs(rate[i]) + spare[i]
    return rate, width, spare


@jit
def free_share(
    rows: Array,
    ends: Array,
    ball: Array,
    group: Array,
    lever: Array,
    pairs: np.ndarray,
    group_pairs: np.ndarray,
    solids: Array,
    tree: Array,
    setting: Array,
    q: Array,
    step: Array,
    rest: Array,
) -> float:
    """Largest t <= 1 so that nothing touches at q + s step + r for all |s| <= t, |r_j| <= rest_j.

    Args:
        setting: Radius of cloud points, further clearance, upright direction (3) and greatest angle, shape (6,);
            an angle of at least pi asks nothing.
        q, step, rest: Arm joints, shape (n,).
    Returns:
        The share, or COLLIDES if something touches at q itself. 0 if `rest` alone is too much.
    """
    count = rows.shape[0]
    frames, rates = np.empty((count + 1, 12)), np.empty((count + 1, 6))
    centres = np.empty((ball.shape[0] + group.shape[0], 3))
    rate, width, spare = _chain_steps(rows, step, rest)
    place_frames(rows, ends, q, frames)
    place_rates(rows, frames, rate, rates)
    place_balls(frames, ball, group, centres)
    share = 1.0
    if setting[5] < np.pi:
        share = _tilt_share(frames, rates, ends, setting[2:], width, spare)
        if share < 0.0:
            return COLLIDES
    other = _obstacle_share(
        ball,
        group,
        lever,
        solids,
        tree,
        setting[0],
        frames,
        rates,
        centres,
        width,
        spare,
        setting[1],
    )
    if other < 0.0:
        return COLLIDES
    share = min(share, other)
    other = _self_share(
        ball, group, lever, pairs, group_pairs, frames, rates, centres, width, spare
    )
    return COLLIDES if other < 0.0 else min(share, other)


@jit
def clearance(
    rows: Array,
    ends: Array,
    ball: Array,
    group: Array,
    pairs: np.ndarray,
    group_pairs: np.ndarray,
    solids: Array,
    tree: Array,
    cloud: float,
    q: Array,
) -> tuple[float, float]:
    """Least distance to obstacles less padding, and between paired spheres [m]; negative where they overlap."""
    frames = np.empty((rows.shape[0] + 1, 12))
    centres = np.empty((ball.shape[0] + group.shape[0], 3))
    place_frames(rows, ends, q, frames)
    place_balls(frames, ball, group, centres)
    best, count = FAR, ball.shape[0]
    for g in range(group.shape[0]):
        if group[g, 0] == 0.0:
            continue
        x, y, z = centres[count + g]
        for k in range(solids.shape[0]):
            if solid_distance(solids[k], x, y, z) - group[g, 6] < best:
                for i in range(int(group[g, 1]), int(group[g, 2])):
                    c = centres[i]
                    gap = solid_distance(solids[k], c[0], c[1], c[2]) - ball[i, 3] - ball[i, 4]
                    best = min(best, gap)
        if tree.shape[0] > 0:
            for i in range(int(group[g, 1]), int(group[g, 2])):
                size = ball[i, 3] + ball[i, 4] + cloud
                c = centres[i]
                best = min(best, nearest_point(tree, c[0], c[1], c[2], best + size)[0] - size)
    own = FAR
    for k in range(group_pairs.shape[0]):
        a, b = group_pairs[k, 0], group_pairs[k, 1]
        u, v = centres[count + a], centres[count + b]
        apart = np.sqrt((u[0] - v[0]) ** 2 + (u[1] - v[1]) ** 2 + (u[2] - v[2]) ** 2)
        if apart - group[a, 6] - group[b, 6] >= own:
            continue
        for p in range(group_pairs[k, 2], group_pairs[k, 3]):
            s, t = pairs[p, 0], pairs[p, 1]
            u, v = centres[s], centres[t]
            apart = np.sqrt((u[0] - v[0]) ** 2 + (u[1] - v[1]) ** 2 + (u[2] - v[2]) ** 2)
            own = min(own, apart - ball[s, 3] - ball[t, 3])
    return best, own
