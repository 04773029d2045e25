"""Several plots on one sheet: an SVG file that looks right by itself, in the light and in the dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from robolab.jobs.svg import Plot, draw

_STYLE = """
svg { background: #fff; }
text { font: 9px system-ui, sans-serif; fill: #52525b; }
.end { text-anchor: end; } .middle { text-anchor: middle; }
path { fill: none; stroke-linejoin: round; }
.grid, .seam { stroke: #d4d4d8; stroke-width: 0.5; }
.line { stroke: #2563eb; stroke-width: 1.1; } .second { stroke: #ea580c; stroke-width: 0.8; }
.limit { stroke: #b91c1c; stroke-width: 0.9; stroke-dasharray: 4 2.5; } .mark path { stroke: #b91c1c; }
@media (prefers-color-scheme: dark) {
  svg { background: #18181b; } text { fill: #b4b4bd; } .grid, .seam { stroke: #3f3f46; }
  .line { stroke: #7aa2ff; } .second { stroke: #ff9a5a; } .limit, .mark path { stroke: #ff7b7b; }
}
"""
_HEAD, _TITLE = 22.0, 14.0
_KEY = 110.0


def sheet(plots: Sequence[Plot], keys: Sequence[tuple[str, str]], columns: int = 1) -> str:
    """Draw plots of one size side by side and one below the other.

    Args:
        keys: Class of a curve, and what it stands for.
    """
    width, height = plots[0].size
    rows = -(-len(plots) // columns)
    total = (columns * width, _HEAD + rows * (height + _TITLE))
    parts = [f"<style>{_STYLE}</style>"]
    for k, (kind, words) in enumerate(keys):
        x = 10.0 + k * _KEY
        parts.append(f'<path class="{kind}" d="M{x:g} 12h18"/>')
        parts.append(f'<text x="{x + 23.0:g}" y="15">{escape(words)}</text>')
    for k, plot in enumerate(plots):
        x, y = (k % columns) * width, _HEAD + (k // columns) * (height + _TITLE)
        parts.append(f'<text x="{x + plot.left:g}" y="{y + 10.0:g}">{escape(plot.title)}</text>')
        place = f'<svg x="{x:g}" y="{y + _TITLE:g}" width="{width:g}" height="{height:g}" '
        parts.append(draw(plot).replace("<svg ", place, 1))
    size = f'width="{total[0]:g}" height="{total[1]:g}" viewBox="0 0 {total[0]:g} {total[1]:g}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(parts)}</svg>\n'
