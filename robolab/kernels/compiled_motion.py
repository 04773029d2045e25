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

from robolab.core.compiled import jit
from robolab.core.transforms import Array
from robolab.kernels.compiled_bounds import (
    COLLIDES,
    DEEP,
    TOUCH,
    apart,
    bound_of,
    extra_of,
    share_of,
    speed_of,
    turning_of,
)
from robolab.kernels.compiled_distance import nearest_point, solid_distance
from robolab.kernels.compiled_exact import exact_pair_share, exact_solid_share
from robolab.kernels.compiled_kinematics import (
    new_room,
    open_group,
    open_part,
    place,
    place_rates,
    tilt_cosine,
)


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
    return share_of(slack - rest.sum(), speed, total * total)


@jit
def _obstacle_share(body, world, cloud, room, width, rest, extra):
    """Largest share of the step within which no sphere reaches an obstacle, or COLLIDES."""
    share, solids, tree = 1.0, world.solids, world.tree
    for i in range(body.part.shape[0]):
        link = int(body.part[i, 0])
        if link == 0:
            continue
        middle = room.part[i]
        bound = bound_of(body.lever[i], width, 0, link)
        lost = extra_of(body.lever[i], rest, 0, link) + extra
        speed = speed_of(room.rates, link, room.frames[link], middle, 0, room.frames[0])
        speed += turning_of(room.rates, link, 0) * body.part[i, 7]
        reach = speed + 0.5 * bound + lost + TOUCH
        for k in range(solids.shape[0]):
            far = solid_distance(solids[k], middle[0], middle[1], middle[2])
            if far > reach + body.part[i, 6]:
                continue
            own = _solid_share(body, solids[k], room, i, (bound, lost, reach, extra), share)
            if DEEP < own < share and body.part[i, 9] > body.part[i, 8]:
                own = max(own, exact_solid_share(body, solids[k], room, i, bound, lost, extra))
            if own < 0.0:
                return COLLIDES
            share = min(share, own)
        if tree.shape[0] > 0:
            near = reach + body.part[i, 6] + cloud
            if nearest_point(tree, middle[0], middle[1], middle[2], near)[1] >= 0:
                share = _cloud_share(body, tree, cloud, room, i, (bound, lost, reach, extra), share)
                if share < 0.0:
                    return COLLIDES
    return share


@jit
def _solid_share(body, solid, room, i, bounds, share):
    """The share that the spheres of part i leave before a solid, no larger than the one given, COLLIDES or DEEP."""
    bound, lost, reach, extra = bounds
    link = int(body.part[i, 0])
    open_part(body, i, room)
    for g in range(int(body.part[i, 1]), int(body.part[i, 2])):
        c = room.group[g]
        if solid_distance(solid, c[0], c[1], c[2]) > reach + body.group[g, 6]:
            continue
        open_group(body, g, room)
        for s in range(int(body.group[g, 1]), int(body.group[g, 2])):
            c = room.ball[s]
            size = body.ball[s, 3] + body.ball[s, 4] + lost
            slack = solid_distance(solid, c[0], c[1], c[2]) - size
            if slack + lost - extra <= TOUCH:
                share = COLLIDES
                if slack + size <= 0.0:
                    return DEEP
                continue
            if slack < reach and share > 0.0:
                own = speed_of(room.rates, link, room.frames[link], c, 0, room.frames[0])
                share = min(share, share_of(slack, own, bound))
    return share


@jit
def _cloud_share(body, tree, cloud, room, i, bounds, share):
    """The same before a cloud of points."""
    bound, lost, reach, extra = bounds
    link = int(body.part[i, 0])
    open_part(body, i, room)
    for g in range(int(body.part[i, 1]), int(body.part[i, 2])):
        c, near = room.group[g], reach + body.group[g, 6] + cloud
        if nearest_point(tree, c[0], c[1], c[2], near)[1] < 0:
            continue
        open_group(body, g, room)
        for s in range(int(body.group[g, 1]), int(body.group[g, 2])):
            c = room.ball[s]
            size = body.ball[s, 3] + body.ball[s, 4] + lost + cloud
            slack = nearest_point(tree, c[0], c[1], c[2], size + reach)[0] - size
            if slack + lost - extra <= TOUCH:
                return COLLIDES
            if slack < reach:
                own = speed_of(room.rates, link, room.frames[link], c, 0, room.frames[0])
                share = min(share, share_of(slack, own, bound))
    return share


@jit
def _self_share(body, room, width, rest):
    """Largest share of the step within which no two paired spheres meet, or COLLIDES."""
    share = 1.0
    for h in range(body.part_pairs.shape[0]):
        a, b = body.part_pairs[h, 0], body.part_pairs[h, 1]
        i, j = int(body.part[a, 0]), int(body.part[b, 0])
        bound = bound_of(body.lever[b], width, i, j)
        lost = extra_of(body.lever[b], rest, i, j)
        speed = speed_of(room.rates, j, room.frames[j], room.part[b], i, room.frames[i])
        speed += turning_of(room.rates, j, i) * body.part[b, 7]
        reach = speed + 0.5 * bound + lost + TOUCH
        near = reach + body.part[a, 6] + body.part[b, 6]
        if apart(room.part[a], room.part[b]) > near * near:
            continue
        exact = body.part[a, 9] > body.part[a, 8] and body.part[b, 9] > body.part[b, 8]
        own = share
        if body.part_pairs[h, 4] == 1 or not exact:
            own = _pair_share(body, room, h, (bound, lost, reach), share)
            if own < share and exact:
                own = max(own, exact_pair_share(body, room, h, bound, lost))
        else:  # spheres that overlap by design are not paired, so only the hulls can tell
            own = min(share, exact_pair_share(body, room, h, bound, lost))
        if own < 0.0:
            return COLLIDES
        share = min(share, own)
    return share


@jit
def touches(body, world, setting, q, solid_of_part, pair):
    """Mark which parts touch which solids, shape (p, k), or the cloud (p,) in the last column, and which pairs touch (h,).

    Args:
        solid_of_part: Filled in, bool, shape (p, k + 1). pair: filled in, bool, shape (h,).
    """
    room, still = new_room(body), np.zeros(body.rows.shape[0])
    place(body, q, room)
    place_rates(body.rows, room.frames, still, room.rates)
    bounds, solids = (0.0, setting[1], TOUCH + setting[1], setting[1]), world.solids
    for i in range(body.part.shape[0]):
        solid_of_part[i] = False
        if body.part[i, 0] == 0.0:
            continue
        exact = body.part[i, 9] > body.part[i, 8]
        for k in range(solids.shape[0]):
            own = _solid_share(body, solids[k], room, i, bounds, 1.0)
            if own == COLLIDES and exact:
                own = exact_solid_share(body, solids[k], room, i, 0.0, setting[1], setting[1])
            solid_of_part[i, k] = own < 0.0
        if world.tree.shape[0] > 0:
            own = _cloud_share(body, world.tree, setting[0], room, i, bounds, 1.0)
            solid_of_part[i, solids.shape[0]] = own < 0.0
    for h in range(body.part_pairs.shape[0]):
        a, b = body.part_pairs[h, 0], body.part_pairs[h, 1]
        own = _pair_share(body, room, h, (0.0, 0.0, TOUCH), 1.0)
        exact = body.part[a, 9] > body.part[a, 8] and body.part[b, 9] > body.part[b, 8]
        if exact and (own < 0.0 or body.part_pairs[h, 4] == 0):
            own = exact_pair_share(body, room, h, 0.0, 0.0)
        pair[h] = own < 0.0


@jit
def _pair_share(body, room, h, bounds, share):
    """The share that two parts leave each other, no larger than the one given, or COLLIDES."""
    bound, lost, reach = bounds
    a, b = body.part_pairs[h, 0], body.part_pairs[h, 1]
    i, j = int(body.part[a, 0]), int(body.part[b, 0])
    open_part(body, a, room)
    open_part(body, b, room)
    for k in range(body.part_pairs[h, 2], body.part_pairs[h, 3]):
        u, v = body.group_pairs[k, 0], body.group_pairs[k, 1]
        near = reach + body.group[u, 6] + body.group[v, 6]
        if apart(room.group[u], room.group[v]) > near * near:
            continue
        open_group(body, u, room)
        open_group(body, v, room)
        for p in range(body.group_pairs[k, 2], body.group_pairs[k, 3]):
            s, t = body.pairs[p, 0], body.pairs[p, 1]
            size = body.ball[s, 3] + body.ball[t, 3] + lost
            square = apart(room.ball[s], room.ball[t])
            if square > (size + reach) * (size + reach):
                continue
            slack = np.sqrt(square) - size
            if slack + lost <= TOUCH:
                return COLLIDES
            own = speed_of(room.rates, j, room.frames[j], room.ball[t], i, room.frames[i])
            share = min(share, share_of(slack, own, bound))
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
def free_share(body, world, setting, q, step, rest, room):
    """Largest t <= 1 so that nothing touches at q + s step + r for all |s| <= t, |r_j| <= rest_j.

    Args:
        setting: Radius of cloud points, further clearance, upright direction (3) and greatest angle, shape (6,);
            an angle of at least pi asks nothing.
        q, step, rest: Arm joints, shape (n,).
        room: Overwritten.
    Returns:
        The share, or COLLIDES if something touches at q itself. 0 if `rest` alone is too much.
    """
    rate, width, spare = _chain_steps(body.rows, step, rest)
    place(body, q, room)
    place_rates(body.rows, room.frames, rate, room.rates)
    share = 1.0
    if setting[5] < np.pi:
        share = _tilt_share(room.frames, room.rates, body.ends, setting[2:], width, spare)
        if share < 0.0:
            return COLLIDES
    other = _obstacle_share(body, world, setting[0], room, width, spare, setting[1])
    if other < 0.0:
        return COLLIDES
    share = min(share, other)
    other = _self_share(body, room, width, spare)
    return COLLIDES if other < 0.0 else min(share, other)


@jit
def share_at(body, world, setting, q, step, rest):
    """`free_share` with room of its own."""
    return free_share(body, world, setting, q, step, rest, new_room(body))
