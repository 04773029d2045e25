"""Learning curves: when a run stopped improving, how soon it reached a share, and a drawing of several."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from robolab.core.errors import WeightsError
from robolab.core.transforms import Array
from robolab.learning.share_chart import COLOURS, Chart, Line

Row = tuple[float, float, float, float]
"""Elapsed seconds, step, mean cost [s], share of held-out problems solved."""
Curve = Sequence[Sequence[float]]

_SMOOTH = 3
_PATIENCE = 0.25
_LEAST_ROWS = 8
_BETTER_SHARE = 0.005
_BETTER_COST = 0.005


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
    most = max(1.0, *(row[1] for curve in curves.values() for row in curve))
    least = min(row[3] for curve in curves.values() for row in curve)
    low = float(np.floor(least * 10.0) / 10.0) if least < 1.0 else 0.9
    chart = Chart(
        reach=(0.0, most),
        ticks={float(step): f"{step:.0f}" for step in np.linspace(0.0, most, 5)},
        words="steps; held-out problems solved",
        levels=np.linspace(low, 1.0, 5).tolist(),
        legend=(502.0, 33.0),
    )
    colours = itertools.cycle(COLOURS)
    return chart.draw(
        [
            Line(name, next(colours), [(row[1], row[3]) for row in curve])
            for name, curve in curves.items()
        ]
    )


def _smooth(values: Array) -> Array:
    return np.convolve(values, np.full(_SMOOTH, 1.0 / _SMOOTH), mode="valid")
