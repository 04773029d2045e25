"""Least distances of a robot's spheres, compiled."""

from __future__ import annotations

import numpy as np

from robolab.core.compiled import jit
from robolab.kernels.compiled_bounds import apart
from robolab.kernels.compiled_distance import FAR, nearest_point, solid_distance
from robolab.kernels.compiled_kinematics import new_room, open_group, open_part, place


@jit
def clearance(body, world, cloud, q):
    """Least distance to obstacles less padding, and between paired spheres [m]; negative where they overlap."""
    room = new_room(body)
    place(body, q, room)
    best = FAR
    for i in range(body.part.shape[0]):
        if body.part[i, 0] == 0.0:
            continue
        for k in range(world.solids.shape[0]):
            best = _solid_clearance(body, world.solids[k], room, i, best)
        if world.tree.shape[0] > 0:
            best = _cloud_clearance(body, world.tree, cloud, room, i, best)
    own = FAR
    for h in range(body.part_pairs.shape[0]):
        own = _pair_clearance(body, room, h, own)
    return best, own


@jit
def _solid_clearance(body, solid, room, i, best):
    c = room.part[i]
    if solid_distance(solid, c[0], c[1], c[2]) - body.part[i, 6] >= best:
        return best
    open_part(body, i, room)
    for g in range(int(body.part[i, 1]), int(body.part[i, 2])):
        c = room.group[g]
        if solid_distance(solid, c[0], c[1], c[2]) - body.group[g, 6] >= best:
            continue
        open_group(body, g, room)
        for s in range(int(body.group[g, 1]), int(body.group[g, 2])):
            c = room.ball[s]
            gap = solid_distance(solid, c[0], c[1], c[2])
            best = min(best, gap - body.ball[s, 3] - body.ball[s, 4])
    return best


@jit
def _cloud_clearance(body, tree, cloud, room, i, best):
    open_part(body, i, room)
    for g in range(int(body.part[i, 1]), int(body.part[i, 2])):
        open_group(body, g, room)
        for s in range(int(body.group[g, 1]), int(body.group[g, 2])):
            c, size = room.ball[s], body.ball[s, 3] + body.ball[s, 4] + cloud
            best = min(best, nearest_point(tree, c[0], c[1], c[2], best + size)[0] - size)
    return best


@jit
def _pair_clearance(body, room, h, own):
    a, b = body.part_pairs[h, 0], body.part_pairs[h, 1]
    if np.sqrt(apart(room.part[a], room.part[b])) - body.part[a, 6] - body.part[b, 6] >= own:
        return own
    open_part(body, a, room)
    open_part(body, b, room)
    for k in range(body.part_pairs[h, 2], body.part_pairs[h, 3]):
        u, v = body.group_pairs[k, 0], body.group_pairs[k, 1]
        gap = np.sqrt(apart(room.group[u], room.group[v]))
        if gap - body.group[u, 6] - body.group[v, 6] >= own:
            continue
        open_group(body, u, room)
        open_group(body, v, room)
        for p in range(body.group_pairs[k, 2], body.group_pairs[k, 3]):
            s, t = body.pairs[p, 0], body.pairs[p, 1]
            gap = np.sqrt(apart(room.ball[s], room.ball[t]))
            own = min(own, gap - body.ball[s, 3] - body.ball[t, 3])
    return own
