"""Swept clearance: robot and carried object to the surroundings and to each other, over all time.

Between two moments the distance of two bodies changes by at most their relative speed's bound
times the time (see `reach`). A stretch of time whose distance in the middle, less that, stays above
both what is required and the least distance found so far (to within a tolerance) is done with;
any other is halved, down to stretches in which nothing can move by more than `RESOLUTION`.
So the verdict holds for the continuum to that resolution, and the least distance reported is
the true one to 2 % (25 % within the robot and where touching is allowed). Meshes are first taken as their convex hulls, which only come nearer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np

from robolab.core.transforms import Array
from robolab.verify.checks import CHECKS, Case
from robolab.verify.motion import derivative, horner, magnitude_bound
from robolab.verify.pairs import Cell, Pair, distance, transform
from robolab.verify.reach import Movers, tree_of
from robolab.verify.report import BEYOND_ALL_SHARES, Finding
from robolab.verify.story import Situation

RESOLUTION = 5e-5
"""Stretches in which bodies come nearer by less than this are not halved again [m]."""
_TOLERANCE = {"clearance": 0.02, "carried_clearance": 0.02}
_COARSE = 0.25
"""To what share of itself the least distance is found; coarser where only its sign matters."""
_FIRST_STRETCH = 0.1
_LEAST_SHARE = 1e-3


@dataclass
class _Least:
    """The least distance found so far for one check: in excess of what is required, and where."""

    excess: float
    pair: Pair
    time: float

    @property
    def floor(self) -> float:
        """Excess below which a stretch may not be dropped."""
        distance = self.excess + self.pair.required
        share = _TOLERANCE.get(self.pair.check, _COARSE)
        slack = max(2.0 * RESOLUTION, share * abs(distance))
        return self.excess - slack if self.excess < 0.0 else max(0.0, self.excess - slack)


class _Moments:
    """Placements and speed bounds in the middles of stretches of time of one length."""

    def __init__(self, sweep: Sweep, times: Array, half: float) -> None:
        self.times, self._half = times, half
        arm, movers = sweep.situation.arm, sweep.movers
        q, qd = sweep.state(times)
        joints = arm.joint_poses(q)
        self._poses = movers.poses(joints)
        rates = np.abs(qd @ arm.weights.T) + half * sweep.accelerations
        self._speeds = movers.speeds(joints, self._poses, rates, half)
        self._total = self._speeds.sum(axis=2)
        self._support = movers.support
        self._placed: dict[tuple[int, int], Any] = {}

    def nearing(self, k: int, pair: Pair) -> float:
        """By how much the pair's distance can fall within stretch k [m]."""
        if pair.second is None:
            return self._half * float(self._total[k, pair.first])
        a, b = pair.first, pair.second
        only_a = self._speeds[k, a][~self._support[b]].sum()
        only_b = self._speeds[k, b][~self._support[a]].sum()
        return self._half * float(only_a + only_b)

    def distance(self, k: int, pair: Pair, exact: bool) -> float:
        """Distance of the pair, or of its hulls, in the middle of stretch k [m]."""
        first, second = pair.solids
        X_first = self._place(k, pair.first)
        X_second = pair.still if pair.second is None else self._place(k, pair.second)
        if exact:
            found = distance(first.exact, X_first, second.exact, X_second)
        else:
            found = distance(first.hull, X_first, second.hull, X_second)
        return found - pair.shrunk

    def _place(self, k: int, part: int) -> Any:
        if (k, part) not in self._placed:
            self._placed[k, part] = transform(self._poses[k, part])
        return self._placed[k, part]


class Sweep:
    """One leg's motion through its surroundings."""

    def __init__(self, situation: Situation, movers: Movers) -> None:
        self.situation, self.movers = situation, movers
        curve = situation.leg.trajectory.curve
        self._breaks = curve.breaks - curve.breaks[0]
        self._curves = [derivative(curve.coefficients, order) for order in (0, 1)]
        self.duration = float(self._breaks[-1])
        self.accelerations = magnitude_bound(curve, 2) @ np.abs(situation.arm.weights).T

    def state(self, times: Array) -> tuple[Array, Array]:
        """Joint positions and velocities at s times, each of shape (s, n)."""
        last = self._breaks.size - 2
        piece = np.clip(np.searchsorted(self._breaks, times, side="right") - 1, 0, last)
        local = times - self._breaks[piece]
        q, qd = (horner(coefficients, piece, local) for coefficients in self._curves)
        return q, qd

    def least(self, pairs: list[Pair]) -> dict[str, _Least]:
        """Find the least distance, by check, over the whole leg."""
        found: dict[str, _Least] = {}
        ends = _Moments(self, np.array([0.0, self.duration]), 0.0)
        for k in range(2):
            self._look(ends, k, pairs, found)
        count = max(1, ceil(self.duration / _FIRST_STRETCH))
        half = self.duration / count / 2.0
        times: Array = half * np.arange(1.0, 2.0 * count, 2.0)
        candidates = [pairs] * count
        while times.size:
            moments = _Moments(self, times, half)
            unsettled = [self._look(moments, k, todo, found) for k, todo in enumerate(candidates)]
            half /= 2.0
            times = np.array(
                [
                    t + side
                    for t, rest in zip(times, unsettled, strict=True)
                    if rest
                    for side in (-half, half)
                ]
            )
            candidates = [rest for rest in unsettled if rest for _ in range(2)]
        return found

    def _look(
        self, moments: _Moments, k: int, pairs: list[Pair], found: dict[str, _Least]
    ) -> list[Pair]:
        """Take distances in the middle of stretch k; return the pairs that it does not settle."""
        unsettled: list[Pair] = []
        for pair in pairs:
            nearing, best = moments.nearing(k, pair), found.get(pair.check)
            excess = moments.distance(k, pair, exact=False) - pair.required
            if best is not None and excess - nearing >= best.floor:
                continue
            if any(solid.exact is not solid.hull for solid in pair.solids):
                excess = moments.distance(k, pair, exact=True) - pair.required
            if best is None or excess < best.excess:
                best = found[pair.check] = _Least(excess, pair, float(moments.times[k]))
            if excess - nearing < best.floor and nearing > RESOLUTION:
                unsettled.append(pair)
        return unsettled


@CHECKS.register("clearance")
def clearance(case: Case) -> Iterator[Finding]:
    """Yield least distances by leg: clearance, carried_clearance, self_clearance and contact."""
    cell = Cell(case.scene, case.arm, tree_of(case.arm))
    for situation in case.situations:
        sweep = Sweep(situation, cell.movers(situation))
        for check, least in sorted(sweep.least(cell.pairs(situation)).items()):
            yield _finding(check, situation, least)


def _finding(check: str, situation: Situation, least: _Least) -> Finding:
    required = least.pair.required
    value = least.excess + required
    ok = least.excess >= 0.0 and (value > 0.0 or required < 0.0)
    return Finding(
        check=check,
        share=_share(value, required, ok),
        value=value,
        limit=required,
        margin=least.excess,
        ok=ok,
        unit="m",
        leg=situation.leg.name,
        index=situation.index,
        where=least.pair.names,
        time=least.time,
        detail="" if ok else _words(check, value, required),
    )


def _share(value: float, required: float, ok: bool) -> float:
    """Share used: required over found distance; of the allowed depth where bodies may touch."""
    if required < 0.0:
        return max(0.0, value / required)
    if required == 0.0:
        return 0.0 if ok else BEYOND_ALL_SHARES
    return required / max(value, _LEAST_SHARE * required)


def _words(check: str, value: float, required: float) -> str:
    if check == "contact":
        return f"overlap by more than the {-required * 1e3:.1f} mm that touching is allowed"
    if value <= 0.0:
        return "collide"
    return f"come within {value * 1e3:.2f} mm, {required * 1e3:.2f} mm required"
