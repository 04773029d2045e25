"""The pictures of a report: the tool's way over the photograph, the cycle as a strip, plots of joints."""

from __future__ import annotations

from html import escape
from itertools import pairwise

import numpy as np

from robolab.core.transforms import Array, apply, inverse, look_at
from robolab.jobs.result import RunResult
from robolab.jobs.series import Series
from robolab.jobs.svg import Curve, Plot, draw, number, path_data, ticks
from robolab.scene.spec import CameraView
from robolab.sim.camera import Intrinsics

_WIDE = (1130.0, 190.0)
_SMALL = (270.0, 105.0)
JOINT_HEADINGS = ("position [rad]", "velocity [rad/s]", "acceleration [rad/s²]", "torque [N m]")


def png_size(picture: bytes) -> tuple[int, int]:
    """Width and height of a PNG [px], from its header."""
    return int.from_bytes(picture[16:20], "big"), int.from_bytes(picture[20:24], "big")


def project(view: CameraView, points: Array, size: tuple[int, int]) -> Array:
    """Project points in world, shape (k, 3) [m], into a picture taken from a view, shape (k, 2) [px].

    Points behind the eye become NaN.
    """
    lens = Intrinsics.of_fov(*size, view.fov_deg)
    local = apply(inverse(look_at(view.eye, view.target)), points)
    local[local[:, 2] < 1e-6] = np.nan
    return lens.project(local)


def way(view: CameraView, series: Series, size: tuple[int, int]) -> str:
    """Return the tool's way as an SVG to lay over a picture of the scene."""
    width, height = size
    pixels = project(view, series.tcp, size)
    breaks = [0, *(np.flatnonzero(np.diff(series.carrying)) + 1), len(pixels)]
    paths: list[str] = []
    for start, end in pairwise(breaks):
        part = pixels[start : min(end + 1, len(pixels))]
        part = part[np.isfinite(part).all(axis=1)]
        if len(part) > 1:
            kind = "way held" if series.carrying[start] else "way"
            paths.append(f'<path class="{kind}" d="{path_data(part)}"/>')
    return f'<svg viewBox="0 0 {width} {height}" aria-hidden="true">{"".join(paths)}</svg>'


def strip(result: RunResult, series: Series, planners: list[str]) -> str:
    """Return the cycle as a strip: legs coloured by planner, outputs as marks."""
    width, height = 1130.0, 62.0
    scale = width / max(result.program.duration, 1e-9)
    parts: list[str] = []
    for i, (leg, (start, end)) in enumerate(zip(result.program.legs, series.legs, strict=True)):
        colour = planners.index(leg.planner) % 6
        x, w = start * scale, (end - start) * scale
        tip = f"{i + 1} {leg.name}: {leg.planner}, {end - start:.3f} s"
        parts.append(
            f'<rect class="leg planner-{colour}" x="{x:.1f}" y="16" width="{w:.1f}" height="26" rx="2">'
            f"<title>{escape(tip)}</title></rect>"
        )
        if w > 14.0:
            parts.append(f'<text class="middle" x="{x + w / 2:.1f}" y="11">{i + 1}</text>')
    for time, name, value, thing in series.outputs:
        tip = f"{name} {'on' if value else 'off'}{': ' + thing if thing else ''}"
        parts.append(
            f'<g class="mark"><title>{escape(tip)}</title><path d="M{time * scale:.1f} 13v32"/></g>'
        )
    for value in ticks(0.0, max(result.program.duration, 1e-9), 12):
        parts.append(
            f'<text class="middle" x="{value * scale:.1f}" y="58">{number(value)} s</text>'
        )
    return f'<svg viewBox="0 0 {width:g} {height:g}" role="img">{"".join(parts)}</svg>'


def joint_plots(result: RunResult, series: Series) -> list[tuple[str, list[str]]]:
    """Return a row of plots for each joint: position, velocity, acceleration and torque against limits."""
    limits = result.robot.limits
    bounds = (
        (limits.lower, limits.upper),
        (-limits.velocity, limits.velocity),
        (-limits.acceleration, limits.acceleration),
        (-limits.torque, limits.torque),
    )
    planned = (series.position, series.velocity, series.acceleration, series.torque)
    seams = tuple(float(t) for t in series.legs[:, 0])
    rows: list[tuple[str, list[str]]] = []
    for j, name in enumerate(result.robot.joints):
        plots: list[str] = []
        for k, heading in enumerate(JOINT_HEADINGS):
            curves = [*_measured(result, k, j), Curve(series.time, planned[k][:, j])]
            low, high = float(bounds[k][0][j]), float(bounds[k][1][j])
            title = f"{name}: {heading}"
            plots.append(draw(Plot(curves, (low, high), title=title, size=_SMALL, seams=seams)))
        rows.append((name, plots))
    return rows


def _measured(result: RunResult, quantity: int, joint: int) -> list[Curve]:
    """What the physics showed of one quantity, where it shows it."""
    log = result.tracking
    if log is None:
        return []
    seen = {0: log.q, 1: log.qd, 3: log.torque}.get(quantity)
    return [] if seen is None else [Curve(log.time, seen[:, joint], "second")]


def wide(title: str, x: Array, y: Array, limit: float | None, series: Series) -> str:
    """Return a plot across the page over the cycle time, from zero up."""
    marks = [(t, f"{name} {'on' if v else 'off'} {thing}") for t, name, v, thing in series.outputs]
    seams = tuple(float(t) for t in series.legs[:, 0])
    limits = () if limit is None else (limit,)
    return draw(
        Plot([Curve(x, y)], limits, marks, title=title, x_unit=" s", size=_WIDE, seams=seams)
    )
