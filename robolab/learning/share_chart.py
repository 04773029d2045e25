"""Curves of a share over some quantity, as an SVG that stands alone."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

COLOURS = ("#1f6feb", "#d1622b", "#2a7f3f", "#7a4fb5")
"""That can be told apart."""
_ROW = 20


@dataclass(frozen=True)
class Line:
    """A named curve: where along the quantity, and the share there; `dotted` marks each of its points."""

    name: str
    colour: str
    points: Sequence[tuple[float, float]]
    dotted: bool = False


@dataclass(frozen=True)
class Chart:
    """The ground that curves are drawn on.

    Attributes:
        reach: Least and greatest value of the quantity.
        ticks: What stands at which values of it. words: What stands below them.
        levels: Shares that are marked, from the least one shown to the greatest.
        legend: Where the first curve's name begins [px].
        edges: Room left of the plot, above, right of it and below [px].
    """

    reach: tuple[float, float]
    ticks: Mapping[float, str]
    words: str
    levels: Sequence[float]
    legend: tuple[float, float]
    size: tuple[int, int] = (640, 360)
    edges: tuple[int, int, int, int] = (60, 20, 150, 45)
    logarithmic: bool = False

    def draw(self, lines: Sequence[Line]) -> str:
        """Return the picture."""
        width, height = self.size
        parts = [self._grid()]
        for k, line in enumerate(lines):
            parts += [self._line(line), self._name(k, line)]
        style = 'font-family="sans-serif" font-size="12" fill="#333"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {style}>'
        back = f'<rect width="{width}" height="{height}" fill="#fff"/>'
        return "\n".join([head, back, *parts, "</svg>"]) + "\n"

    def _place(self, value: float, share: float) -> tuple[float, float]:
        (width, height), (left, top, right, bottom) = self.size, self.edges
        first, last = self.reach
        if self.logarithmic:
            value, first, last = math.log(value), math.log(first), math.log(last)
        along = (value - first) / max(last - first, 1e-9)
        low, high = self.levels[0], self.levels[-1]
        down = (high - share) / (high - low)
        return left + along * (width - left - right), top + down * (height - top - bottom)

    def _line(self, line: Line) -> str:
        places = [self._place(*point) for point in line.points]
        words = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        text = f'<polyline points="{words}" fill="none" stroke="{line.colour}" stroke-width="2"/>'
        if line.dotted:
            dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in places)
            text += f'<g fill="{line.colour}">{dots}</g>'
        return text

    def _name(self, k: int, line: Line) -> str:
        x, y = self.legend[0], self.legend[1] + _ROW * k
        # Names may lie on the grid.
        return (
            f'<rect x="{x - 6:g}" y="{y - 13:g}" width="{self.size[0] - x + 6:g}" height="{_ROW}" fill="#fff"/>'
            f'<rect x="{x:g}" y="{y - 6:g}" width="14" height="4" fill="{line.colour}"/>'
            f'<text x="{x + 20:g}" y="{y:g}">{html.escape(line.name)}</text>'
        )

    def _grid(self) -> str:
        low, high = self.levels[0], self.levels[-1]
        parts: list[str] = []
        for share in self.levels:
            (x, y), (end, _) = (self._place(value, share) for value in self.reach)
            parts.append(_rule(x, y, end, y) + _text(x - 8, y + 4, f"{share:.0%}", "end"))
        for value, text in self.ticks.items():
            (x, y), (_, top) = self._place(value, low), self._place(value, high)
            parts.append(_rule(x, y, x, top) + _text(x, y + 18, text))
        (first, y), (last, _) = (self._place(value, low) for value in self.reach)
        return "\n".join([*parts, _text((first + last) / 2.0, y + 38, self.words)])


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#ddd"/>'


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(text)}</text>'
