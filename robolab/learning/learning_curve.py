"""Learning curves: when a run stopped improving, how soon it reached a share, and a drawing of several."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from robolab.core.errors import WeightsError
from robolab.core.transforms import Array

Row = tuple[float, float, float, float]
"""Elapsed seconds, step, mean cost [s], share of held-out problems solved."""
Curve = Sequence[Sequence[float]]

_SMOOTH = 3
_PATIENCE = 0.25
_LEAST_ROWS = 8
_BETTER_SHARE = 0.005
_BETTER_COST = 0.005
_SIZE = (640, 360)
_EDGES = (60, 20, 150, 45)
_COLOURS = ("#1f6feb", "#d1622b", "#2a7f3f", "#7a4fb5")


def stopped_improving(curve: Curve) -> int | None:
    """The step after which a run got no better, or None if it still did at the end.

    Means of three rows are compared. Better is a held-out share higher by half a per cent, or a cost lower by
    half a per cent of itself; a run has stopped when the last quarter of its steps, and at least eight rows,
    brought neither.
    """
    rows = np.array(curve, dtype=float).reshape(-1, 4)
    if len(rows) < _LEAST_ROWS + _SMOOTH:
        return None
    cost, share = _smooth(rows[:, 2]), _smooth(rows[:, 3])
    step = rows[_SMOOTH - 1 :, 1]
    best, least, last = share[0], cost[0], 0
    for k in range(1, len(step)):
        if share[k] >= best + _BETTER_SHARE or cost[k] <= least * (1.0 - _BETTER_COST):
            best, least, last = max(best, share[k]), min(least, cost[k]), k
    waited = step[-1] - step[last] >= _PATIENCE * step[-1] and len(step) - 1 - last >= _LEAST_ROWS
    return int(step[last]) if waited else None


def reached(curve: Curve, share: float) -> tuple[float, float] | None:
    """Step and seconds at which a curve first shows a share of solved problems; None if never."""
    found = next((row for row in curve if row[3] >= share), None)
    return None if found is None else (float(found[1]), float(found[0]))


def read_curve(path: Path) -> list[Row]:
    """Read the learning curve of a policy's folder, or of its `metrics.json`.

    Raises:
        WeightsError: there is none.
    """
    file = path / "metrics.json" if path.is_dir() else path
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))["learning_curve"]
        curve = [(float(a), float(b), float(c), float(d)) for a, b, c, d in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            "holds no learning curve", file=file, expected="a policy's folder or its metrics.json"
        ) from error
    if not curve or not np.isfinite(curve).all():
        raise WeightsError("holds an empty or broken learning curve", file=file)
    return curve


def drawing(curves: Mapping[str, Curve]) -> str:
    """Draw the held-out share of each curve over its steps, as an SVG."""
    (width, height), (left, top, right, bottom) = _SIZE, _EDGES
    most = max(max(row[1] for row in curve) for curve in curves.values())
    least = min(min(row[3] for row in curve) for curve in curves.values())
    low = np.floor(least * 10.0) / 10.0 if least < 1.0 else 0.9
    plot = (width - left - right, height - top - bottom)

    def place(step: float, share: float) -> tuple[float, float]:
        return left + plot[0] * step / max(most, 1.0), top + plot[1] * (1.0 - share) / (1.0 - low)

    parts = [_grid(place, float(low), most)]
    for k, (name, curve) in enumerate(curves.items()):
        colour = _COLOURS[k % len(_COLOURS)]
        points = " ".join("{:.1f},{:.1f}".format(*place(row[1], row[3])) for row in curve)
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        x, y = width - right + 12, top + 16 + 20 * k
        parts.append(
            f'<rect x="{x}" y="{y - 9}" width="12" height="4" fill="{colour}"/>'
            f'<text x="{x + 18}" y="{y - 3}">{html.escape(name)}</text>'
        )
    style = 'font-family="sans-serif" font-size="12" fill="#333"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {style}>'
    back = f'<rect width="{width}" height="{height}" fill="#fff"/>'
    return "\n".join([head, back, *parts, "</svg>"]) + "\n"


def _grid(place: Callable[[float, float], tuple[float, float]], low: float, most: float) -> str:
    lines: list[str] = []
    for share in np.linspace(low, 1.0, 5):
        (x, y), (end, _) = place(0.0, share), place(most, share)
        lines.append(
            f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{end:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
            f'<text x="{x - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>'
        )
    for step in np.linspace(0.0, most, 5):
        x, y = place(step, low)
        lines.append(f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">{step:.0f}</text>')
    x, y = place(most / 2.0, low)
    lines.append(
        f'<text x="{x:.1f}" y="{y + 36:.1f}" text-anchor="middle">steps; held-out problems solved</text>'
    )
    return "\n".join(lines)


def _smooth(values: Array) -> Array:
    return np.convolve(values, np.full(_SMOOTH, 1.0 / _SMOOTH), mode="valid")
