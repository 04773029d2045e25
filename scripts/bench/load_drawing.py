"""How much shorter cycles are, as distributions over programs: an SVG that stands alone, and a page around it."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Rows = Mapping[str, Sequence[Mapping[str, Any]]]

WORDS = {
    "constant": "constant accelerations, torque bounds their factor",
    "by_move": "the same, and each move's own for the grip",
    "grip": "the same, one factor for torque and grip",
    "fixed": "torque-limited timing for the rated payload",
}
AIMS = {"constant": 0.2, "by_move": 0.2, "grip": 0.2, "fixed": 0.06}
_COLOURS = {"ur10e_loads": "#1f6feb", "palletiser_loads": "#d1622b"}
_WIDTH, _LEFT, _RIGHT = 900, 350, 130
_ROW, _HEAD, _FOOT = 46, 34, 40
_MOST = 0.6


def drawing(rows: Rows) -> str:
    """Draw a dot for the share of each program's cycle that is saved, by scene and baseline, with mean and aim."""
    parts: list[str] = []
    y = 0
    for scene, programs in rows.items():
        done = [row for row in programs if "adapted_s" in row]
        parts.append(_text(12, y + 22, scene, "start", 'font-weight="bold"'))
        y += _HEAD
        for baseline in WORDS:
            parts.append(_strip(y, scene, baseline, done))
            y += _ROW
    parts.append(_scale(y))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y + _FOOT}"'
    back = f'<rect width="{_WIDTH}" height="{y + _FOOT}" fill="#fff"/>'
    return "\n".join(
        [f'{head} font-family="sans-serif" font-size="13" fill="#333">', back, *parts, "</svg>\n"]
    )


def _strip(y: float, scene: str, baseline: str, done: Sequence[Mapping[str, Any]]) -> str:
    """One row of dots, spread over its height by chance that is no chance, so that none hides another."""
    saved = np.array([1.0 - row["adapted_s"] / row[f"{baseline}_s"] for row in done])
    heights = y + 8 + (np.arange(len(saved)) * 0.618034 % 1.0) * (_ROW - 20)
    dots = "".join(
        f'<circle cx="{_x(x):.1f}" cy="{h:.1f}" r="3"/>'
        for x, h in zip(saved, heights, strict=True)
    )
    mean, aim = float(np.mean(saved)), AIMS[baseline]
    return "\n".join(
        [
            _text(_LEFT - 14, y + 0.5 * _ROW, WORDS[baseline], "end"),
            _rule(_x(0.0), y + _ROW, _x(_MOST), y + _ROW, "#ddd"),
            _rule(_x(aim), y + 3, _x(aim), y + _ROW - 3, "#888", 'stroke-dasharray="4 3"'),
            f'<g fill="{_COLOURS.get(scene, "#555")}" fill-opacity="0.45">{dots}</g>',
            _rule(_x(mean), y + 3, _x(mean), y + _ROW - 3, "#111", 'stroke-width="2.5"'),
            _text(_WIDTH - 12, y + 0.5 * _ROW, f"mean {mean:.1%}", "end"),
        ]
    )


def _scale(y: float) -> str:
    marks = [_text(_x(x), y + 16, f"{x:.0%}") for x in np.arange(0.0, _MOST + 0.01, 0.1)]
    words = "share of the cycle time saved: one dot a program, dashed the aim"
    return "\n".join([*marks, _text(_x(0.5 * _MOST), y + 33, words)])


def _x(share: float) -> float:
    return _LEFT + share / _MOST * (_WIDTH - _LEFT - _RIGHT)


def _text(x: float, y: float, words: str, anchor: str = "middle", more: str = "") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{html.escape(words)}</text>'
    )


def _rule(x1: float, y1: float, x2: float, y2: float, colour: str, more: str = "") -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" {more}/>'
    )


def page(rows: Rows, results: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a page with the distributions and what they come to."""
    tables = "\n".join(_table(name, found) for name, found in results.items())
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Cycle time of motion that adapts to its load</title>
<style>body{{font:15px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}}
table{{border-collapse:collapse;margin:.5rem 0 1.5rem}}td,th{{padding:.25rem .9rem .25rem 0;text-align:left;border-bottom:1px solid #ddd}}
svg{{width:100%;height:auto}}</style></head><body>
<h1>Cycle time of motion that adapts to its load</h1>
<p>The same paths, timed for loads that are felt as they are lifted, and as controllers would that are told the rated payload.</p>
{drawing(rows)}
{tables}
</body></html>
"""


def _table(name: str, found: Mapping[str, Any]) -> str:
    lines = "\n".join(
        f"<tr><td>{html.escape(words)}</td><td>{_spread(found['shorter_than'][baseline])}</td></tr>"
        for baseline, words in WORDS.items()
    )
    largest = ", ".join(
        f"{check.replace('_', ' ')} {share:.1%}" for check, share in found["largest_share"].items()
    )
    return f"""<h2>{html.escape(name)}</h2>
<p>{found["loads"]} loads in {found["programs"]} programs on {found["paths"]} plans: {found["violations"]} limits broken under
the true loads in {found["checks"]} findings; {found["outside_the_safe_range"]} loads outside the range that limits were
kept for; {found["too_late"]} new time laws too late; {found["rated_not_held"]} moves on which the rated payload leaves no tenth of the torque to move with.</p>
<table><tr><th>Cycle time shorter than with</th><th>mean (90 % of the programs)</th></tr>
{lines}
</table>
<p>Were all loads known exactly from the first, {-found["shorter_than"]["exact"]["mean"]:.1%} of the cycle that is left could be gained.
Largest shares of limits used: {largest}.</p>"""


def _spread(values: Mapping[str, float]) -> str:
    return f"{values['mean']:.1%} ({values['5 %']:.1%} to {values['95 %']:.1%})"
