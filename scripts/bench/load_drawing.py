"""How much shorter cycles are, as distributions over programs: an SVG that stands alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from robolab.learning.share_chart import COLOURS, Chart, Line

_BASELINES = {"constant": "constant accelerations", "fixed": "timing for the heaviest"}
_STEP = 0.1


def drawing(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Draw, for each scene and baseline, the share of programs that are shortened by at least so much."""
    lines: list[Line] = []
    for scene, programs in rows.items():
        done = [row for row in programs if "adapted_s" in row]
        for baseline, words in _BASELINES.items():
            saved = np.sort([1.0 - row["adapted_s"] / row[f"{baseline}_s"] for row in done])
            share = 1.0 - np.arange(len(saved)) / len(saved)
            points = [(float(x), float(y)) for x, y in zip(saved, share, strict=True)]
            name = f"{scene}, against {words}"
            lines.append(Line(name, COLOURS[len(lines) % len(COLOURS)], points))
    least = min((x for line in lines for x, _ in line.points), default=0.0)
    most = max((x for line in lines for x, _ in line.points), default=_STEP)
    low = _STEP * np.floor(min(least, 0.0) / _STEP + 1e-9)
    high = _STEP * np.ceil(most / _STEP)
    values = np.arange(round(low / _STEP), round(high / _STEP) + 1) * _STEP
    chart = Chart(
        reach=(float(low), float(high)),
        ticks={float(value): f"{value:.0%}" for value in values},
        words="cycle time saved; share of programs that save at least as much",
        levels=(0.0, 0.2, 0.4, 0.6, 0.8, 1.0),
        legend=(330.0, 60.0),
        size=(720, 400),
        edges=(64, 24, 24, 56),
    )
    return chart.draw(lines)
