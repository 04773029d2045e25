"""One self-contained page on pallets that were emptied: films, choices and why, where time went, what went wrong."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from robolab.jobs.pallet_picture import colour_of
from robolab.jobs.pallet_results import picture_of
from robolab.jobs.pallet_tally import NO_WAY
from robolab.jobs.pallet_watch import STEPS
from robolab.jobs.report_html import rendered
from robolab.jobs.svg import Curve, Plot, draw

_WINDOW = 8
"""Cases over which the rate is taken."""
_MOST_OF_A_CAUSE = 12
_STARTS = ("moved", "drops", "collisions", "interventions", "double_picks")
_GOOD_SHARE = 0.995
"""Of the cases, moved: what is aimed at."""

Row = dict[str, Any]


def report_html(result: Row, rows: Sequence[Row], kept: Path) -> str:
    """Return the page.

    Args:
        result: What `robolab evaluate` writes. rows: What was kept of each pallet.
        kept: Folder of the pictures that these name.
    """
    return rendered("pallets.html.j2", _content(result, rows, kept))


def _content(result: Row, rows: Sequence[Row], kept: Path) -> Row:
    shown = [row for row in rows if row["moments"]]
    return {
        "scene": result["scene"],
        "lead": _lead(result),
        "seed": result["seed"],
        "episodes": result["episodes"],
        "tiles": _tiles(result),
        "levels": [{"name": name, **of} for name, of in result["levels"].items()],
        "films": [
            {
                "title": f"{row['level'].capitalize()}, seed {row['seed']}: {row['moved']} of {row['cases']} moved",
                "command": command(result, row),
                "moments": [_shown(kept, row, of) for of in row["moments"]],
            }
            for row in shown
        ],
        "choices": [_choice(kept, row, of) for row in shown for of in row["choices"]],
        "scale": [_hex(share) for share in np.linspace(0.0, 1.0, 9)],
        "rate": _rate(rows),
        "steps": _steps(result, rows),
        "causes": [
            _cause(result, rows, kept, name, of["count"])
            for name, of in result["causes"].items()
            if not name.startswith(NO_WAY)
        ],
        "ruled_out": [
            f"{name.removeprefix(NO_WAY + ': ')} {of['count']} times"
            for name, of in result["causes"].items()
            if name.startswith(NO_WAY)
        ],
        "pallets": result["pallets"],
    }


def command(result: Row, row: Row) -> str:
    """Return the command that empties one of the pallets again, to watch it."""
    words = ["robolab view", result["scene"], f"--level {row['level']} --seed {row['seed']}"]
    words.append(f"--policy {result['policy']} --perception {result['perception']}")
    return " ".join(words)


def _again(result: Row, row: Row) -> str:
    """Return the command that counts one of the pallets again."""
    floor = result["floor"]
    options = {"light": "--light", "camera_mm": "--camera-shake", "base_mm": "--base-shake"}
    usual = {"light": 1.0, "camera_mm": 0.0, "base_mm": 0.0}
    others = "".join(f" {options[k]} {v:g}" for k, v in floor.items() if v != usual[k])
    return (
        f"robolab evaluate {result['scene']} --episodes 1 --level {row['level']} --seed {row['seed']} "
        f"--policy {result['policy']} --perception {result['perception']}{others} --out again.json"
    )


def _lead(result: Row) -> str:
    eye = {
        "camera": "seen by a camera with the faults of a real one and the network that tells faces apart",
        "geometry": "seen by a camera with the faults of a real one, by geometry alone",
        "perfect": "with perfect perception",
    }[result["perception"]]
    pallets = "pallet" if result["episodes"] == 1 else "pallets"
    return f"{result['episodes']} {result['split']} {pallets} emptied by {Path(result['policy']).name}, {eye}."


def _tiles(result: Row) -> list[Row]:
    share = result["moved"] / max(result["cases"], 1)
    tiles = [
        _tile(
            "moved", _percent(share), f"{result['moved']} of {result['cases']}", share < _GOOD_SHARE
        )
    ]
    for name in _STARTS[1:]:
        label = "calls for a person" if name == "interventions" else name.replace("_", " ")
        tiles.append(_tile(label, str(result[name]), "", result[name] > 0))
    rate, eye = result["cases_per_hour"], result["perception_ms"]
    tiles.append(_tile("cases an hour", f"{rate:.0f}", "of simulated time", False))
    tiles.append(_tile("perception", f"{eye:.0f} ms", "a look, on this machine", False))
    return tiles  # fmt: skip


def _tile(label: str, value: str, note: str, bad: bool) -> Row:
    return {"label": label, "value": value, "note": note, "bad": bad}


def _shown(kept: Path, row: Row, of: Row) -> Row:
    data = picture_of(kept, row, of["picture"]).read_bytes()
    return {**of, "data": base64.b64encode(data).decode()}


def _choice(kept: Path, row: Row, of: Row) -> Row:
    most = max((abs(reason["added"]) for reason in of["reasons"]), default=1.0) or 1.0
    bars = [
        {
            "feature": reason["feature"],
            "value": f"{reason['value']:.2f}",
            "usual": f"{reason['usual']:.2f}",
            "added": f"{reason['added']:+.3f}".replace("-", "−"),
            "width": round(50.0 * abs(reason["added"]) / most, 1),
            "left": round(50.0 - (50.0 * abs(reason["added"]) / most if reason["added"] < 0.0 else 0.0), 1),
            "kind": "for" if reason["added"] >= 0.0 else "against",
        }
        for reason in of["reasons"]
    ]  # fmt: skip
    about = {"level": row["level"], "seed": row["seed"], "sure": of.get("sure", "")}
    return {**_shown(kept, row, of), **about, "bars": bars}


def _hex(share: float) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour_of(share))


def _rate(rows: Sequence[Row]) -> Markup:
    """Cases an hour over the simulated time of all pallets, one after the other."""
    begins = np.cumsum([0.0, *(row["seconds"] for row in rows)])
    times = np.array(
        [begin + t for begin, row in zip(begins, rows, strict=False) for t in row["moved_at"]]
    )
    if len(times) <= _WINDOW:
        return Markup()
    spans = np.maximum(times[_WINDOW:] - times[:-_WINDOW], 1e-9)
    curve = Curve(times[_WINDOW:], 3600.0 * _WINDOW / spans)
    seams = tuple(float(t) for t in begins[1:-1])
    title = f"cases an hour, over the last {_WINDOW} cases"
    return Markup(draw(Plot([curve], title=title, x_unit=" s", size=(1130.0, 190.0), seams=seams)))


def _steps(result: Row, rows: Sequence[Row]) -> list[Row]:
    """Where time went, in all and for a case that came to the belt, by level."""
    total = sum(result["steps"].values()) or 1.0
    moved = {
        level: max(sum(row["moved"] for row in rows if row["level"] == level), 1)
        for level in result["levels"]
    }
    return [
        {
            "index": k,
            "name": name,
            "share": f"{100.0 * result['steps'][name] / total:.1f}",
            "seconds": f"{result['steps'][name] / max(result['moved'], 1):.2f}",
            "levels": [
                f"{sum(row['steps'][name] for row in rows if row['level'] == level) / moved[level]:.2f}"
                for level in result["levels"]
            ],
        }
        for k, name in enumerate(STEPS)
    ]


def _cause(result: Row, rows: Sequence[Row], kept: Path, name: str, count: int) -> Row:
    """A cause, with the moments at which it came up, each with what shows it again."""
    found: list[Row] = []
    for row in rows:
        for of in row["troubles"]:
            if name in of["what"]:
                bare = {**of, "words": "", "data": ""}
                picture = _shown(kept, row, of) if "picture" in of else bare
                at = {"level": row["level"], "seed": row["seed"], "again": _again(result, row)}
                found.append({**picture, **at, "view": command(result, row)})
    pallets = sum(1 for row in rows if row["causes"].get(name))
    more = max(len(found) - _MOST_OF_A_CAUSE, 0)
    return {"name": name, "count": count, "pallets": pallets, "moments": found[:_MOST_OF_A_CAUSE], "more": more}  # fmt: skip


def _percent(share: float) -> str:
    """A share that is only said to be all where it is."""
    return f"{np.floor(1e4 * share) / 100.0:.4g} %"
