"""A soft layer on a rigid base, compiled: pressed by a shape, dragged along by friction, lit and seen.

The layer is Vlasov's foundation of two figures: pressure p = k u - g lap(u) for a normal displacement u, and likewise
for tangential ones. Its edge is free, so that the displacement summed over it gives the force whatever its shape.
"""

from __future__ import annotations

import math

import numpy as np

from robolab.core.compiled import inlined, jit

_FARTHER = 1.8
"""By how much steps of `grip` go beyond the least of the quadratic: below 2, the potential still falls."""


@jit
def coarser(gap, out):
    """Halve a map of gaps: a pixel takes the nearest surface of its four."""
    rows, columns = out.shape
    for i in range(rows):
        for j in range(columns):
            first = min(gap[2 * i, 2 * j], gap[2 * i, 2 * j + 1])
            out[i, j] = min(first, min(gap[2 * i + 1, 2 * j], gap[2 * i + 1, 2 * j + 1]))


@jit
def finer(framed, out):
    """Double a map, between its pixels in straight lines; both have a frame of one pixel around them."""
    u, fine = framed[1:-1, 1:-1], out[1:-1, 1:-1]
    rows, columns = u.shape
    for i in range(fine.shape[0]):
        y = min(max(0.5 * i - 0.25, 0.0), rows - 1.0)
        p = min(int(y), rows - 2)
        fy = y - p
        for j in range(fine.shape[1]):
            x = min(max(0.5 * j - 0.25, 0.0), columns - 1.0)
            q = min(int(x), columns - 2)
            fx = x - q
            above = u[p, q] * (1.0 - fx) + u[p, q + 1] * fx
            below = u[p + 1, q] * (1.0 - fx) + u[p + 1, q + 1] * fx
            fine[i, j] = above * (1.0 - fy) + below * fy


@jit
def first_depth(gap, total):
    """Depth at which a shape that sinks into springs alone displaces a total, by Newton's steps."""
    lowest = 1e30
    for i in range(gap.shape[0]):
        for j in range(gap.shape[1]):
            lowest = min(lowest, gap[i, j])
    depth = lowest + 1e-6
    for _ in range(30):
        taken, count = 0.0, 0
        for i in range(gap.shape[0]):
            for j in range(gap.shape[1]):
                sunk = depth - gap[i, j]
                if sunk > 0.0:
                    taken += sunk
                    count += 1
        if count == 0 or abs(total - taken) < 1e-3 * total:
            break
        depth += (total - taken) / count
    return depth


@inlined
def _mirror(u):
    """Let the frame of one pixel around a map repeat its edge, so that nothing pulls there."""
    last, end = u.shape[0] - 1, u.shape[1] - 1
    for j in range(1, end):
        u[0, j] = u[1, j]
        u[last, j] = u[last - 1, j]
    for i in range(last + 1):
        u[i, 0] = u[i, 1]
        u[i, end] = u[i, end - 1]


@jit
def sink(u, gap, depth, total, spread, most, sweeps, over):
    """Press a shape into the layer until the displacement sums to a total.

    Args:
        u: Displacement with a frame of one pixel around it [m], changed in place; it is the smallest that no shape
            pierces and no pull would hold.
        gap: Height of the shape above its lowest point [m].
        depth: Of the lowest point, to begin with [m].
        total: Sum of displacement wanted [m].
        spread: Square of the layer's length over the pitch.
        most: Largest displacement, where the rigid base bears the rest [m].
        sweeps, over: How often, and by how much each step goes further.
    Returns:
        The depth at which the sum is met.
    """
    rows, columns = gap.shape
    share, keep = np.float32(over * spread / (1.0 + 4.0 * spread)), np.float32(1.0 - over)
    none, top = np.float32(0.0), np.float32(most)
    for _ in range(sweeps):
        _mirror(u)
        taken, touched, deep = 0.0, 0, np.float32(depth)
        for i in range(1, rows + 1):
            west = u[i, 0]
            for j in range(1, columns + 1):
                # What does not wait for the pixel before comes first.
                known = keep * u[i, j] + share * (u[i - 1, j] + u[i + 1, j] + u[i, j + 1])
                sunk = deep - gap[i - 1, j - 1]
                free = max(known + share * west, none)
                touched += sunk >= free
                west = min(max(free, sunk), top)
                u[i, j] = west
                taken += west
        edge = 2.0 * math.sqrt(math.pi * spread * max(touched, 1))
        depth += (total - taken) / (touched + edge + 1.0)
    return depth


@jit
def settle(u, gap, depth, spread, most, out):
    """Write one even step of `sink`, at a depth that is known, to a map with a frame; it runs in wide registers."""
    _mirror(u)
    share, none = np.float32(spread / (1.0 + 4.0 * spread)), np.float32(0.0)
    deep, top = np.float32(depth), np.float32(most)
    for i in range(1, gap.shape[0] + 1):
        for j in range(1, gap.shape[1] + 1):
            free = share * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1])
            out[i, j] = min(max(max(free, none), deep - gap[i - 1, j - 1]), top)


@jit
def pressure(u, spread, out):
    """Write u - spread lap(u), nowhere negative, of a map with a frame around it."""
    _mirror(u)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            beside = u[i, j + 1] + u[i + 2, j + 1] + u[i + 1, j] + u[i + 1, j + 2]
            out[i, j] = max(u[i + 1, j + 1] * (1.0 + 4.0 * spread) - spread * beside, 0.0)


@jit
def grip(bound, wanted, centre, steps, traction, stuck):
    """Share a force and a torque over a patch whose points hold alike until their friction is used up.

    The motion asked for is where a convex potential is least, quadratic in each point's pull up to its friction and straight
    beyond (Huber). Each step goes to the least of a quadratic that touches it from above, so that none goes too far.

    Args:
        bound: Friction that each cell bears [N].
        wanted: Force along x, along y [N], and torque about `centre` [N cells].
        centre: (x, y) [cells].
        steps: At most; the answer is exact long before where not all slides.
        traction: Written, shape (2, rows, columns) [N].
        stuck: Written: 1 where a cell holds, 0 where it slides or bears nothing.
    References: Huber (1981), Robust Statistics, section 7.8: modified weights.
    """
    rows, columns = bound.shape
    move = np.zeros(3)
    size = math.sqrt(wanted[0] * wanted[0] + wanted[1] * wanted[1]) + abs(wanted[2])
    for step in range(steps):
        # Forces, torque, and the quadratic's second derivatives, by how stiff each point still is.
        fx, fy, torque, held, held_x, held_y, arm = 0.0, 0.0, 0.0, 1e-9, 0.0, 0.0, 1e-6
        for i in range(rows):
            for j in range(columns):
                bear = bound[i, j]
                stuck[i, j] = 0
                traction[0, i, j] = 0.0
                traction[1, i, j] = 0.0
                if bear <= 0.0:
                    continue
                x, y = j - centre[0], i - centre[1]
                gx, gy = move[0] - move[2] * y, move[1] + move[2] * x
                pull = math.sqrt(gx * gx + gy * gy)
                stiff = 1.0
                if pull > bear:
                    stiff = bear / pull
                else:
                    stuck[i, j] = 1
                traction[0, i, j] = stiff * gx
                traction[1, i, j] = stiff * gy
                fx += stiff * gx
                fy += stiff * gy
                torque += stiff * (x * gy - y * gx)
                held += stiff
                held_x += stiff * x
                held_y += stiff * y
                arm += stiff * (x * x + y * y)
        off_x, off_y, off_turn = wanted[0] - fx, wanted[1] - fy, wanted[2] - torque
        if abs(off_x) + abs(off_y) + abs(off_turn) < 1e-4 * size:
            break
        rest = arm - (held_x * held_x + held_y * held_y) / held
        turn = (off_turn + (held_y * off_x - held_x * off_y) / held) / max(rest, 1e-6)
        far = _FARTHER if step > 0 else 1.0
        move[0] += far * (off_x + held_y * turn) / held
        move[1] += far * (off_y - held_x * turn) / held
        move[2] += far * turn


@jit
def shade(image, height, light, glint, pitch):
    """Light a height map from the side that it is seen from.

    Args:
        image: Written, shape (3, rows, columns), 0 to 1.
        height: Displacement towards the eye [m].
        light: Towards each coloured lamp, times its brightness, shape (3, 3, rows, columns): channel, axis.
        glint: Share of light that is mirrored.
        pitch: float32, as all else, so that the loop runs in the processor's wide registers.
    """
    rows, columns = height.shape
    one, two, none = np.float32(1.0), np.float32(2.0), np.float32(0.0)
    along = one / (two * pitch)
    for i in range(rows):
        up, down = max(i - 1, 0), min(i + 1, rows - 1)
        for c in range(3):
            for j in range(1, columns - 1):
                sx = (height[i, j + 1] - height[i, j - 1]) * along
                sy = (height[down, j] - height[up, j]) * along
                # Towards the eye, away from what touches.
                nz = one / np.sqrt(one + sx * sx + sy * sy)
                lz = light[c, 2, i, j]
                facing = nz * (lz - sx * light[c, 0, i, j] - sy * light[c, 1, i, j])
                facing = max(facing, none)
                mirrored = max(two * facing * nz - lz, none)
                mirrored *= mirrored
                image[c, i, j] = facing + glint * mirrored * mirrored
            image[c, i, 0] = image[c, i, 1]
            image[c, i, columns - 1] = image[c, i, columns - 2]


@jit
def dot(image, places, radius, darkness):
    """Draw round marks at places, shape (n, 2) (x, y) [pixels], into an image of shape (3, rows, columns)."""
    _, rows, columns = image.shape
    for k in range(places.shape[0]):
        x, y = places[k, 0], places[k, 1]
        for i in range(max(0, int(y - radius - 1)), min(rows, int(y + radius + 2))):
            for j in range(max(0, int(x - radius - 1)), min(columns, int(x + radius + 2))):
                cover = radius + 0.5 - math.sqrt((i - y) * (i - y) + (j - x) * (j - x))
                if cover > 0.0:
                    keep = 1.0 - darkness * min(cover, 1.0)
                    for c in range(3):
                        image[c, i, j] *= keep


@jit
def expose(image, gain, noise, sigma, out):
    """Turn light, shape (3, rows, columns), into steps of 0 to 255, shape (rows, columns, 3), with noise, clipped.

    `gain` is what each pixel throws back; `noise` holds a standard normal number for each pixel and channel.
    """
    _, rows, columns = image.shape
    half, none, full = np.float32(0.5), np.float32(0.0), np.float32(255.0)
    for i in range(rows):
        for c in range(3):
            for j in range(columns):
                value = full * image[c, i, j] * gain[i, j] + sigma * noise[c, i, j]
                out[i, j, c] = np.uint8(min(max(value + half, none), full))
