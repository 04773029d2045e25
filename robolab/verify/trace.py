"""The nearest pair of bodies at sampled instants, for plots; whether it suffices, `clearance` says for all instants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.robots.model import RobotModel
from robolab.scene.spec import SceneSpec
from robolab.trajectory.trajectory import Dwell, Leg, Program
from robolab.verify.arm import Arm
from robolab.verify.clearance import Sweep
from robolab.verify.moving import MovingBody, moving_bodies, without_moving
from robolab.verify.pairs import Cell, Pair, distance, transform
from robolab.verify.reach import tree_of
from robolab.verify.story import follow

ACTIVE = 0.01
"""A clearance within this of what is required is nearly reached [m]."""
_POINTS, _LOOKS = 300, 7
_FIXED = 1e-3
"""A pair whose distance a leg changes by less than this is not the leg's doing [m]."""
_FOLDED = 4
"""Parts of the arm that fewer joints lie between are always about as far apart."""


@dataclass(frozen=True)
class Nearest:
    """The nearest pair over one leg: least in excess of the distance that it must keep.

    Attributes:
        time: Since the start of the program, shape (k,) [s]; nothing where no pair matters.
        distance, required: Shape (k,) [m].
        row: Which of `pairs` is nearest, shape (k,).
        pairs: Names of the two bodies: what moves, and what it is near to.
    """

    time: Array
    distance: Array
    required: Array
    row: np.ndarray
    pairs: tuple[tuple[str, str], ...]

    @property
    def active(self) -> np.ndarray:
        """Where the required distance is nearly reached, shape (k,), bool."""
        return self.distance - self.required <= ACTIVE


def nearest_trace(
    program: Program,
    scene: SceneSpec,
    robot: RobotModel,
    points: int = _POINTS,
    live: bool = False,
) -> tuple[Nearest, ...]:
    """Sample which pair of bodies is nearest, of robot, carried object and surroundings, leg by leg.

    Left out are pairs that may touch on the leg, pairs whose distance the leg does not change, and
    parts of the arm that are few joints apart: no planning has a say in those.

    Args:
        points: About how many samples, spread over the legs by their duration.
        live: What has a track is where it was at each instant, counted from the start of the program, and must not
            be touched; else it stands where the scene has it.
    Returns:
        One trace a leg, in order.
    """
    bodies = moving_bodies(scene) if live else ()
    scene = without_moving(scene) if live else scene
    arm = Arm(robot, scene.physics.gravity)
    cell = Cell(scene, arm, tree_of(arm))
    situations = iter(follow(program, scene, arm).situations)
    traces: list[Nearest] = []
    now = 0.0
    for item in program.items:
        if isinstance(item, Dwell):
            now += item.seconds
        elif isinstance(item, Leg):
            seconds = item.trajectory.duration
            count = max(_LOOKS, round(points * seconds / max(program.duration, 1e-9)))
            situation = next(situations)
            passing = _Passing(Sweep(situation, cell.movers(situation)), bodies, now)
            traces.append(_of_leg(cell, passing, count))
            now += seconds
    return tuple(traces)


@dataclass(frozen=True)
class _Passing:
    """One leg, which begins at `start` [s], and what moves by itself meanwhile."""

    sweep: Sweep
    bodies: tuple[MovingBody, ...]
    start: float

    def poses(self, times: Array) -> Array:
        """Poses of all movers and after them the bodies at times within the leg, (k, movers + bodies, 4, 4)."""
        arm = self.sweep.situation.arm
        movers = self.sweep.movers.poses(arm.joint_poses(self.sweep.state(times)[0]))
        placed = [body.poses(self.start + times)[:, None] for body in self.bodies]
        return np.concatenate([movers, *placed], axis=1)

    def pairs(self, robot: str) -> list[Pair]:
        """Every part that moves, with every body."""
        held, parts = self.sweep.situation.held, self.sweep.movers.parts
        own = () if held is None else (held.name,)
        return [
            Pair(
                "moving_clearance",
                (part.body if part.body in own else f"{robot}/{part.body}", body.name),
                first,
                len(parts) + k,
                None,
                (part.solid, body.solid),
                0.0,
            )
            for k, body in enumerate(self.bodies)
            for first, part in enumerate(parts)
            if part.joint > 0
        ]


def _of_leg(cell: Cell, passing: _Passing, count: int) -> Nearest:
    sweep = passing.sweep
    support = sweep.movers.support
    pairs = [
        pair
        for pair in cell.pairs(sweep.situation)
        if pair.check != "contact"
        and (pair.second is None or _apart(support, pair.first, pair.second) >= _FOLDED)
    ]
    pairs = _that_change(passing, pairs + passing.pairs(cell.name))
    time = np.linspace(0.0, sweep.duration, count)
    if not pairs:
        nothing = np.zeros(0)
        return Nearest(nothing, nothing, nothing, np.zeros(0, dtype=int), ())
    required = np.array([pair.required for pair in pairs])
    found, row = _nearest(passing, pairs, required, time)
    names = tuple(pair.names for pair in pairs)
    return Nearest(passing.start + time, found, required[row], row, names)


def _apart(support: np.ndarray, first: int, second: int) -> int:
    """How many joints lie between two movers."""
    return int(np.sum(support[first] ^ support[second]))


def _that_change(passing: _Passing, pairs: list[Pair]) -> list[Pair]:
    """The pairs whose distance the leg changes, and those that are nearly too near."""
    poses = passing.poses(np.linspace(0.0, passing.sweep.duration, _LOOKS))
    placed = [[transform(one) for one in X] for X in poses]
    looks = np.array([[_apart_by_hulls(pair, X) for pair in pairs] for X in placed])
    return [
        pair
        for pair, seen in zip(pairs, looks.T, strict=True)
        if np.ptp(seen) > _FIXED or np.min(seen) - pair.required <= ACTIVE
    ]


def _apart_by_hulls(pair: Pair, placed: list[object]) -> float:
    other = pair.still if pair.second is None else placed[pair.second]
    first, second = pair.solids
    return distance(first.hull, placed[pair.first], second.hull, other) - pair.shrunk


def _nearest(
    passing: _Passing, pairs: list[Pair], required: Array, times: Array
) -> tuple[Array, np.ndarray]:
    """Distance of the nearest pair and its row at each time, both of shape (k,)."""
    least, row = np.empty(times.size), np.empty(times.size, dtype=int)
    balls = _Balls(pairs)
    for k, X in enumerate(passing.poses(times)):
        placed = [transform(one) for one in X]
        bound = balls.apart(X) - required
        best = np.inf
        for index in np.argsort(bound, kind="stable"):
            if bound[index] >= best:
                break
            excess = _excess(pairs[index], placed, best)
            if excess < best:
                best, row[k] = excess, index
        least[k] = best + required[row[k]]
    return least, row


def _excess(pair: Pair, placed: list[object], best: float) -> float:
    """Distance beyond what is required; the hulls' where that already is no better than `best`."""
    found = _apart_by_hulls(pair, placed) - pair.required
    # Hulls only come nearer than what they enclose.
    if found < best and any(solid.exact is not solid.hull for solid in pair.solids):
        other = pair.still if pair.second is None else placed[pair.second]
        first, second = pair.solids
        found = distance(first.exact, placed[pair.first], second.exact, other)
        found -= pair.shrunk + pair.required
    return found


class _Balls:
    """Balls around the bodies of pairs: a lower bound of every distance at next to no cost."""

    def __init__(self, pairs: list[Pair]) -> None:
        self._first = np.array([pair.first for pair in pairs])
        self._second = np.array([-1 if pair.second is None else pair.second for pair in pairs])
        centres = np.array([[solid.centre for solid in pair.solids] for pair in pairs])
        self._centre = np.concatenate([centres, np.ones((len(pairs), 2, 1))], axis=2)
        self._radii = np.array([sum(solid.radius for solid in pair.solids) for pair in pairs])
        self._still = np.array([_still_centre(pair) for pair in pairs])

    def apart(self, X: Array) -> Array:
        """Lower bounds where all that moves is at X, (m, 4, 4); shape (pairs,) [m]."""
        a, b = (
            np.einsum("pij,pj->pi", X[index], self._centre[:, side])[:, :3]
            for side, index in enumerate((self._first, self._second))
        )
        b = np.where(self._second[:, None] < 0, self._still, b)
        return np.linalg.norm(a - b, axis=1) - self._radii


def _still_centre(pair: Pair) -> Array:
    """Centre in world of the second body where it stands still, shape (3,) [m]; zero where it moves."""
    if pair.second is not None:
        return np.zeros(3)
    return pair.still.getRotation() @ pair.solids[1].centre + pair.still.getTranslation()
