"""Small line plots and bars as inline SVG: few bytes, and coloured by the page's style sheet.

Classes say what a shape is ("line", "second", "limit", "mark"); the page decides how that looks,
in the light, in the dark and on paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np

from robolab.core.transforms import Array

LEFT, RIGHT = 42.0, 8.0
_TOP, _BOTTOM = 8.0, 20.0
_WORDS = 11.0
"""From one height of words beside marks to the next [px]."""
_TOLERANCE = 0.3
"""Points nearer than this to the line through their neighbours are left out [px]."""


@dataclass(frozen=True)
class Curve:
    """A line of a plot: values y, shape (k,), at x, shape (k,); `kind` is its class."""

    x: Array
    y: Array
    kind: str = "line"


@dataclass(frozen=True)
class Plot:
    """What one plot shows.

    Attributes:
        limits: Values at which a limit line is drawn.
        marks: Where on x something happens, and what.
        low, high: Least range of y that is shown.
        left: Room for the words beside the axis [px].
    """

    curves: Sequence[Curve]
    limits: Sequence[float] = ()
    marks: Sequence[tuple[float, str]] = ()
    low: float = 0.0
    high: float = 0.0
    title: str = ""
    x_unit: str = ""
    size: tuple[float, float] = (280.0, 120.0)
    seams: Sequence[float] = field(default_factory=tuple[float, ...])
    left: float = LEFT


def draw(plot: Plot) -> str:
    """Return a plot as an SVG element."""
    width, height = plot.size
    x_low, x_high = _range([c.x for c in plot.curves], (), 0.0)
    y_low, y_high = _range([c.y for c in plot.curves], (*plot.limits, plot.low, plot.high), 0.06)

    def px(x: Array | float) -> Array:
        share = (np.asarray(x, dtype=float) - x_low) / (x_high - x_low)
        return plot.left + share * (width - plot.left - RIGHT)

    def py(y: Array | float) -> Array:
        share = (np.asarray(y, dtype=float) - y_low) / (y_high - y_low)
        return height - _BOTTOM - share * (height - _BOTTOM - _TOP)

    left, right, top, bottom = plot.left, width - RIGHT, _TOP, height - _BOTTOM
    parts = [f"<title>{escape(plot.title)}</title>"] if plot.title else []
    for x in plot.seams:
        parts.append(_line("seam", float(px(x)), top, float(px(x)), bottom))
    for value in ticks(y_low, y_high, max(3, int(height / 38))):
        y = float(py(value))
        parts.append(_line("grid", left, y, right, y))
        parts.append(_text("tick end", left - 4, y + 3, number(value)))
    for value in ticks(x_low, x_high, max(3, int(width / 90))):
        parts.append(
            _text("tick middle", float(px(value)), bottom + 13, number(value) + plot.x_unit)
        )
    for value in plot.limits:
        y = float(py(value))
        parts.append(_line("limit", left, y, right, y))
    for curve in plot.curves:
        points = np.column_stack([px(curve.x), py(curve.y)])
        parts.append(f'<path class="{curve.kind}" d="{path_data(points)}"/>')
    for k, (x, label) in enumerate(plot.marks):
        at, below = float(px(x)), top + _WORDS * (2 + k % 2)  # two heights: neighbours are near
        parts.append(f'<g class="mark"><path d="M{at:.1f} {top:.1f}v{bottom - top:.1f}"/>')
        parts.append(_text("tick", at + 3.0, below, label) + "</g>")
    return f'<svg viewBox="0 0 {width:g} {height:g}" role="img">{"".join(parts)}</svg>'


def path_data(points: Array) -> str:
    """Return the `d` of a path through points, shape (k, 2) [px], without those that add nothing."""
    kept = points[simplify(points, _TOLERANCE)]
    steps = np.diff(np.round(kept * 10.0).astype(int), axis=0, prepend=0)
    words = [f"{'l' if i else 'M'}{_tenths(x)} {_tenths(y)}" for i, (x, y) in enumerate(steps)]
    return "".join(words)


def simplify(points: Array, tolerance: float) -> np.ndarray:
    """Return the indices of the points that a polyline needs (Douglas and Peucker, 1973).

    Args:
        points: Shape (k, 2).
        tolerance: Largest distance of a point left out from the line that stays.
    """
    keep = np.zeros(len(points), dtype=bool)
    keep[[0, -1]] = True
    todo = [(0, len(points) - 1)]
    while todo:
        first, last = todo.pop()
        if last - first < 2:
            continue
        along = points[last] - points[first]
        rest = points[first + 1 : last] - points[first]
        length = float(np.hypot(*along))
        if length > 0.0:
            distance = np.abs(rest[:, 0] * along[1] - rest[:, 1] * along[0]) / length
        else:
            distance = np.hypot(rest[:, 0], rest[:, 1])
        worst = int(np.argmax(distance))
        if distance[worst] > tolerance:
            middle = first + 1 + worst
            keep[middle] = True
            todo += [(first, middle), (middle, last)]
    return np.flatnonzero(keep)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Return at most about `most` round values within a range."""
    raw = (high - low) / most
    power = 10.0 ** np.floor(np.log10(raw))
    step = power * next(m for m in (1.0, 2.0, 5.0, 10.0) if m * power >= raw * 0.999)
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    return [float(step * k) for k in range(first, last + 1)]


def number(value: float) -> str:
    """Return a number in as few characters as it needs, with a true minus."""
    return f"{round(value, 6) + 0.0:g}".replace("-", "−")


def _range(series: Sequence[Array], values: Sequence[float], border: float) -> tuple[float, float]:
    low = min([*(float(np.min(s)) for s in series), *values], default=0.0)
    high = max([*(float(np.max(s)) for s in series), *values], default=1.0)
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    pad = border * (high - low)
    return low - pad, high + pad


def _tenths(value: int) -> str:
    return f"{value / 10:g}"


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path class="{kind}" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>'


def _text(kind: str, x: float, y: float, text: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'
