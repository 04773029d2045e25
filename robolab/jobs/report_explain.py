"""The report's pictures of what shaped the motion: the limits in use, and what was near, over the cycle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import numpy as np
from markupsafe import Markup

from robolab.core.transforms import Array
from robolab.jobs.explain import BUSY, TOOL, Explained, LegExplained, Span
from robolab.jobs.result import RunResult
from robolab.jobs.series import Series
from robolab.jobs.svg import RIGHT, Curve, Plot, draw
from robolab.trajectory.timing_usage import KINDS
from robolab.verify.trace import ACTIVE

_WIDTH, _LEFT, _ROW = 1130.0, 96.0, 13.0
_MOST_LETTERS = 19
_NARROW = 0.4
"""Blocks narrower than this are not drawn [px]."""

Look = Callable[[Span], tuple[str, str, str]]
"""Of a span: the lane it stands in, its class, and its words."""


def limits_chart(explained: Explained, series: Series) -> dict[str, Any] | None:
    """The greatest share of a limit over time, whose limit it is, and how often which kind."""
    if not explained.legs:
        return None
    time, share = _with_rests([(leg.time, leg.share) for leg in explained.legs])
    spans = [span for leg in explained.legs for span in leg.limits]
    curve = _curve("share of the most used limit [%]", time, share * 100.0, BUSY * 100.0, series)
    reach = float(time[0]), float(time[-1])
    whole = max(sum(span.end - span.start for span in spans), 1e-9)
    used = [sum(s.end - s.start for s in spans if s.what == kind) / whole for kind in KINDS]
    return {
        "headline": f"For {per_cent(explained.busy)} of the time in motion, more than {per_cent(BUSY, 0)} of some limit is used.",
        "curve": curve,
        "lanes": _lanes(spans, _limit_look, reach, _lane_names(explained)),
        "kinds": [
            {"index": i, "name": kind.replace("_", " "), "share": per_cent(part, 0)}
            for i, (kind, part) in enumerate(zip(KINDS, used, strict=True))
            if part > 0.005
        ],
    }


def clearance_chart(result: RunResult, series: Series) -> dict[str, Any] | None:
    """The distance of the nearest pair over time, and what it is near to."""
    legs = [leg for leg in result.explained.legs if leg.near]
    if not legs:
        return None
    time = np.concatenate([leg.nearest.time for leg in legs])
    distance = np.concatenate([leg.nearest.distance for leg in legs])
    spans = [span for leg in legs for span in leg.near]
    least = min(spans, key=lambda span: span.value)
    active = sum(span.end - span.start for span in spans if span.active)
    asked = result.scene.requirements.clearance
    lanes = list(dict.fromkeys(short(span.what) for span in spans))
    return {
        "headline": (
            f"Of {time.size} instants, {short(least.who)} to {short(least.what)} is the nearest: {least.value * 1e3:.1f} mm; "
            f"{_active_words(active)} within {ACTIVE * 1e3:.0f} mm of what must be kept."
        ),
        "curve": _curve("clearance [mm]", time, distance * 1e3, asked * 1e3, series),
        "lanes": _lanes(spans, _near_look, (float(time[0]), float(time[-1])), lanes),
        "within": f"{ACTIVE * 1e3:.0f}",
    }


def _active_words(seconds: float) -> str:
    return f"for {seconds:.2f} s something is" if seconds > 0.0 else "nothing ever comes"


def leg_reasons(explained: Explained) -> list[dict[str, str]]:
    """One row a leg: how long near a limit, which, and what it passed."""
    return [
        {
            "name": leg.leg.name,
            "busy": per_cent(leg.busy),
            "held_back": _held_back(leg),
            "passed": _passed(leg),
        }
        for leg in explained.legs
    ]


def _with_rests(parts: Sequence[tuple[Array, Array]]) -> tuple[Array, Array]:
    """Join curves, at zero between one and the next: nothing is used while the arm rests."""
    time = np.concatenate([np.concatenate([t[:1], t, t[-1:]]) for t, _ in parts])
    return time, np.concatenate([np.pad(values, 1) for _, values in parts])


def _curve(title: str, x: Array, y: Array, limit: float, series: Series) -> Markup:
    seams = tuple(float(t) for t in series.legs[:, 0])
    size = (_WIDTH, 130.0)
    plot = Plot(
        [Curve(x, y)], (limit,), title=title, x_unit=" s", size=size, seams=seams, left=_LEFT
    )
    return Markup(draw(plot))


def _lane_names(explained: Explained) -> list[str]:
    """The joints from the base on, then the tool; those that hold nothing back are left out."""
    seen = {span.who for leg in explained.legs for span in leg.limits}
    order = (*explained.legs[0].leg.trajectory.joints, TOOL)
    return [short(name) for name in order if name in seen]


def _limit_look(span: Span) -> tuple[str, str, str]:
    words = f"{_limit(span)}, up to {per_cent(span.value)}"
    return short(span.who), f"kind-{KINDS.index(span.what)}", words


def _limit(span: Span) -> str:
    what = span.what.replace("_", " ")
    return what if span.who == TOOL else f"{what} of {short(span.who)}"


def _held_back(leg: LegExplained, most: int = 2) -> str:
    """The limits that held a leg back longest, with their shares of its time."""
    total: dict[str, float] = {}
    for span in leg.limits:
        total[_limit(span)] = total.get(_limit(span), 0.0) + span.end - span.start
    whole = max(sum(total.values()), 1e-9)
    longest = sorted(total.items(), key=lambda item: -item[1])[:most]
    return ", ".join(f"{what} {per_cent(seconds / whole, 0)}" for what, seconds in longest)


def _passed(leg: LegExplained) -> str:
    """What a leg came nearest to, and how near."""
    if not leg.near:
        return ""
    least = min(leg.near, key=lambda span: span.value)
    return f"{short(least.who)} to {short(least.what)}, {least.value * 1e3:.0f} mm"


def _near_look(span: Span) -> tuple[str, str, str]:
    words = f"{short(span.who)} to {short(span.what)}, down to {span.value * 1e3:.1f} mm"
    return short(span.what), "active" if span.active else "near", words


def per_cent(share: float, digits: int = 1) -> str:
    """A share in per cent."""
    return f"{share * 100.0:.{digits}f} %"


def short(name: str) -> str:
    """A name for the margin: without the robot it belongs to and what all joints are called, cut to fit."""
    name = name.rpartition("/")[2].removesuffix("_joint")
    return name if len(name) <= _MOST_LETTERS else name[: _MOST_LETTERS - 1] + "…"


def _lanes(
    spans: Sequence[Span], look: Look, reach: tuple[float, float], names: list[str]
) -> Markup:
    """Draw spans as blocks in lanes by name, under a plot over the same time."""
    scale = (_WIDTH - _LEFT - RIGHT) / max(reach[1] - reach[0], 1e-9)
    parts: list[str] = []
    for row, name in enumerate(names):
        y = row * _ROW
        parts.append(
            f'<text class="end" x="{_LEFT - 5:.0f}" y="{y + 9:.0f}">{escape(name)}</text>'
            f'<rect class="row" x="{_LEFT:.0f}" y="{y + 1:.0f}" width="{_WIDTH - _LEFT - RIGHT:.0f}" height="{_ROW - 2:.0f}"/>'
        )
    for span in spans:
        lane, kind, words = look(span)
        x, width = _LEFT + (span.start - reach[0]) * scale, (span.end - span.start) * scale
        if width > _NARROW:
            parts.append(
                f'<rect class="{kind}" x="{x:.1f}" y="{names.index(lane) * _ROW + 1:.0f}" '
                f'width="{width:.1f}" height="{_ROW - 2:.0f}"><title>{escape(words)}</title></rect>'
            )
    size = f"0 0 {_WIDTH:.0f} {len(names) * _ROW:.0f}"
    return Markup(f'<svg viewBox="{size}" role="img">{"".join(parts)}</svg>')
