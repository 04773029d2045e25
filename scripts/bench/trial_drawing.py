"""Success against wall-clock of several runs, time on a logarithmic axis, as an SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

_SIZE = (720, 400)
_EDGES = (64, 24, 24, 56)
_TICKS = (0.25, 0.5, 1, 2, 4, 6, 10, 15, 20, 30, 40, 60, 90, 120, 240)
_LOOKS = {
    "ours": ("#1f6feb", "robolab train: network alone, checked exactly"),
    "sac": ("#d1622b", "SAC with hindsight replay, within 0.1 rad"),
}

Place = Callable[[float, float], tuple[float, float]]


def drawing(curves: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """Draw each curve's `success` over its `minutes`."""
    (width, height), (left, right, top, bottom) = _SIZE, _EDGES
    minutes = [row["minutes"] for rows in curves.values() for row in rows]
    low, high = math.log(min(minutes) / 1.15), math.log(max(*minutes, 2.0) * 1.1)

    def place(at: float, share: float) -> tuple[float, float]:
        along = (math.log(at) - low) / (high - low)
        return left + along * (width - left - right), top + (1.0 - share) * (height - top - bottom)

    ticks = [t for t in _TICKS if low <= math.log(t) <= high]
    parts = [_grid(place, math.exp(low), math.exp(high), ticks)]
    for k, (name, rows) in enumerate(curves.items()):
        parts.append(_line(place, name, rows))
        colour, label = _LOOKS[name]
        y = height - bottom - 20 * (len(curves) - k)
        x = width - right - 332
        parts.append(
            f'<rect x="{x - 6}" y="{y - 13}" width="332" height="20" fill="#fff"/>'
            f'<rect x="{x}" y="{y - 6}" width="16" height="4" fill="{colour}"/>'
            f'<text x="{x + 24}" y="{y}">{label}</text>'
        )
    style = 'font-family="sans-serif" font-size="13" fill="#222"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {style}>'
    back = f'<rect width="{width}" height="{height}" fill="#fff"/>'
    return "\n".join([head, back, *parts, "</svg>"]) + "\n"


def _line(place: Place, name: str, rows: Sequence[Mapping[str, float]]) -> str:
    colour, _ = _LOOKS[name]
    points = [place(row["minutes"], row["success"]) for row in rows]
    words = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in points)
    return (
        f'<polyline points="{words}" fill="none" stroke="{colour}" stroke-width="2.5"/>'
        f'<g fill="{colour}">{dots}</g>'
    )


def _grid(place: Place, first: float, last: float, ticks: Sequence[float]) -> str:
    lines: list[str] = []
    for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        (x, y), (end, _) = place(first, share), place(last, share)
        lines.append(
            f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{end:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
            f'<text x="{x - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>'
        )
    for tick in ticks:
        (x, low), (_, high) = place(tick, 0.0), place(tick, 1.0)
        lines.append(
            f'<line x1="{x:.1f}" y1="{low:.1f}" x2="{x:.1f}" y2="{high:.1f}" stroke="#eee"/>'
            f'<text x="{x:.1f}" y="{low + 20:.1f}" text-anchor="middle">{tick:g}</text>'
        )
    middle = place(math.sqrt(first * last), 0.0)
    lines.append(
        f'<text x="{middle[0]:.1f}" y="{middle[1] + 42:.1f}" text-anchor="middle">'
        "minutes of training (logarithmic); share of unseen problems solved</text>"
    )
    return "\n".join(lines)
