"""One pallet emptied: look, choose, approach, seal, lift test, carry, set down; and what is done when that fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from robolab.core.rng import stream
from robolab.core.transforms import Array, inverse
from robolab.jobs.pallet_cell import LIFT_SPEED, PalletCell, true_boxes
from robolab.jobs.pallet_motion import Carried, approach, carry, touches
from robolab.planning.pallet_moves import Move
from robolab.sim.pile import RATE
from robolab.tasks.pallet_case import Case, Pallet
from robolab.tasks.pallet_choice import Option, options_of
from robolab.tasks.pallet_faces import SeenFace, View, upper_face
from robolab.tasks.pallet_grip import SEALING, Seal, bearable, capacity, offset, seal, strain
from robolab.tasks.pallet_policy import PickPolicy
from robolab.tasks.pallet_world import LIFT, LIFT_TIME, Lift, PalletWorld, lift_path, numbered

TRIES = 3
"""Different ways that are tried before a person is asked."""
_LOOKS = 3
"""Looks in a row without anything to take, before a person is asked."""
_SAME = 0.05
"""A face nearer than this to one that was tried is that one again [m]."""
_LOOK_AGAIN, _PATIENCE = 0.5, 60.0
"""Time between two looks at nothing, and that the arm waits for the belt [s]."""
_PLANS = 10
"""Ways that are planned at most after one look."""
_RELEASING = 3.0
"""Time constants of the valve that letting go takes."""
_WEIGHING, _CURTAIN = 0.03, 0.002
"""Standard deviations of the lift test, of the weight, and of the light curtain at the belt [m]."""
_DENSEST = 480.0
"""Weight that fits a size [kg/m3]; more has something on it or with it."""
_FASTEST = 12.0
"""Acceleration of the tool that is ever asked for with a load [m/s2]."""
_CLEAR = 0.03
_NO_WAY = "no way there"
"""A way that was ruled out by planning alone: no mishap."""


class See(Protocol):
    """Finds faces of the cases that stand; numbers of the cases are the pallet's."""

    def __call__(self, cases: Sequence[Case], look: int) -> View: ...


@dataclass
class Tally:
    """What happened on one pallet.

    Attributes:
        seconds: Simulated time. shortest_carry: Of a case to the belt [m].
        causes: What went wrong, by name, and how often.
        looking: Time of each look [s].
        stopped: Why the arm stopped before the end, if it did.
    """

    cases: int
    moved: int = 0
    drops: int = 0
    collisions: int = 0
    interventions: int = 0
    double_picks: int = 0
    seconds: float = 0.0
    shortest_carry: float = float("inf")
    causes: Counter[str] = field(default_factory=Counter[str])
    looking: list[float] = field(default_factory=list[float])
    stopped: str = ""


class Episode:
    """Empties one pallet; see `run`."""

    def __init__(
        self,
        cell: PalletCell,
        pallet: Pallet,
        policy: PickPolicy,
        see: See,
        watch: Callable[[Option, bool, float], None] = lambda option, well, seconds: None,
        belt_free: Callable[[float], bool] = lambda time: True,
    ) -> None:
        self.cell, self.pallet, self._policy, self._see, self._watch = (
            cell,
            pallet,
            policy,
            see,
            watch,
        )
        self._belt_free = belt_free
        self.world = PalletWorld(pallet, cell.cups)
        self.tally = Tally(len(pallet.cases))
        self._rng = stream(pallet.seed, "pallet", "episode")
        self._q, self._X = cell.home, cell.start
        self._lift = cell.arm.base
        self._tried: list[tuple[Array, int]] = []
        self._looks = 0
        self._unreachable = False

    def run(self) -> Tally:
        """Work until nothing is left on the pallet, or until the arm must stop and wait for a person."""
        idle = 0
        while self.world.standing() and not self.tally.stopped:
            if not self._belt_ready():
                break
            standing = self.world.standing()
            view = self._see(list(standing.values()), self._looks)
            self._looks += 1
            self.tally.looking.append(view.seconds)
            before = self.tally.seconds, self.tally.moved, self._mishaps()
            option = None if view.trouble else self._next(view.faces, standing)
            if option is not None:
                idle = 0
                well = self.tally.moved == before[1] + 1 and self._mishaps() == before[2]
                self._watch(option, well, self.tally.seconds - before[0])
                continue
            idle += 1
            self.tally.seconds += _LOOK_AGAIN
            if idle == _LOOKS:
                idle = 0
                self._stuck(view, standing)
        return self.tally

    def _belt_ready(self) -> bool:
        """Wait above the belt, empty, while it is blocked; say whether it came free in time."""
        began = self.tally.seconds
        while not self._belt_free(self.tally.seconds):
            self.tally.seconds += _LOOK_AGAIN
            if self.tally.seconds - began > _PATIENCE:
                self._stop("conveyor blocked")
                return False
        return True

    def _stuck(self, view: View, standing: dict[int, Case]) -> None:
        """Several looks gave nothing to take: stop where nothing can be done, else have the highest case taken."""
        if view.trouble:
            self._stop(f"camera: {view.trouble}")
        elif self._unreachable and not self.tally.moved:
            self._stop("pallet out of reach")
        else:
            self._ask("nothing to take", self._highest(standing))

    def _stop(self, why: str) -> None:
        """Stay where the arm is, empty, and call a person."""
        self.tally.stopped = why
        self.tally.interventions += 1
        self.tally.causes[f"stopped: {why}"] += 1

    def _mishaps(self) -> int:
        return sum(
            count for cause, count in self.tally.causes.items() if not cause.startswith(_NO_WAY)
        )

    def _next(self, faces: Sequence[SeenFace], standing: dict[int, Case]) -> Option | None:
        """Choose, go and take; return what was taken or tried, None where there was nothing."""
        options = options_of(faces, self.cell.deck, self.cell.cups)
        fresh = [one for one in options if not self._was_tried(one, faces)]
        if not fresh:
            return None
        ranks = np.argsort(
            -self._policy.scores(np.array([o.features for o in fresh])), kind="stable"
        )
        self._unreachable = True
        for k in ranks[:_PLANS]:
            option = fresh[int(k)]
            lift = self.cell.lift_for(float(option.X_world_tcp[2, 3]))
            move = approach(self.cell, self._q, self._X, option, faces, lift)
            if isinstance(move, Move):
                self._go(move, lift, standing)
                self._take(option, faces, standing)
                return option
            self._unreachable &= move.reason != "collision on the way"
            self.tally.causes[f"{_NO_WAY}: {move.reason}"] += 1
        return None

    def _was_tried(self, option: Option, faces: Sequence[SeenFace]) -> bool:
        at = faces[option.face].X_world_face[:3, 3]
        return any(
            way == option.way and np.linalg.norm(at - place) < _SAME for place, way in self._tried
        )

    def _go(
        self, move: Move, lift: float, standing: dict[int, Case], held: Sequence[int] = ()
    ) -> None:
        """Move the arm; what it touches is noticed whatever was planned."""
        if lift != self._lift:
            self.tally.seconds += abs(lift - self._lift) / LIFT_SPEED
            self._lift = lift
        boxes = true_boxes(case for i, case in standing.items() if i not in held)
        if touches(self.cell.arm.checker(boxes, lift, 0.0), move):
            self.tally.collisions += 1
            self.tally.causes["arm touched a case"] += 1
        self.tally.seconds += move.duration
        self._q, self._X = move.end, self.cell.arm.tool(move, np.array([move.duration]))[0]

    def _take(self, option: Option, faces: Sequence[SeenFace], standing: dict[int, Case]) -> None:
        numbers, cases = list(standing), list(standing.values())
        found = numbered(seal(cases, self._X, self.cell.cups, option.used), numbers)
        self.tally.seconds += SEALING
        at = faces[option.face].X_world_face[:3, 3]
        if not self._sealed(found):
            self._failed(at, option, "no seal", standing)
            return
        with self.world.begin(found) as lift:
            lifted = lift.lead(lift_path(self._X, LIFT, LIFT_TIME))
            self.tally.seconds += LIFT_TIME
            weight = lifted.weight * (1.0 + self._rng.normal(0.0, _WEIGHING))
            trouble = self._trouble(weight, option, faces)
            if not lifted.held or trouble:
                fell = lift.end(away=False)
                self.tally.seconds += LIFT_TIME
                self._fallen(fell)
                self._failed(at, option, trouble or "torn off in the lift test", standing)
                return
            self._carry(lift, found, weight, option, faces, standing)

    def _force(self, found: Seal) -> float:
        return capacity(self.cell.cups, sum(found.cups), found.leak)

    def _sealed(self, found: Seal) -> bool:
        """Whether the gauge shows a seal."""
        cups = self.cell.cups
        return bool(found.held) and cups.pressure(found.leak) >= cups.figures.seal_pressure

    def _trouble(self, weight: float, option: Option, faces: Sequence[SeenFace]) -> str:
        """Say what speaks against carrying what the lift test weighs."""
        if weight > self.cell.rated:
            return "too heavy for the arm"
        face = faces[option.face]
        tallest = float(option.X_world_tcp[2, 3]) - self.cell.deck.top
        volume = float(np.prod(face.extent)) * min(tallest, self.cell.deck.longest)
        return "weighs more than fits its size" if weight > 1.0 + _DENSEST * volume else ""

    def _carry(
        self,
        lift: Lift,
        found: Seal,
        weight: float,
        option: Option,
        faces: Sequence[SeenFace],
        standing: dict[int, Case],
    ) -> None:
        X = self._X.copy()
        X[2, 3] += LIFT
        main = standing[found.held[0]]
        force, face = self._force(found), faces[option.face]
        height = float(upper_face(main).X_world_face[2, 3] - _bottom(main))
        load = Carried(
            weight,
            face.extent,
            height + self._rng.normal(0.0, _CURTAIN),
            inverse(self._X) @ face.X_world_face,
        )
        beside, span = offset(main, self._X, self.cell.cups, option.used)
        bears = min(bearable(force, 1.1 * weight, beside + 0.01, span), _FASTEST)
        at = face.X_world_face[:3, 3]
        move = (
            None
            if bears < 0.3
            else carry(self.cell, self._q, X, option, faces, self._lift, load, bears)
        )
        if not isinstance(move, Move):
            self._fallen(lift.end(away=False))
            self.tally.seconds += LIFT_TIME
            cause = "seal too weak for the load" if move is None else f"no way out: {move.reason}"
            self._failed(at, option, cause, standing)
            return
        self._out(lift, move, found, standing)
        # The true load under the true acceleration: what the lift test got wrong shows here.
        if strain(force, lift.mass, min(bears, _greatest(self.cell, move)), beside, span) > 1.0:
            self.tally.drops += 1
            self.tally.causes["torn off on the way"] += 1

    def _out(self, lift: Lift, move: Move, found: Seal, standing: dict[int, Case]) -> None:
        """Follow the move through the pile, then do the rest of it without physics."""
        times = np.arange(0.0, move.duration, 1.0 / RATE)
        path = self.cell.arm.tool(move, times)
        lifted = lift.lead(path[: _leaves(path, found, standing)])
        self._go(move, self._lift, standing, found.held)
        fell = lift.end(away=lifted.held)
        self._fallen([i for i in fell if i not in found.held])
        self.tally.shortest_carry = min(self.tally.shortest_carry, move.length)
        if not lifted.held:
            self.tally.drops += len(set(fell) & set(found.held))
            self.tally.causes["torn off in the pile"] += 1
            return
        if lifted.dragged > _CLEAR:
            self.tally.causes["dragged a neighbour"] += 1
        self.tally.moved += len(found.held)
        self.tally.double_picks += len(found.held) > 1
        self.tally.seconds += _RELEASING * self.cell.cups.figures.release_time

    def _fallen(self, fell: Sequence[int]) -> None:
        self.tally.drops += len(fell)
        if fell:
            self.tally.causes["neighbour fell"] += len(fell)
        off = [i for i in fell if i in self.world.gone]
        if off:  # what lies on the floor is nothing for the arm
            self.tally.interventions += 1
            self.tally.causes["fell off the pallet"] += len(off)

    def _failed(self, at: Array, option: Option, cause: str, standing: dict[int, Case]) -> None:
        """Note a try; after three different ones on the same face a person takes the case."""
        self.tally.causes[cause] += 1
        self._tried.append((at, option.way))
        same = sum(1 for place, _ in self._tried if np.linalg.norm(place - at) < _SAME)
        if same >= TRIES:
            nearest = min(
                standing,
                key=lambda i: float(
                    np.linalg.norm(upper_face(standing[i]).X_world_face[:3, 3] - at)
                ),
            )
            self._ask(cause, nearest)

    def _ask(self, cause: str, number: int) -> None:
        self.tally.interventions += 1
        self.tally.causes[f"asked a person: {cause}"] += 1
        self.world.take([number])

    @staticmethod
    def _highest(standing: dict[int, Case]) -> int:
        return max(standing, key=lambda i: float(upper_face(standing[i]).X_world_face[2, 3]))


def _bottom(case: Case) -> float:
    """Least height of a case [m]."""
    reach = np.abs(case.X_world_case[2, :3]) @ np.asarray(case.size) / 2.0
    return float(case.X_world_case[2, 3] - reach)


def _leaves(path: Array, found: Seal, standing: dict[int, Case]) -> int:
    """Number of poses until what is held is clear of the pile."""
    held = [standing[i] for i in found.held]
    tops = [
        float(upper_face(c).X_world_face[2, 3]) for i, c in standing.items() if i not in found.held
    ]
    rise = max(tops, default=0.0) + _CLEAR - min(_bottom(case) for case in held)
    clear = np.nonzero(path[:, 2, 3] - path[0, 2, 3] > rise)[0]
    return int(clear[0]) + 1 if clear.size else len(path)


def _greatest(cell: PalletCell, move: Move) -> float:
    """Greatest acceleration of the tool on a move [m/s2]."""
    step = 0.01
    at = cell.arm.tool(move, np.arange(0.0, move.duration, step))[:, :3, 3]
    return float(np.linalg.norm(np.diff(at, 2, axis=0), axis=1).max(initial=0.0) / step**2)
