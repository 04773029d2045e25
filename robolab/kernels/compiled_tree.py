"""Two trees that grow towards each other, and shortcuts on what they find, compiled.

References: Kuffner and LaValle (2000), RRT-Connect; Geraerts and Overmars (2007), shortcutting.
"""

from __future__ import annotations

import numpy as np

from robolab.core.compiled import jit
from robolab.kernels.compiled_search import FREE, segment_search

_LEAST_GAIN = 1e-6


@jit
def _uniform(state):
    """A number in [0, 1) by the splitmix64 generator, whose state of shape (1,), uint64, moves on."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return float(z >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@jit
def _nearest(nodes, count, q, scale):
    best, at = 1e300, 0
    for i in range(count):
        total = 0.0
        for j in range(q.shape[0]):
            gap = (nodes[i, j] - q[j]) * scale[j]
            total += gap * gap
        if total < best:
            best, at = total, i
    return at, np.sqrt(best)


@jit
def _extend(body, world, setting, nodes, parents, count, target, scale, reach, new):
    """Grow a tree one branch towards a target; returns its new size (unchanged if blocked) and whether it is there."""
    near, gap = _nearest(nodes, count, target, scale)
    share = 1.0 if gap <= reach else reach / gap
    for j in range(target.shape[0]):
        new[j] = nodes[near, j] + share * (target[j] - nodes[near, j])
    if gap < 1e-12:
        return count, True
    if segment_search(body, world, setting, nodes[near], new) != FREE:
        return count, False
    nodes[count] = new
    parents[count] = near
    return count + 1, share == 1.0


@jit
def _way(nodes, parents, leaf):
    """Nodes from a leaf to its root, shape (k, n)."""
    length, at = 0, leaf
    while at >= 0:
        length += 1
        at = parents[at]
    way, at = np.empty((length, nodes.shape[1])), leaf
    for i in range(length):
        way[i] = nodes[at]
        at = parents[at]
    return way


@jit
def connect(body, world, setting, start, goals, box, scale, reach, budget, state):
    """Find a way of straight segments from a start to any of the goals.

    Args:
        start: Shape (n,); goals: shape (k, n), all of them free.
        box: Least and greatest joint positions to draw, shape (2, n).
        scale: Weight of each joint's travel, shape (n,); reach: longest branch, in that measure.
        budget: Greatest number of iterations.
        state: Of the random numbers, shape (1,), uint64; moves on.
    Returns:
        Corners, shape (m, n), with m = 0 if none was found, and the iterations used.
    """
    n, room = start.shape[0], 4 * budget + goals.shape[0] + 8
    nodes, parents = np.empty((2, room, n)), np.full((2, room), -1)
    size = np.array([1, goals.shape[0]])
    nodes[0, 0] = start
    nodes[1, : goals.shape[0]] = goals
    drawn, new = np.empty(n), np.empty(n)
    for iteration in range(budget):
        a = 0 if size[0] <= size[1] else 1
        b = 1 - a
        for j in range(n):
            drawn[j] = box[0, j] + _uniform(state) * (box[1, j] - box[0, j])
        grown, _ = _extend(
            body, world, setting, nodes[a], parents[a], size[a], drawn, scale, reach, new
        )
        if grown == size[a]:
            continue
        size[a] = grown
        tip = nodes[a, grown - 1].copy()
        while size[b] < room - 1:
            grown, there = _extend(
                body, world, setting, nodes[b], parents[b], size[b], tip, scale, reach, new
            )
            if there:
                leaf = grown - 1 if grown > size[b] else _nearest(nodes[b], size[b], tip, scale)[0]
                first = _way(nodes[a], parents[a], size[a] - 1)
                second = _way(nodes[b], parents[b], leaf)
                if a == 1:
                    first, second = second, first
                way = np.concatenate((first[::-1], second[1:] if a == 0 else second))
                return way, iteration + 1
            if grown == size[b]:
                break
            size[b] = grown
        if max(size[0], size[1]) >= room - 2:
            break
    return np.empty((0, n)), budget


@jit
def _length(Q, i, scale):
    total = 0.0
    for j in range(Q.shape[1]):
        step = (Q[i + 1, j] - Q[i, j]) * scale[j]
        total += step * step
    return np.sqrt(total)


@jit
def straighten(body, world, setting, Q):
    """Go from each corner straight to the farthest one that can be reached so; returns the corners kept."""
    kept, left = np.empty_like(Q), 1
    kept[0], here = Q[0], 0
    while here < Q.shape[0] - 1:
        there = Q.shape[0] - 1
        while there > here + 1 and segment_search(body, world, setting, Q[here], Q[there]) != FREE:
            there -= 1
        kept[left] = Q[there]
        left, here = left + 1, there
    return kept[:left].copy()


@jit
def _place(Q, along, s, out):
    """Write the point at length s of a path; returns the segment it lies on."""
    i = 0
    while i < Q.shape[0] - 2 and along[i + 1] <= s:
        i += 1
    share = (s - along[i]) / max(along[i + 1] - along[i], 1e-12)
    for j in range(Q.shape[1]):
        out[j] = Q[i, j] + share * (Q[i + 1, j] - Q[i, j])
    return i


@jit
def shorten(body, world, setting, Q, scale, tries, state):
    """Replace stretches between random places by straight segments where those are free; returns the corners."""
    Q = straighten(body, world, setting, Q)
    n = Q.shape[1]
    a, b = np.empty(n), np.empty(n)
    for _ in range(tries):
        if Q.shape[0] < 3:
            break
        along = np.zeros(Q.shape[0])
        for i in range(Q.shape[0] - 1):
            along[i + 1] = along[i] + _length(Q, i, scale)
        u, v = _uniform(state) * along[-1], _uniform(state) * along[-1]
        low, high = min(u, v), max(u, v)
        i, j = _place(Q, along, low, a), _place(Q, along, high, b)
        if i == j:
            continue
        direct = 0.0
        for k in range(n):
            direct += ((b[k] - a[k]) * scale[k]) ** 2
        if high - low - np.sqrt(direct) <= _LEAST_GAIN:
            continue
        if segment_search(body, world, setting, a, b) == FREE:
            shorter = np.empty((i + 1 + 2 + Q.shape[0] - j - 1, n))
            shorter[: i + 1] = Q[: i + 1]
            shorter[i + 1], shorter[i + 2] = a, b
            shorter[i + 3 :] = Q[j + 1 :]
            Q = shorter
    return straighten(body, world, setting, Q)
