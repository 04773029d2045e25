"""What shaped a program: which limit and which obstacle was active, leg by leg, over time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.timing_usage import KINDS, limit_usage
from robolab.trajectory.trajectory import Dwell, Leg, Program
from robolab.verify.trace import ACTIVE, Nearest, nearest_trace

BUSY = 0.9
"""A limit counts as used where more than this share of it is."""
TOOL = "tool"
_STEP = 4e-3


@dataclass(frozen=True)
class Span:
    """A stretch of time in which one limit or one pair of bodies is the nearest to being broken.

    Attributes:
        start, end: Since the start of the program [s].
        what: A kind of limit (`KINDS`), or the name of what is near.
        who: The joint or "tool", or the body that is near to it.
        value: Greatest share of the limit, or least distance [m].
        active: Whether more than `BUSY` of the limit, or all but `ACTIVE` of the distance, is used in it.
    """

    start: float
    end: float
    what: str
    who: str
    value: float
    active: bool


@dataclass(frozen=True)
class LegExplained:
    """What held one leg back, and what it passed.

    Attributes:
        time, share: Instants since the start of the program [s] and the greatest share of a limit, shape (k,).
        limits, near: In the order of time.
        nearest: The trace that `near` sums up.
    """

    leg: Leg
    time: Array
    share: Array
    limits: tuple[Span, ...]
    near: tuple[Span, ...]
    nearest: Nearest

    @property
    def busy(self) -> float:
        """Share of the leg's time in which more than `BUSY` of some limit is used."""
        return float(np.mean(self.share > BUSY))


@dataclass(frozen=True)
class Explained:
    """All legs of a program, in order."""

    legs: tuple[LegExplained, ...]

    @property
    def busy(self) -> float:
        """Share of the moving time in which more than `BUSY` of some limit is used."""
        seconds = np.array([leg.leg.trajectory.duration for leg in self.legs])
        return float(seconds @ [leg.busy for leg in self.legs] / max(seconds.sum(), 1e-9))


def explain(program: Program, scene: SceneSpec, robot: RobotModel, live: bool = False) -> Explained:
    """Find out what shaped each leg of a program: limits every 4 ms at least, distances at some 300 instants.

    Args:
        live: What has a track is where it was at each instant, not where it began.
    """
    traces = iter(nearest_trace(program, scene, robot, live=live))
    legs: list[LegExplained] = []
    now = 0.0
    for item in program.items:
        if isinstance(item, Dwell):
            now += item.seconds
        elif isinstance(item, Leg):
            legs.append(_leg(robot, item, now, next(traces)))
            now += item.trajectory.duration
    return Explained(tuple(legs))


def _leg(robot: RobotModel, leg: Leg, start: float, nearest: Nearest) -> LegExplained:
    usage = limit_usage(robot, leg.trajectory, leg.payload, leg.requirements, step=_STEP)
    most, time = usage.most_used, start + usage.time
    who = (*robot.joints, TOOL)
    limits = _spans(
        time,
        most.kind * len(who) + most.joint % len(who),
        lambda key, where: Span(
            *_ends(time, where),
            KINDS[key // len(who)],
            who[key % len(who)],
            float(most.share[where].max()),
            bool(most.share[where].max() > BUSY),
        ),
    )
    return LegExplained(leg, time, most.share, limits, _near(nearest), nearest)


def _near(nearest: Nearest) -> tuple[Span, ...]:
    return _spans(
        nearest.time,
        2 * nearest.row + nearest.active,
        lambda key, where: Span(
            *_ends(nearest.time, where),
            nearest.pairs[key // 2][1],
            nearest.pairs[key // 2][0],
            float(nearest.distance[where].min()),
            bool(key % 2),
        ),
    )


def _spans(time: Array, key: np.ndarray, span: Callable[[int, slice], Span]) -> tuple[Span, ...]:
    """One span for each run of equal keys, both of shape (k,)."""
    if not time.size:
        return ()
    edges = [0, *(np.flatnonzero(np.diff(key)) + 1).tolist(), time.size]
    return tuple(span(int(key[a]), slice(a, b)) for a, b in pairwise(edges))


def _ends(time: Array, where: slice) -> tuple[float, float]:
    """Where a run of samples begins and ends: half way to those beside it, or at the leg's ends."""
    a, b = where.start, where.stop
    start = time[0] if a == 0 else (time[a - 1] + time[a]) / 2.0
    end = time[-1] if b == time.size else (time[b - 1] + time[b]) / 2.0
    return float(start), float(end)


def explained_json(explained: Explained) -> dict[str, Any]:
    """Return the part of the report that stands for the whole program."""
    return {
        "limit_used_above": BUSY,
        "share_of_time_above": round(explained.busy, 4),
        "near_within_m": ACTIVE,
    }


def leg_json(leg: LegExplained) -> dict[str, Any]:
    """Return what shaped one leg as plain types; times count from the start of the program."""
    return {
        "share_of_time_above": round(leg.busy, 4),
        "limits": [_span_json(span, "limit", "of", "greatest_share") for span in leg.limits],
        "near": [_span_json(span, "obstacle", "body", "least_distance_m") for span in leg.near],
    }


def _span_json(span: Span, what: str, who: str, value: str) -> dict[str, Any]:
    return {
        "start_s": round(span.start, 4),
        "end_s": round(span.end, 4),
        what: span.what,
        who: span.who,
        value: round(span.value, 5),
        "active": span.active,
    }
