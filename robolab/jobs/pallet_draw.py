"""Drawing a case out of the pile by feel: where a neighbour pulls at it, it stops and goes back before that comes along."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.sim.pile import RATE
from robolab.tasks.pallet_case import ArmKind
from robolab.tasks.pallet_world import FREE, LOOK, Lift, Lifted, eased

_LEAST: dict[ArmKind, float] = {"ur10e": 0.25, "palletiser": 0.75}
_HEAVIER = 0.06
"""What a neighbour's pull may add up to before the arm stops [N s], and what a load adds to that [N s/kg]."""
_EXPECTED = 0.5
"""Share of that where a pull is expected."""
_LASTS = 4
"""Looks at the wrist over which it is added up; what is grazed in passing lets go before that."""
_ON_TOP, _FRICTION = 0.15, 0.7
"""Share of that which stops the arm within one look where it pulls downwards: what rubs at the load's sides pulls down by no more
than this times what it presses, what pulls more lies on the load and comes along."""
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


def lifted_off(lift: Lift, path: Array) -> tuple[Lifted, Array]:
    """Lead what is held off what it stands on; return what came of it, and the force of what leans on it, shape (3,) [N].

    What touches it only once it has risen is none that leans on it.
    """
    felt: list[Array] = []

    def notes(force: Array) -> bool:
        felt.append(force)
        return False

    lifted = lift.lead(path, notes)
    return lifted, felt[FREE] if len(felt) > FREE else np.zeros(3)


def limit_of(kind: ArmKind, weight: float, expected: bool = False) -> float:
    """Return what a neighbour's pull at a load [kg] may add up to before the arm stops, less where one is expected [N s]."""
    return (_LEAST[kind] + _HEAVIER * weight) * (_EXPECTED if expected else 1.0)


def draw(
    lift: Lift,
    path: Array,
    bears: float,
    limit: float,
    leans: Array,
    rng: np.random.Generator,
) -> Drawn:
    """Lead what hangs along a path; where something pulls at it, brake and lead it back to where it began.

    Args:
        path: Poses of the tool, one a step of the physics, shape (m, 4, 4).
        bears: Acceleration that its grip bears [m/s2].
        limit: What a pull may add up to, see `limit_of` [N s].
        leans: Force of what leaned on it at first, shape (3,) [N]; what still does now lets it slide.
    """
    lifted = lift.lead(path, _Wrist(limit, leans, rng).pulls)
    if not lifted.stopped:
        return Drawn(lifted)
    back = _back(path, lifted.steps - 1, bears)
    seconds = (lifted.steps + len(back)) / RATE
    return Drawn(lift.lead(back), seconds, snagged=True)


class _Wrist:
    """Adds up, look by look, what a wrist feels beyond what leans on a load; see `draw`."""

    def __init__(self, limit: float, leans: Array, rng: np.random.Generator) -> None:
        self._limit, self._leans, self._rng = limit, leans, rng
        self._felt: list[Array] = []

    def pulls(self, force: Array) -> bool:
        """Whether a neighbour comes along that pulls with a force, shape (3,) [N], since the last look."""
        if not self._felt:
            self._leans = _of_both(self._leans, force)
        noise = self._rng.normal(0.0, _NOISE * self._limit, 3)
        self._felt.append((force - self._leans) * LOOK + noise)
        # Nothing that leans on it at first pulls so: what does has lain on it from the first.
        lies_on = _beyond_rubbing(force * LOOK + noise) > _ON_TOP * self._limit
        return lies_on or bool(np.linalg.norm(sum(self._felt[-_LASTS:])) > self._limit)


def _beyond_rubbing(pull: Array) -> float:
    """How much of a pull goes downwards beyond what friction at upright sides can, in the pull's unit."""
    return float(-pull[2] - _FRICTION * np.linalg.norm(pull[:2]))


def _of_both(a: Array, b: Array) -> Array:
    """What two forces have in common in each direction."""
    return np.where(a * b > 0.0, np.sign(a) * np.minimum(np.abs(a), np.abs(b)), 0.0)


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
