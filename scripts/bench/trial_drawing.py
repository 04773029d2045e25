"""Success against wall-clock of several runs, time on a logarithmic axis, as an SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from robolab.learning.share_chart import COLOURS, Chart, Line

_TICKS = (0.25, 0.5, 1, 2, 4, 6, 10, 15, 20, 30, 40, 60, 90, 120, 240)
_NAMES = {
    "ours": "robolab train: network alone, checked exactly",
    "sac": "SAC with hindsight replay, within 0.1 rad",
}


def drawing(curves: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """Draw each curve's `success` over its `minutes`, ours in the first colour."""
    minutes = [row["minutes"] for rows in curves.values() for row in rows]
    first, last = min(minutes) / 1.15, max(*minutes, 2.0) * 1.1
    chart = Chart(
        reach=(first, last),
        ticks={tick: f"{tick:g}" for tick in _TICKS if first <= tick <= last},
        words="minutes of training (logarithmic); share of unseen problems solved",
        levels=(0.0, 0.2, 0.4, 0.6, 0.8, 1.0),
        legend=(364.0, 304.0),
        size=(720, 400),
        edges=(64, 24, 24, 56),
        logarithmic=True,
    )
    return chart.draw(
        [
            Line(name, colour, [(row["minutes"], row["success"]) for row in curves[key]], True)
            for (key, name), colour in zip(_NAMES.items(), COLOURS, strict=False)
            if key in curves
        ]
    )
