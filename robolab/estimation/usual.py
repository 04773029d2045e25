"""What residuals are usually like: thresholds of alarms, from runs without a load and models that have not seen them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from robolab.core.transforms import Array
from robolab.estimation.drift import WINDOW, FrictionChange, FrictionWatch, usual_at
from robolab.estimation.drive import current_of
from robolab.estimation.jump import TRIAL_LOAD, drawn_on, jump_of, sliding, spread_of, threshold
from robolab.estimation.log import JointLog
from robolab.estimation.model import Health
from robolab.estimation.payload_step import Arm
from robolab.estimation.residual import EVERY, Glimpse, glimpses, left_of

PER_HOUR = 1.0
"""False alarms an hour of motion, of each kind."""
_LEAST = 3.0
"""No threshold is lower, however quiet a few seconds of log were [deviates]."""
_FEW = 5
LEAST_SHARE = 0.02
"""Changes of a smaller share of a joint's Coulomb friction are usual, even if a few runs show none."""


def usual_health(arms: Sequence[Arm], logs: Sequence[JointLog]) -> Health:
    """Learn thresholds.

    Args:
        arms: For each log, the arm as it was identified without it.
        logs: Without a load.
    """
    seen = [glimpses(arm, log) for arm, log in zip(arms, logs, strict=True)]
    spread = spread_of(arms, seen)
    spread = np.where(np.isfinite(spread), spread, arms[0].white)
    sure, load = np.zeros((4, 4)), TRIAL_LOAD
    unusual: list[Array] = []
    lost: list[Array] = []
    for arm, each in zip(arms, seen, strict=True):
        if len(each.time) < 2 * _FEW:
            continue
        jump = jump_of(arm, sliding(each), np.zeros(4), sure, spread)
        moves = jump.counted.any(-1)
        unusual.append(jump.unusual()[moves])
        gone = jump_of(arm, sliding(carried(arm, each, load)), load, sure, spread).lost()[0][moves]
        lost += [gone, -gone]  # a load's weight pulls either way
    changes = [change for arm, each in zip(arms, seen, strict=True) for change in _drift(arm, each)]
    friction, drift = _friction(changes, arms[0].drives.friction[:, 0])
    return Health(
        spread=tuple(spread.tolist()),
        unusual=max(_LEAST, threshold(unusual, EVERY, PER_HOUR)),
        lost=max(_LEAST, threshold(lost, EVERY, PER_HOUR)),
        friction=tuple((row[0], row[1], row[2]) for row in friction.tolist()),
        drift=max(_LEAST, drift),
        per_hour=PER_HOUR,
        seconds=EVERY * sum(len(run) for run in unusual),
    )


def carried(arm: Arm, seen: Glimpse, load: Array) -> Glimpse:
    """Return what would have been seen with a load, shape (4,) or (k, 4), by the model's own account of it."""
    torque = (seen.load * np.asarray(load)[..., None, :]).sum(-1)
    more = current_of(arm.drives, seen.torque + torque, seen.qd, seen.qdd)[0]
    less = current_of(arm.drives, seen.torque, seen.qd, seen.qdd)[0]
    return seen._replace(current=seen.current + more - less)


def _drift(arm: Arm, seen: Glimpse) -> list[FrictionChange]:
    left, watch = left_of(arm, seen, np.zeros(4)).residual, FrictionWatch(len(arm.white))
    rows = zip(seen.time, left, seen.qd, seen.moving, strict=True)
    return [change for row in rows for change in watch.add(*row)]


def _friction(changes: Sequence[FrictionChange], known: Array) -> tuple[Array, float]:
    """Second moments of friction's changes by joint, shape (n, 3), and how many deviates no window in an hour shows."""
    usual = np.zeros((len(known), 3))
    for j in range(len(known)):
        own = np.array([change.parts for change in changes if change.joint == j])
        if len(own) >= _FEW:
            usual[j] = np.mean([own[:, 0] ** 2, own[:, 0] * own[:, 1], own[:, 1] ** 2], axis=1)
    usual[:, 0] += (LEAST_SHARE * known) ** 2
    # In an hour of motion every joint fills as many windows.
    every = WINDOW / len(known)
    deviates = np.array([abs(c.change) / usual_at(usual[c.joint], c.speed) for c in changes])
    return usual, drawn_on(deviates, every, PER_HOUR) if len(deviates) >= _FEW else 2.0 * _LEAST
