"""Draw a log's estimated load against time, with its intervals of 90 %, as an SVG that stands alone.

python scripts/bench/plot_load.py --model MODEL --log FILE --mass 2.805 --out docs/images/load_estimate.svg
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from robolab.core.files import write_text
from robolab.core.transforms import Array
from robolab.estimation.log import read_joint_log
from robolab.estimation.model import load_model
from robolab.estimation.windows import estimate_log
from robolab.jobs.load import robot_of

WIDTH, HEIGHT = 720, 300
LEFT, TOP, RIGHT, BOTTOM = 56, 16, 16, 48
MOST = 6.0
"""Heaviest mass on the axis [kg]."""
WINDOW = 0.25


def place(time: Array | float, mass: Array | float, end: float) -> tuple[Array, Array]:
    x = LEFT + np.asarray(time) / end * (WIDTH - LEFT - RIGHT)
    y = HEIGHT - BOTTOM - np.clip(mass, 0.0, MOST) / MOST * (HEIGHT - TOP - BOTTOM)
    return x, y


def points(x: Array, y: Array) -> str:
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))


def grid(end: float) -> list[str]:
    parts: list[str] = []
    for mass in range(int(MOST) + 1):
        (x,), (y,) = (np.atleast_1d(v) for v in place(0.0, float(mass), end))
        parts.append(
            f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#e4e4e4"/>'
        )
        parts.append(f'<text x="{x - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{mass}</text>')
    for time in range(0, int(end) + 1, 5):
        (x,), (y,) = (np.atleast_1d(v) for v in place(float(time), 0.0, end))
        parts.append(f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">{time}</text>')
    parts.append(
        f'<text x="{(LEFT + WIDTH) / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">time [s]</text>'
    )
    parts.append(
        f'<text x="{LEFT}" y="12">load [kg], shaded: interval of 90 %, dashed: true</text>'
    )
    return parts


def drawn(time: Array, mass: Array, std: Array, truth: float) -> str:
    end = float(time[-1])
    x, low = place(time, mass - 1.645 * std, end)
    high, middle = place(time, mass + 1.645 * std, end)[1], place(time, mass, end)[1]
    band = points(np.concatenate([x, x[::-1]]), np.concatenate([high, low[::-1]]))
    true = place(np.array([0.0, end]), np.array([truth, truth]), end)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12" fill="#333">'
    parts = [
        head,
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        *grid(end),
        f'<polygon points="{band}" fill="#1f6feb" fill-opacity="0.2"/>',
        f'<polyline points="{points(x, middle)}" fill="none" stroke="#1f6feb" stroke-width="2"/>',
        f'<polyline points="{points(*true)}" fill="none" stroke="#d1622b" stroke-dasharray="5 4"/>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw a log's estimated load against time.")
    parser.add_argument("--robot", default="ur10e")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--mass", type=float, required=True, help="true mass [kg]")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    robot = robot_of(asked.robot)
    log = read_joint_log(asked.log, robot)
    windows = estimate_log(load_model(asked.model, robot), robot, log, WINDOW).windows
    time = np.array([w.time for w in windows]) - float(log.time[0])
    mass, std = np.array([w.mass for w in windows]), np.array([w.mass_std for w in windows])
    write_text(asked.out, drawn(time, mass, std, asked.mass))


if __name__ == "__main__":
    main()
