"""A policy's card: what it is for, how it was made, what it does on problems it has not seen."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from typing import Any

import numpy as np

from robolab.learning.cell import Cell
from robolab.learning.identity import MINUTES
from robolab.learning.learning_curve import Curve, reached

CURVES = "learning_curves.svg"
_LEVELS = 6
_ROWS = (
    ("solved_by_network_alone", "solved by the network alone", "{:.1%}"),
    ("solved_with_refinement", "solved with refinement", "{:.1%}"),
    ("straight_line_free", "free as a straight line in joint space", "{:.1%}"),
    ("seconds_median", "seconds to propose and check, median", "{:.4f}"),
    ("seconds_95", "seconds to propose and check, 95 %", "{:.4f}"),
)


def hardware() -> dict[str, Any]:
    """Describe the machine that training runs on."""
    import torch

    return {
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def write_card(cell: Cell, run: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Write the card in Markdown."""
    sections = [
        f"# Policy for {cell.scene.name}",
        (
            f"Maps start, goal and {_taken_in(cell)} to whole trajectories of {cell.robot.name}. "
            "Trained without demonstrations or labels, by gradients through batched kinematics and signed "
            "distances. Every proposal is checked exactly before use; where all fail, another planner takes over."
        ),
        f"## How to make it again\n\n    {run['command']}" + _took(metrics),
        _figures("Unseen problems, empty hands", metrics["unseen"]),
        *(
            [_figures("Unseen problems, with an object in hand", metrics["carrying"])]
            if metrics.get("carrying")
            else []
        ),
        *([_certainty(metrics["certainty"])] if metrics.get("certainty") else []),
        *([_comparison(metrics["comparison"])] if metrics.get("comparison") else []),
        _curve(metrics),
        *([_origin(metrics)] if metrics.get("warm_start") or metrics.get("compared") else []),
        "## Hardware\n\n" + ", ".join(f"{k} {v}" for k, v in metrics["hardware"].items()),
    ]
    return "\n\n".join(sections) + "\n"


def _taken_in(cell: Cell) -> str:
    if cell.scene.randomisation.furniture is not None:
        return "whatever boxes, cylinders, balls and points surround it"
    return f"the poses of {_listing(cell.names)}"


def _listing(names: tuple[str, ...]) -> str:
    return ", ".join(names) if names else "no movable objects"


def _took(metrics: Mapping[str, Any]) -> str:
    minutes = metrics.get(MINUTES)
    return "" if minutes is None else f"\n\nTook {minutes:.1f} minutes, these figures included."


def _figures(title: str, figures: Mapping[str, Any]) -> str:
    rows = [f"| {text} | {form.format(figures[key])} |" for key, text, form in _ROWS]
    return f"## {title}\n\n| of {figures['problems']} problems | |\n|---|---|\n" + "\n".join(rows)


def _certainty(told: Mapping[str, Any]) -> str:
    """How far the network's certainty can be believed, on problems that it was not fitted to."""
    on = told["fitted_on"]
    parts = [
        "## How sure it is",
        (
            f"Learned on {on['problems']} problems ({on['proposals']} proposals, {on['refined']} refined) that neither "
            f"training nor these figures use; measured on {told['problems']} unseen problems, every curve checked exactly. "
            "Proposals are tried by it, and the next planner has its turn where it is too small."
        ),
    ]
    titles = {"proposed": "a proposal is free as it is", "refined": "refining one makes it free"}
    for key, title in titles.items():
        of = told[key]
        if of["count"]:
            rows = [
                f"| {low:.0%} to {high:.0%} | {count} | {said:.1%} | {was:.1%} |"
                for low, high, count, said, was in of["table"]
            ]
            head = (
                f"| chance that {title} | proposals | said, mean | came true |\n|---|---|---|---|"
            )
            parts += ["\n".join([head, *rows]), _belief(of)]
    return "\n\n".join(parts)


def _belief(of: Mapping[str, Any]) -> str:
    auc = "" if of["auc"] is None else f", area under the curve {of['auc']:.3f}"
    return f"Brier score {of['brier']:.4f}; always saying {of['share']:.1%} has {of['brier_of_share']:.4f}{auc}."


def _comparison(told: Mapping[str, Any]) -> str:
    rows = [
        f"| {name} | {of['solved']:.1%} | {of['motion_median']:.3f} | {of['planning_median']:.4f} | {of['planning_95']:.4f} |"
        for name, of in told["planners"].items()
    ]
    head = "| planner | solved | motion time median [s] | planning median [s] | planning 95 % [s] |\n|---|---|---|---|---|"
    whose = (
        "learned planner, its curves polished,"
        if "learned_polished" in told["planners"]
        else "learned planner"
    )
    ratio = f"Motion time of the {whose} over that of the baseline on the same problems: {told['motion_ratio']:.3f} (mean of ratios)."
    return "\n\n".join(
        ["## Against other planners, same problems, same timing", "\n".join([head, *rows]), ratio]
    )


def _curve(metrics: Mapping[str, Any]) -> str:
    table = [
        f"| {t:.0f} | {step:.0f} | {cost:.3f} | {solved:.1%} |"
        for t, step, cost, solved in metrics["learning_curve"]
    ]
    head = "| seconds | steps | mean cost of the best proposal [s] | held-out problems solved |\n|---|---|---|---|"
    parts = ["## Learning curve\n", head, *table]
    if "stopped_improving_at" in metrics:
        stopped = metrics["stopped_improving_at"]
        parts += [
            "",
            "It still improved when the time was up, or there was too little of it to tell."
            if stopped is None
            else f"No better since step {stopped}.",
        ]
    return "\n".join(parts)


def _origin(metrics: Mapping[str, Any]) -> str:
    """What a run began with, and its learning curve beside the one that it is compared with."""
    origin, compared = metrics.get("warm_start"), metrics.get("compared")
    parts = ["## Warm start" if origin else "## Beside another learning curve"]
    if origin:
        parts.append(f"Began with {origin['told']}.")
    if compared:
        rows = _beside(metrics["learning_curve"], compared["curve"])
        name = f"from nothing ({compared['name']})" if origin else compared["name"]
        head = f"| held-out problems solved | steps, this run | steps, {name} |\n|---|---|---|\n"
        parts += [f"![learning curves]({CURVES})", head + "\n".join(rows)]
    elif origin:
        parts.append("No run from nothing was given to compare with (`--compare`).")
    return "\n\n".join(parts)


def _beside(mine: Curve, other: Curve) -> list[str]:
    """Steps that each curve took to shares between what it began with and the best."""
    shares = [row[3] for row in (*mine, *other)]
    levels = np.linspace(min(shares), max(shares), _LEVELS)
    rows: list[str] = []
    for level in levels:
        steps = [
            "never" if at is None else f"{at[0]:.0f}"
            for at in (reached(mine, level), reached(other, level))
        ]
        rows.append(f"| {level:.1%} | {steps[0]} | {steps[1]} |")
    return rows
