"""What the hulls of a robot's parts say where its spheres leave a question open, compiled."""

from __future__ import annotations

import numpy as np

from robolab.core.compiled import jit
from robolab.kernels.compiled_bounds import COLLIDES, TOUCH, apart, share_of, speed_of, turning_of
from robolab.kernels.compiled_distance import solid_distance
from robolab.kernels.compiled_gjk import hull_to_hull, hull_to_solid


@jit
def exact_solid_share(body, solid, room, i, bound, lost, extra):
    """The share that the hulls of part i leave before a solid, or COLLIDES."""
    link = int(body.part[i, 0])
    speed = speed_of(room.rates, link, room.frames[link], room.part[i], 0, room.frames[0])
    speed += turning_of(room.rates, link, 0) * body.part[i, 11]
    size = body.part[i, 10] + lost
    gap = solid_gap(body, solid, room, i, speed + 0.5 * bound + size + 2.0 * TOUCH)
    if gap - body.part[i, 10] - extra <= TOUCH:
        return COLLIDES
    return share_of(gap - size, speed, bound)


@jit
def solid_gap(body, solid, room, i, enough):
    """Distance of the hulls of part i to a solid [m], or a bound on it of at least `enough`."""
    gap, frame = enough, room.frames[int(body.part[i, 0])]
    for h in range(int(body.part[i, 8]), int(body.part[i, 9])):
        hull = body.hull[h]
        c = moved(frame, hull[2], hull[3], hull[4])
        if solid_distance(solid, c[0], c[1], c[2]) - hull[5] < gap:
            first, last = int(hull[0]), int(hull[1])
            gap = min(gap, hull_to_solid(body.vertex, first, last, hull[2:5], frame, solid, gap))
    return gap


@jit
def exact_pair_share(body, room, h, bound, lost):
    """The share that the hulls of two parts leave each other, or COLLIDES."""
    a, b = body.part_pairs[h, 0], body.part_pairs[h, 1]
    i, j = int(body.part[a, 0]), int(body.part[b, 0])
    speed = speed_of(room.rates, j, room.frames[j], room.part[b], i, room.frames[i])
    speed += turning_of(room.rates, j, i) * body.part[b, 11]
    gap = pair_gap(body, room, h, speed + 0.5 * bound + lost + 2.0 * TOUCH)
    if gap <= TOUCH:
        return COLLIDES
    return share_of(gap - lost, speed, bound)


@jit
def pair_gap(body, room, h, enough):
    """Distance of the hulls of two parts [m], or a bound on it of at least `enough`."""
    a, b = body.part_pairs[h, 0], body.part_pairs[h, 1]
    base, frame = room.frames[int(body.part[a, 0])], room.frames[int(body.part[b, 0])]
    gap = enough
    for g in range(int(body.part[a, 8]), int(body.part[a, 9])):
        two = body.hull[g]
        u = moved(base, two[2], two[3], two[4])
        for k in range(int(body.part[b, 8]), int(body.part[b, 9])):
            one = body.hull[k]
            if np.sqrt(apart(u, moved(frame, one[2], one[3], one[4]))) < gap + one[5] + two[5]:
                gap = min(gap, hull_to_hull(body.vertex, one, frame, two, base, gap))
    return gap


@jit
def moved(frame, x, y, z):
    """A point of a frame in world."""
    return (
        frame[0] * x + frame[1] * y + frame[2] * z + frame[9],
        frame[3] * x + frame[4] * y + frame[5] * z + frame[10],
        frame[6] * x + frame[7] * y + frame[8] * z + frame[11],
    )
