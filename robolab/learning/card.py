"""A policy's card: what it is for, how it was made, what it does on problems it has not seen."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from typing import Any

from robolab.learning.cell import Cell

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
            f"Maps start, goal and the poses of {_listing(cell.names)} to whole trajectories of {cell.robot.name}. "
            "Trained without demonstrations or labels, by gradients through batched kinematics and signed "
            "distances. Every proposal is checked exactly before use; where all fail, another planner takes over."
        ),
        f"## How to make it again\n\n    {run['command']}",
        _figures("Unseen problems, empty hands", metrics["unseen"]),
        *(
            [_figures("Unseen problems, with an object in hand", metrics["carrying"])]
            if metrics.get("carrying")
            else []
        ),
        *([_comparison(metrics["comparison"])] if metrics.get("comparison") else []),
        _curve(metrics["learning_curve"]),
        "## Hardware\n\n" + ", ".join(f"{k} {v}" for k, v in metrics["hardware"].items()),
    ]
    return "\n\n".join(sections) + "\n"


def _listing(names: tuple[str, ...]) -> str:
    return ", ".join(names) if names else "no movable objects"


def _figures(title: str, figures: Mapping[str, Any]) -> str:
    rows = [f"| {text} | {form.format(figures[key])} |" for key, text, form in _ROWS]
    return f"## {title}\n\n| of {figures['problems']} problems | |\n|---|---|\n" + "\n".join(rows)


def _comparison(told: Mapping[str, Any]) -> str:
    rows = [
        f"| {name} | {of['solved']:.1%} | {of['motion_median']:.3f} | {of['planning_median']:.4f} | {of['planning_95']:.4f} |"
        for name, of in told["planners"].items()
    ]
    head = "| planner | solved | motion time median [s] | planning median [s] | planning 95 % [s] |\n|---|---|---|---|---|"
    ratio = f"Motion time of the learned planner over that of the baseline on the same problems: {told['motion_ratio']:.3f} (mean of ratios)."
    return "\n\n".join(
        ["## Against other planners, same problems, same timing", "\n".join([head, *rows]), ratio]
    )


def _curve(rows: Any) -> str:
    table = [
        f"| {t:.0f} | {step:.0f} | {cost:.3f} | {solved:.1%} |" for t, step, cost, solved in rows
    ]
    head = "| seconds | steps | mean cost of the best proposal [s] | held-out problems solved |\n|---|---|---|---|"
    return "\n".join(["## Learning curve\n", head, *table])
