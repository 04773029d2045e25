"""Drawing a case out of the pile by feel: where a neighbour pulls at it, it stops and goes back before that comes along."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.sim.pile import RATE
from robolab.tasks.pallet_case import ArmKind
from robolab.tasks.pallet_world import LOOK, Lift, Lifted, eased

_LEAST: dict[ArmKind, float] = {"ur10e": 0.25, "palletiser": 0.75}
_HEAVIER = 0.06
"""What a neighbour's pull may add up to before the arm stops [N s], and what a load adds to that [N s/kg]."""
_LASTS = 4
"""Looks at the wrist over which it is added up; what is grazed in passing lets go before that."""
_NOISE = 0.03
"""Standard deviation of one look for each direction, as a share of that."""
_BRAKE = 8.0
"""What the arm brakes with, if the grip bears it [m/s2]."""
_UPWARDS = 0.8
"""Share of a motion that must be upwards for it to be one."""
_BACK = 0.5
"""Mean speed of the way back [m/s]."""
_PEAK = 10.0 / np.sqrt(3.0)
"""Greatest acceleration of a quintic from rest to rest over a way of 1 in a time of 1."""


@dataclass(frozen=True)
class Drawn:
    """What came of drawing: the lift's state at the end, the time of the way back and before [s], and whether the arm went back."""

    lifted: Lifted
    seconds: float = 0.0
    snagged: bool = False


def draw(
    lift: Lift,
    path: Array,
    weight: float,
    bears: float,
    kind: ArmKind,
    rng: np.random.Generator,
) -> Drawn:
    """Lead what hangs along a path; where something pulls at it, brake and lead it back to where it began.

    Args:
        path: Poses of the tool, one a step of the physics, shape (m, 4, 4).
        weight: Of what hangs [kg]. bears: Acceleration that its grip bears [m/s2].
    """
    most = _LEAST[kind] + _HEAVIER * weight
    felt: list[Array] = []

    def pulls(force: Array) -> bool:
        felt.append(force * LOOK + rng.normal(0.0, _NOISE * most, 3))
        # What leans on it from the start and lets it slide is none that comes along.
        lately = felt[1:][-_LASTS:]
        return bool(np.linalg.norm(sum(lately) - len(lately) * felt[0]) > most)

    lifted = lift.lead(path, pulls)
    if not lifted.stopped:
        return Drawn(lifted)
    back = _back(path, lifted.steps - 1, bears)
    seconds = (lifted.steps + len(back)) / RATE
    return Drawn(lift.lead(back), seconds, snagged=True)


def _back(path: Array, k: int, bears: float) -> Array:
    """Poses from the one of a path that a tool passes at full speed: it brakes along the path and goes back on it."""
    steps = np.diff(path[:, :3, 3], axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    way = np.r_[0.0, np.cumsum(lengths)]
    speed = float(lengths[k - 1]) * RATE
    # On the way up the weight itself brakes what hangs.
    upwards = steps[k - 1, 2] > _UPWARDS * lengths[k - 1]
    brake = _BRAKE if upwards else min(bears, _BRAKE)
    time = np.minimum(np.arange(1, speed / brake * RATE + 2.0) / RATE, speed / brake)
    braked = np.minimum(way[k] + time * (speed - 0.5 * brake * time), way[-1])
    most = float(braked[-1])
    seconds = max(most / _BACK, np.sqrt(_PEAK * most / min(bears, _BRAKE)))
    share = np.linspace(0.0, 1.0, int(np.ceil(seconds * RATE)) + 1)
    return _along(path, way, np.r_[braked, most * eased(1.0 - share)])


def _along(path: Array, way: Array, gone: Array) -> Array:
    """Poses of a path after lengths of its way [m]; the turn is that of the nearest."""
    at = np.interp(gone, way, np.arange(len(way)))
    poses: Array = path[np.rint(at).astype(int)]
    for axis in range(3):
        poses[:, axis, 3] = np.interp(at, np.arange(len(path)), path[:, axis, 3])
    return poses
