"""One self-contained page that shows what a run planned, how near its limits it goes, and what it exported."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from robolab import __version__
from robolab.jobs.adapt_report import adaptation_section
from robolab.jobs.report_explain import clearance_chart, leg_reasons, limits_chart
from robolab.jobs.report_opinion import opinion_section
from robolab.jobs.report_plots import JOINT_HEADINGS, joint_plots, png_size, strip, way, wide
from robolab.jobs.report_tables import (
    bar_rows,
    finding_rows,
    leg_rows,
    program_rows,
    quiet_checks,
    tile_rows,
)
from robolab.jobs.result import RunResult
from robolab.jobs.series import Series, sample

_TEMPLATES = Path(__file__).parent / "templates"


def report_html(result: RunResult) -> str:
    """Return the page. It refers to nothing outside itself but the program files beside it."""
    return rendered("report.html.j2", _content(result))


def rendered(template: str, content: dict[str, Any]) -> str:
    """Return a page by its template, with the style sheet that all pages share.

    Args:
        content: By the template's names; what is no `Markup` is escaped.
    """
    # jinja2 takes a tenth of a second to import: only where a report is written.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = Markup((_TEMPLATES / "report.css").read_text(encoding="utf-8"))
    return environment.get_template(template).render(style=style, version=__version__, **content)


def _content(result: RunResult) -> dict[str, Any]:
    series = sample(result.program, result.robot)
    planners = list(dict.fromkeys(leg.planner for leg in result.program.legs))
    counts = [sum(leg.planner == name for leg in result.program.legs) for name in planners]
    charts = _charts(result, series)
    return {
        "scene": result.scene.name,
        "description": " ".join(result.scene.description.split()),
        "robot": result.robot.name,
        "seed": result.seed,
        "verified": result.report.verified,
        "failures": [] if result.report.verified else result.report.explain(),
        "tiles": tile_rows(result),
        "picture": base64.b64encode(result.picture).decode() if result.picture else "",
        "way": _way(result, series),
        "strip": Markup(strip(result, series, planners)),
        "planners": [{"name": n, "legs": c} for n, c in zip(planners, counts, strict=True)],
        "legs": leg_rows(result, series),
        "bars": bar_rows(result.report),
        "quiet": quiet_checks(result.report),
        "checks": len(result.report.checks),
        "programs": program_rows(result),
        "limits_chart": limits_chart(result.explained, series),
        "clearance_chart": clearance_chart(result, series),
        "reasons": leg_reasons(result.explained),
        "charts": charts,
        "opinion": opinion_section(result, series),
        "adaptation": adaptation_section(result),
        "tracked": result.tracking is not None,
        "joint_headings": JOINT_HEADINGS,
        "joints": [
            {"name": name, "plots": [Markup(plot) for plot in plots]}
            for name, plots in joint_plots(result, series)
        ],
        "findings": finding_rows(result.report),
        "timings": _timings(result),
    }


def _timings(result: RunResult) -> list[tuple[str, str]]:
    training = {} if result.training is None else {"train the policy": result.training}
    return [(name, f"{seconds:.1f}") for name, seconds in (training | result.seconds).items()]


def _way(result: RunResult, series: Series) -> Markup:
    if not result.picture or not series.time.size:
        return Markup()
    return Markup(way(result.scene.view, series, png_size(result.picture)))


def _charts(result: RunResult, series: Series) -> list[dict[str, Any]]:
    charts: list[dict[str, Any]] = []
    log = result.tracking
    if log is not None:
        error = np.asarray(log.tcp_error, dtype=float) * 1e3
        limit = result.scene.requirements.tracking_error * 1e3
        charts.append(
            {
                "title": "Tracking",
                "note": "Distance in millimetres between where the tool should be and where it is in the physics.",
                "svg": Markup(wide("tracking error [mm]", log.time, error, limit, series)),
            }
        )
    return charts
