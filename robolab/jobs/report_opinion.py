"""The report's section on the second opinion: a table of joints, and their differences over the cycle."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from robolab.jobs.result import RunResult
from robolab.jobs.second_opinion import headline, opinion_rows
from robolab.jobs.series import Series
from robolab.jobs.svg import Curve, Plot, draw

_SIZE = (270.0, 105.0)


def opinion_section(result: RunResult, series: Series) -> dict[str, Any] | None:
    """Return what the page shows of the second opinion; None where none was asked."""
    opinion = result.opinion
    if opinion is None:
        return None
    seams = tuple(float(t) for t in series.legs[:, 0])
    plots: list[dict[str, Any]] = []
    for j, row in enumerate(opinion.joints):
        curve = Curve(opinion.time, opinion.difference[:, j] * 1e3)
        name = f"{row.joint} [m{row.unit}]"
        plot = Plot([curve], title=f"{name} between the engines", size=_SIZE, seams=seams)
        plots.append({"name": name, "svg": Markup(draw(plot))})
    return {
        "headline": headline(opinion, result.program),
        "engines": [engine.partition(" ")[0] for engine in opinion.engines],
        "rows": opinion_rows(opinion, result.program),
        "plots": plots,
    }
