"""How good a grip is: share held, force over the least that would have held, fragile objects overloaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from robolab.core.rng import stream
from robolab.sim.pinch import Pinch
from robolab.tasks.lift import LiftResult, Trial, least_force
from robolab.tasks.lift_case import LiftCase, draw_case
from robolab.touch.grip import GraspForcePredictor, GripPolicy
from robolab.touch.known import Known

_TOLD = 0.5
"""Share of the fragile objects whose limit the grip is told."""


class Score(NamedTuple):
    """Shares and ratios over many lifts; force counts from the lift on and of those held."""

    lifts: int
    held: float
    ratio: float
    ratio_90: float
    fragile: int
    overloaded: float
    refused: float


@dataclass(frozen=True)
class Judged:
    """A case with the least constant force that holds it [N]; `number` is what it was drawn by."""

    number: int
    case: LiftCase
    least: float


def judged(
    pinch: Pinch, seed: int, count: int, items: range, first: int = 0
) -> Iterator[Judged | None]:
    """Yield cases, and None for each that the gripper's greatest force cannot hold, until there are enough."""
    found, number = 0, first
    while found < count:
        case = draw_case(seed, number, items, pinch.dt)
        least = least_force(pinch, case)
        found += least is not None
        yield None if least is None else Judged(number, case, least)
        number += 1


def told_limit(one: Judged, seed: int) -> float | None:
    """Return the limit that `by_predictor` tells the grip [N]: none, or that of every other fragile object."""
    return _told(one, stream(seed, "score", one.number))


def _told(one: Judged, rng: np.random.Generator) -> float | None:
    return one.case.limit if rng.uniform() < _TOLD else None


def by_predictor(policy: GripPolicy, seed: int) -> Callable[[Pinch, Judged], LiftResult]:
    """Lift with the trained grip; of every other fragile object it is told the limit."""

    def lift(pinch: Pinch, one: Judged) -> LiftResult:
        rng = stream(seed, "score", one.number)
        known = Known(limit=_told(one, rng))
        return Trial(pinch, one.case, rng).run(GraspForcePredictor(policy, known))

    return lift


def by_cone(safety: float) -> Callable[[Pinch, Judged], LiftResult]:
    """Lift with what the friction cone says of the true mass and friction for what is planned next, times a factor."""

    def lift(pinch: Pinch, one: Judged) -> LiftResult:
        body = one.case.body
        per_load = safety * body.mass / (2.0 * body.friction)
        trial = Trial(pinch, one.case, np.random.default_rng(0))
        return trial.follow(lambda soon: per_load * soon)

    return lift


def score(cases: Sequence[Judged], results: Sequence[LiftResult]) -> Score:
    """Sum up."""
    held = [result.held for result in results]
    pairs = zip(cases, results, strict=True)
    ratios = [result.force / one.least for one, result in pairs if result.held] or [float("nan")]
    fragile = [
        r.overloaded for c, r in zip(cases, results, strict=True) if c.case.limit is not None
    ]
    return Score(
        lifts=len(held),
        held=float(np.mean(held)),
        ratio=float(np.mean(ratios)),
        ratio_90=float(np.quantile(ratios, 0.9)),
        fragile=len(fragile),
        overloaded=float(np.mean(fragile)) if fragile else 0.0,
        refused=float(np.mean([bool(result.fault) for result in results])),
    )
