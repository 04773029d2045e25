"""How far two convex polygons cover each other."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array


def area(polygon: Array) -> float:
    """Return the area of a polygon, shape (n, 2), positive if its corners turn from x towards y."""
    x, y = polygon[:, 0], polygon[:, 1]
    return 0.5 * float(x @ np.roll(y, -1) - y @ np.roll(x, -1))


def overlap(a: Array, b: Array) -> float:
    """Return the intersection over the union of two convex polygons, shapes (n, 2) and (m, 2), 0 to 1."""
    a, b = _turned(a), _turned(b)
    common = clipped(a, b)
    inner = area(common) if len(common) > 2 else 0.0
    return inner / max(area(a) + area(b) - inner, 1e-12)


def _turned(polygon: Array) -> Array:
    return polygon if area(polygon) >= 0.0 else polygon[::-1]


def clipped(subject: Array, window: Array) -> Array:
    """Cut one convex polygon by each side of another; both turn from x towards y.

    References: Sutherland and Hodgman (1974), reentrant polygon clipping.
    """
    for start, end in zip(window, np.roll(window, -1, axis=0), strict=True):
        if len(subject) == 0:
            break
        way = end - start
        inside = way[0] * (subject[:, 1] - start[1]) - way[1] * (subject[:, 0] - start[0])
        kept: list[Array] = []
        for k in range(len(subject)):
            here, there = inside[k - 1], inside[k]
            if (here >= 0.0) != (there >= 0.0):
                share = here / (here - there)
                kept.append(subject[k - 1] + share * (subject[k] - subject[k - 1]))
            if there >= 0.0:
                kept.append(subject[k])
        subject = np.array(kept).reshape(-1, 2)
    return subject
