"""What a plane of rays sees of shapes, compiled: the nearest surface along +z at every pixel.

Maps have shape (rows, columns) [m]; pixel (i, j) is the ray through x = left + j pitch, y = top + i pitch. A pixel
that nothing covers keeps what it held.
"""

from __future__ import annotations

import math

from robolab.core.compiled import inlined, jit


@inlined
def _cut(x1, y1, x2, y2, y, span):
    """Widen an interval (low, high) by where an edge crosses a row."""
    low, high = span
    if (y1 <= y) != (y2 <= y):
        x = x1 + (y - y1) / (y2 - y1) * (x2 - x1)
        low, high = min(low, x), max(high, x)
    return low, high


@jit
def draw_triangles(depth, triangles, left, top, pitch):
    """Draw triangles, shape (n, 3, 3) [m]."""
    rows, columns = depth.shape
    for t in range(triangles.shape[0]):
        ax, ay, az = triangles[t, 0, 0], triangles[t, 0, 1], triangles[t, 0, 2]
        bx, by, bz = triangles[t, 1, 0], triangles[t, 1, 1], triangles[t, 1, 2]
        cx, cy, cz = triangles[t, 2, 0], triangles[t, 2, 1], triangles[t, 2, 2]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if abs(area) < 1e-16:
            continue
        first = max(0, math.ceil((min(ay, by, cy) - top) / pitch))
        last = min(rows - 1, math.floor((max(ay, by, cy) - top) / pitch))
        if first > last or max(ax, bx, cx) < left or min(ax, bx, cx) > left + (columns - 1) * pitch:
            continue
        slope_x = ((bz - az) * (cy - ay) - (cz - az) * (by - ay)) / area
        slope_y = ((cz - az) * (bx - ax) - (bz - az) * (cx - ax)) / area
        for i in range(first, last + 1):
            y = top + i * pitch
            span = (1e30, -1e30)
            span = _cut(ax, ay, bx, by, y, span)
            span = _cut(bx, by, cx, cy, y, span)
            span = _cut(cx, cy, ax, ay, y, span)
            if span[0] > span[1]:
                continue
            # Rounding must not leave a seam between two triangles.
            start = max(0, math.ceil((span[0] - left) / pitch - 1e-4))
            stop = min(columns - 1, math.floor((span[1] - left) / pitch + 1e-4))
            for j in range(start, stop + 1):
                z = az + slope_x * (left + j * pitch - ax) + slope_y * (y - ay)
                depth[i, j] = min(depth[i, j], z)


@jit
def draw_ball(depth, centre, radius, left, top, pitch):
    """Draw a ball around a point, shape (3,) [m]."""
    rows, columns = depth.shape
    for i in range(rows):
        dy = top + i * pitch - centre[1]
        for j in range(columns):
            dx = left + j * pitch - centre[0]
            rest = radius * radius - dx * dx - dy * dy
            if rest > 0.0:
                depth[i, j] = min(depth[i, j], centre[2] - math.sqrt(rest))


@jit
def draw_rod(depth, X, radius, half, left, top, pitch):
    """Draw a cylinder about the z axis of its pose X, shape (4, 4), `half` to either side [m]."""
    rows, columns = depth.shape
    wx, wy, wz = X[2, 0], X[2, 1], X[2, 2]
    across = wx * wx + wy * wy
    for i in range(rows):
        for j in range(columns):
            dx = left + j * pitch - X[0, 3]
            dy = top + i * pitch - X[1, 3]
            dz = -X[2, 3]
            ox = X[0, 0] * dx + X[1, 0] * dy + X[2, 0] * dz
            oy = X[0, 1] * dx + X[1, 1] * dy + X[2, 1] * dz
            oz = X[0, 2] * dx + X[1, 2] * dy + X[2, 2] * dz
            best = 1e30
            if across > 1e-12:
                b = ox * wx + oy * wy
                inner = b * b - across * (ox * ox + oy * oy - radius * radius)
                if inner > 0.0:
                    t = (-b - math.sqrt(inner)) / across
                    if abs(oz + t * wz) <= half:
                        best = t
            if abs(wz) > 1e-9:
                t = (-math.copysign(half, wz) - oz) / wz
                x, y = ox + t * wx, oy + t * wy
                if x * x + y * y <= radius * radius:
                    best = min(best, t)
            if best < 1e29:
                depth[i, j] = min(depth[i, j], best)


@jit
def read_tile(out, depth, X, axes, tile, step, left, top, pitch, far):
    """Read a texture that repeats, at the object's own coordinates of what each pixel shows.

    Args:
        out: Written, as `depth`.
        X: Pose of the object in the frame of the map, shape (4, 4).
        axes: The two axes of the object that span the tile.
        tile: Heights, shape (n, n), `step` apart.
        far: Pixels at or beyond this show nothing and read 0.
    """
    rows, columns = depth.shape
    count = tile.shape[0]
    a, b = axes
    for i in range(rows):
        for j in range(columns):
            z = depth[i, j]
            if z >= far:
                out[i, j] = 0.0
                continue
            dx = left + j * pitch - X[0, 3]
            dy = top + i * pitch - X[1, 3]
            dz = z - X[2, 3]
            u = (X[0, a] * dx + X[1, a] * dy + X[2, a] * dz) / step
            v = (X[0, b] * dx + X[1, b] * dy + X[2, b] * dz) / step
            iu, iv = math.floor(u), math.floor(v)
            fu, fv = u - iu, v - iv
            p, q = int(iu) % count, int(iv) % count
            r, s = (p + 1) % count, (q + 1) % count
            first = tile[p, q] * (1.0 - fv) + tile[p, s] * fv
            second = tile[r, q] * (1.0 - fv) + tile[r, s] * fv
            out[i, j] = first * (1.0 - fu) + second * fu
