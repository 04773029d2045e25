"""What is computed at each pixel of a colour and depth frame before faces are looked for, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np

from robolab.core.compiled import jit


@jit
def halve(depth: Any) -> Any:
    """Return 1/z at half the size, each the mean of those of four pixels that know it; 0 where none does.

    Args:
        depth: Shape (h, w), float32 [m]; 0 where none.
    """
    h, w = depth.shape[0] // 2, depth.shape[1] // 2
    out = np.zeros((h, w), dtype=np.float32)
    for i in range(h):
        for j in range(w):
            total, count = 0.0, 0
            for di in range(2):
                for dj in range(2):
                    z = depth[2 * i + di, 2 * j + dj]
                    if z > 0.0:
                        total += 1.0 / z
                        count += 1
            if count > 0:
                out[i, j] = total / count
    return out


@jit
def smoothed(inverse: Any, fewest: int) -> Any:
    """Return the mean of what is known of three by three pixels, 0 where fewer are; shapes (h, w)."""
    h, w = inverse.shape
    out = np.zeros((h, w), dtype=np.float32)
    for i in range(h):
        for j in range(w):
            total, count = 0.0, 0
            for y in range(max(i - 1, 0), min(i + 2, h)):
                for x in range(max(j - 1, 0), min(j + 2, w)):
                    if inverse[y, x] > 0.0:
                        total += inverse[y, x]
                        count += 1
            if count >= fewest:
                out[i, j] = total / count
    return out


@jit
def bends(smooth: Any, reach: int, step: float, noise: float) -> Any:
    """Return where 1/z is not linear along a row or a column, as it is on a plane, shape (h, w), bool.

    Args:
        smooth: 1/z, shape (h, w) [1/m]; 0 where unknown.
        reach: Pixels on either side.
        step: Of depth that is a bend [m]. noise: What it must be more, by the square of the distance [1/m].
    """
    h, w = smooth.shape
    out = np.zeros((h, w), dtype=np.bool_)
    for i in range(h):
        for j in range(w):
            here = smooth[i, j]
            if here <= 0.0:
                continue
            limit = step * here * here + noise
            if reach <= i < h - reach:
                a, b = smooth[i - reach, j], smooth[i + reach, j]
                out[i, j] = a > 0.0 and b > 0.0 and abs(a + b - 2.0 * here) > limit
            if reach <= j < w - reach:
                a, b = smooth[i, j - reach], smooth[i, j + reach]
                out[i, j] |= a > 0.0 and b > 0.0 and abs(a + b - 2.0 * here) > limit
    return out


@jit
def describe(colour: Any, inverse: Any, reaches: Any, units: Any, out: Any) -> None:
    """Write what a network looks at: the colours of squares of four pixels, depth against its surroundings, and where it is known.

    Args:
        colour: Shape (2 h, 2 w, 3), uint8. inverse: 1/z, shape (h, w) [1/m]; 0 where unknown.
        reaches: Pixels on either side over which surroundings reach. units: In which differences are told [m].
        out: Shape (h, w, 12 + len(reaches) + 1), float32.
    """
    h, w = inverse.shape
    mean, spread = _spread(colour)
    depths, counts = _tables(inverse)
    for i in range(h):
        for j in range(w):
            for k in range(4):
                for c in range(3):
                    value = colour[2 * i + k // 2, 2 * j + k % 2, c]
                    out[i, j, 3 * k + c] = (value - mean) / (spread + 1.0)
            for n in range(len(reaches)):
                reach, unit = reaches[n], units[n]
                value = 0.0
                if inverse[i, j] > 0.0:
                    top, left = max(i - reach, 0), max(j - reach, 0)
                    end, right = min(i + reach + 1, h), min(j + reach + 1, w)
                    around = _window(depths, top, left, end, right)
                    around /= _window(counts, top, left, end, right)
                    off = (1.0 / inverse[i, j] - around) / unit
                    value = off / np.sqrt(1.0 + off * off)
                out[i, j, 12 + n] = value
            out[i, j, 12 + len(reaches)] = 1.0 if inverse[i, j] > 0.0 else 0.0


@jit
def _spread(colour: Any) -> Any:
    """Mean and standard deviation of all values; brightness is told against them, so that light does not matter."""
    total, squares = 0, 0
    for i in range(colour.shape[0]):
        for j in range(colour.shape[1]):
            for c in range(3):
                value = np.int64(colour[i, j, c])
                total += value
                squares += value * value
    count = colour.shape[0] * colour.shape[1] * 3
    mean = total / count
    return mean, np.sqrt(max(squares / count - mean * mean, 0.0))


@jit
def _tables(inverse: Any) -> Any:
    """Sums of all depths, and numbers of all that are known, above and to the left.

    References: Crow (1984), summed-area tables.
    """
    h, w = inverse.shape
    depths, counts = np.zeros((h + 1, w + 1)), np.zeros((h + 1, w + 1))
    for i in range(h):
        depth, count = 0.0, 0.0
        for j in range(w):
            if inverse[i, j] > 0.0:
                depth += 1.0 / inverse[i, j]
                count += 1.0
            depths[i + 1, j + 1] = depths[i, j + 1] + depth
            counts[i + 1, j + 1] = counts[i, j + 1] + count
    return depths, counts


@jit
def _window(table: Any, top: int, left: int, end: int, right: int) -> Any:
    return table[end, right] - table[top, right] - table[end, left] + table[top, left]
