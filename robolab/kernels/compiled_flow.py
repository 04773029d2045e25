"""How far a picture has moved as a whole, compiled: Gauss and Newton's steps from coarse to fine.

References: Lucas and Kanade (1981), an iterative image registration technique.
"""

from __future__ import annotations

import math

import numpy as np

from robolab.core.compiled import jit


@jit
def halve(image, seen, out, out_seen):
    """Halve a picture, shape (3, rows, columns), by means over what of it is seen, shape (rows, columns) 0 to 1."""
    channels, rows, columns = out.shape
    for i in range(rows):
        for j in range(columns):
            total = np.float32(0.0)
            for k in range(4):
                total += seen[2 * i + k // 2, 2 * j + k % 2]
            out_seen[i, j] = total / np.float32(4.0)
            for c in range(channels):
                light = np.float32(0.0)
                for k in range(4):
                    p, q = 2 * i + k // 2, 2 * j + k % 2
                    light += image[c, p, q] * seen[p, q]
                out[c, i, j] = light / total if total > 0.0 else np.float32(0.0)


@jit
def shares(image, reference, seen, out, out_seen):
    """Halve a frame as shares of the untouched one's light; both (rows, columns, 3), `out` (3, rows / 2, columns / 2)."""
    channels, rows, columns = out.shape
    for i in range(rows):
        for j in range(columns):
            total = np.float32(0.0)
            for k in range(4):
                total += seen[2 * i + k // 2, 2 * j + k % 2]
            out_seen[i, j] = total / np.float32(4.0)
            for c in range(channels):
                light, rest = np.float32(0.0), np.float32(0.0)
                for k in range(4):
                    p, q = 2 * i + k // 2, 2 * j + k % 2
                    light += image[p, q, c] * seen[p, q]
                    rest += reference[p, q, c] * seen[p, q]
                out[c, i, j] = light / max(rest, np.float32(20.0))


@jit
def moved(before, before_seen, after, after_seen, at, prior, steps, out):
    """Find by how much a picture has moved: `after` at x is `before` at x less the motion.

    Args:
        before, after: Shape (3, rows, columns).
        before_seen, after_seen: Which share of a pixel is seen, shape (rows, columns); what is not wholly seen is left out.
        at: Motion to begin with, (x, y) [pixels]; it is also the likeliest where the picture does not tell.
        prior: Weight of that in units of the sum of squared slopes.
        steps: At most.
        out: Written, shape (7,): motion (x, y), sums of squared slopes (xx, xy, yy), mean square of what does not
            fit, and pixels.
    """
    channels, rows, columns = before.shape
    x, y = at
    for step in range(steps + 1):
        xx, xy, yy, fx, fy, square, count = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0
        whole_x, whole_y = math.floor(-x), math.floor(-y)
        sx, sy = -x - whole_x, -y - whole_y
        for i in range(max(1, 1 - whole_y), min(rows - 1, rows - 2 - whole_y)):
            p = i + whole_y
            for j in range(max(1, 1 - whole_x), min(columns - 1, columns - 2 - whole_x)):
                q = j + whole_x
                hidden = after_seen[i, j] < 1.0
                for k in range(16):
                    hidden = hidden or before_seen[p - 1 + k // 4, q - 1 + k % 4] < 1.0
                if hidden:
                    continue
                count += 1
                for c in range(channels):
                    f = before[c]
                    a, b = f[p, q], f[p, q + 1]
                    d, e = f[p + 1, q], f[p + 1, q + 1]
                    value = (a * (1.0 - sx) + b * sx) * (1.0 - sy) + (d * (1.0 - sx) + e * sx) * sy
                    left = (b - f[p, q - 1]) * (1.0 - sy) + (e - f[p + 1, q - 1]) * sy
                    right = (f[p, q + 2] - a) * (1.0 - sy) + (f[p + 1, q + 2] - d) * sy
                    gx = 0.5 * (left * (1.0 - sx) + right * sx)
                    up = (d - f[p - 1, q]) * (1.0 - sx) + (e - f[p - 1, q + 1]) * sx
                    down = (f[p + 2, q] - a) * (1.0 - sx) + (f[p + 2, q + 1] - b) * sx
                    gy = 0.5 * (up * (1.0 - sy) + down * sy)
                    off = after[c, i, j] - value
                    xx += gx * gx
                    xy += gx * gy
                    yy += gy * gy
                    fx += gx * off
                    fy += gy * off
                    square += off * off
        out[0], out[1], out[2], out[3], out[4] = x, y, xx, xy, yy
        out[5], out[6] = square / max(channels * count, 1), count
        if step == steps or count < 50:
            break
        fx += prior * (x - at[0])
        fy += prior * (y - at[1])
        xx += prior
        yy += prior
        whole = xx * yy - xy * xy
        dx, dy = -(yy * fx - xy * fy) / whole, -(xx * fy - xy * fx) / whole
        x += min(max(dx, -2.0), 2.0)
        y += min(max(dy, -2.0), 2.0)
        if abs(dx) + abs(dy) < 0.01:
            steps = step + 1
