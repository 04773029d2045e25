"""The arm at a pallet and what it takes: approach, seal, lift test, carry, set down; decided by gauges and the wrist."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from robolab.core.rng import stream
from robolab.core.transforms import Array, inverse
from robolab.jobs.pallet_cell import LIFT_SPEED, PalletCell, face_name, seen_boxes, true_boxes
from robolab.jobs.pallet_motion import CLEARANCE, Carried, approach, carry, touches
from robolab.jobs.pallet_tally import Tally
from robolab.planning.pallet_moves import Move
from robolab.sim.pile import RATE
from robolab.tasks.pallet_articles import Articles
from robolab.tasks.pallet_belief import Felt, beside, parted
from robolab.tasks.pallet_case import Case, Pallet
from robolab.tasks.pallet_choice import Option
from robolab.tasks.pallet_faces import SeenFace, upper_face
from robolab.tasks.pallet_grip import (
    GRAVITY,
    SEALING,
    Seal,
    bearable,
    capacity,
    offset,
    seal,
    span_of,
    strain,
)
from robolab.tasks.pallet_world import (
    LIFT,
    LIFT_TIME,
    Lift,
    Lifted,
    PalletWorld,
    lift_path,
    numbered,
)

_RELEASING = 3.0
"""Time constants of the valve that letting go takes."""
_WEIGHING, _CURTAIN = 0.03, 0.002
"""Standard deviations of the lift test, of the weight, and of the light curtain at the belt [m]."""
_TORQUE, _LEVER = 0.05, 0.003
"""Standard deviations of where a weight hangs: of the wrist's torque [N m], and of the tool's own lever [m]."""
_DENSEST = 480.0
"""Weight that fits a size [kg/m3]; more has something on it or with it."""
_FASTEST = 12.0
"""Acceleration of the tool that is ever asked for with a load [m/s2]."""
_SLOWEST = 0.3
"""Acceleration below which a load is not carried at all [m/s2]."""
_CLEAR = 0.03
"""How far a case rises above all others before the rest of its way is done without physics [m]."""
_RISE = 0.03
"""How far above what seems to be where the tool stands it rises [m]."""
LEAKS = "no seal"
WEAK = "seal too weak for the load"
"""What is lifted hangs too far beside the cups, or is too heavy for them."""


class Hand:
    """Moves the arm, takes cases with it, and counts what happens.

    Attributes:
        world: The pallet in physics. tally: What has happened so far.
        hung: Where the weight of what was lifted last hangs, at the height of the cups, shape (3,) [m]; None before.
        taken: The face of what came to the belt last, and the height of its bottom as it stood [m]; None before.
        articles: What was taken so far, and what turned out to be several cases.
        q, X: Joint positions (n,) and X_world_tcp (4, 4) of where the arm is. lift: Height of its base [m].
    """

    def __init__(self, cell: PalletCell, pallet: Pallet) -> None:
        self.cell = cell
        self.world = PalletWorld(pallet, cell.cups)
        self.tally = Tally(len(pallet.cases))
        self.q, self.X, self.lift = cell.home, cell.start, cell.arm.base
        self.hung: Array | None = None
        self.taken: tuple[SeenFace, float] | None = None
        self.articles = Articles()
        self._rng = stream(pallet.seed, "pallet", "episode")

    def go(
        self, move: Move, lift: float, standing: dict[int, Case], held: Sequence[int] = ()
    ) -> None:
        """Move the arm; what it touches is noticed whatever was planned."""
        if lift != self.lift:
            self.tally.seconds += abs(lift - self.lift) / LIFT_SPEED
            self.lift = lift
        boxes = true_boxes(case for i, case in standing.items() if i not in held)
        if touches(self.cell.arm.checker(boxes, lift, 0.0), move):
            self.tally.collisions += 1
            self.tally.causes["arm touched a case"] += 1
        self.tally.seconds += move.duration
        self.q, self.X = move.end, self.cell.arm.tool(move, np.array([move.duration]))[0]

    def rise(self, faces: Sequence[SeenFace], standing: dict[int, Case]) -> None:
        """Go straight up, the way that the tool came, out of what seems to be where it stands: no plan begins there."""
        checker = self.cell.arm.checker(seen_boxes(faces, self.cell.deck), self.lift, CLEARANCE)
        near = {body for _, body in checker.colliding_bodies(self.q)}
        tops = [float(f.X_world_face[2, 3]) for i, f in enumerate(faces) if face_name(i) in near]
        if not tops:
            return
        above = self.X.copy()
        above[2, 3] = max(max(tops), float(above[2, 3])) + _RISE
        move = approach(self.cell, self.q, self.X, above, (), self.lift)
        if isinstance(move, Move):
            self.go(move, self.lift, standing)

    def take(
        self,
        option: Option,
        faces: Sequence[SeenFace],
        standing: dict[int, Case],
        bold: bool = False,
    ) -> str:
        """Take what the tool stands on and carry it to the belt; return why it was left, empty where it was not.

        Args:
            bold: Also take what hangs otherwise than its face promised.
        """
        numbers, cases = list(standing), list(standing.values())
        found = numbered(seal(cases, self.X, self.cell.cups, option.used), numbers)
        self.tally.seconds += SEALING
        if not self._sealed(found):
            return LEAKS
        with self.world.begin(found) as lift:
            lifted = lift.lead(lift_path(self.X, LIFT, LIFT_TIME))
            self.tally.seconds += LIFT_TIME
            felt = self._feel(lifted)
            self.hung = self.X[:3, 3] + self.X[:3, :2] @ felt.hangs
            trouble = "torn off in the lift test" if not lifted.held else ""
            trouble = trouble or self._trouble(felt, option, faces, bold)
            trouble = trouble or self._carry(lift, found, felt, option, faces, standing)
            if trouble:
                self._fallen(lift.end(away=False))
                self.tally.seconds += LIFT_TIME
        return trouble

    def _feel(self, lifted: Lifted) -> Felt:
        """Weigh what was lifted, as the wrist's noise lets it."""
        std = _LEVER + _TORQUE / (GRAVITY * lifted.weight)
        weight = lifted.weight * (1.0 + self._rng.normal(0.0, _WEIGHING))
        return Felt(weight, lifted.hangs + self._rng.normal(0.0, std, 2), std)

    def _force(self, found: Seal) -> float:
        return capacity(self.cell.cups, sum(found.cups), found.leak)

    def _sealed(self, found: Seal) -> bool:
        """Whether the gauge shows a seal."""
        cups = self.cell.cups
        return bool(found.held) and cups.pressure(found.leak) >= cups.figures.seal_pressure

    def _trouble(self, felt: Felt, option: Option, faces: Sequence[SeenFace], bold: bool) -> str:
        """Say what speaks against carrying what the lift test weighs."""
        if felt.weight > self.cell.rated:
            return "too heavy for the arm"
        if bold:
            return ""
        face = faces[option.face]
        tallest = float(option.X_world_tcp[2, 3]) - self.cell.deck.top
        volume = float(np.prod(face.extent)) * min(tallest, self.cell.deck.longest)
        if self.articles.several(np.asarray(face.extent), felt.weight):
            return "several at once"
        if felt.weight > 1.0 + _DENSEST * volume:
            return "weighs more than fits its size"
        # Where nothing beside it is higher, nothing can hide a part: two cases were seen as one, and one of them hangs.
        hidden = option.may_carry and beside(face, self.X, felt).any()
        return "hangs beside its middle" if hidden else ""

    def _carry(
        self,
        lift: Lift,
        found: Seal,
        felt: Felt,
        option: Option,
        faces: Sequence[SeenFace],
        standing: dict[int, Case],
    ) -> str:
        """Carry to the belt what hangs; return why not, where there is no way to."""
        X = self.X.copy()
        X[2, 3] += LIFT
        main, cups = standing[found.held[0]], self.cell.cups
        force, face = self._force(found), faces[option.face]
        face, rest = parted(face, beside(face, self.X, felt))
        others = [other for i, other in enumerate(faces) if i != option.face]
        height = float(upper_face(main).X_world_face[2, 3] - _bottom(main))
        load = Carried(
            felt.weight,
            face.extent,
            height + self._rng.normal(0.0, _CURTAIN),
            inverse(self.X) @ face.X_world_face,
        )
        lever = float(np.linalg.norm(felt.hangs - cups.places[list(option.used)].mean(axis=0)))
        span = span_of(cups, option.used)
        bears = min(bearable(force, 1.1 * felt.weight, lever + felt.std, span), _FASTEST)
        if bears < _SLOWEST:
            return WEAK
        move = carry(self.cell, self.q, X, [*others, *rest], self.lift, load, bears)
        if not isinstance(move, Move):
            return f"no way out: {move.reason}"
        # The true load under the true acceleration: what the wrist got wrong shows here.
        off = offset(main, self.X, cups, option.used)
        asked = strain(force, lift.mass, min(bears, _greatest(self.cell, move)), off, span)
        self.taken = face, float(self.X[2, 3]) - load.height
        self.articles.taken(face, felt.weight)
        self._out(lift, move, found, standing, torn=asked > 1.0)
        return ""

    def _out(
        self, lift: Lift, move: Move, found: Seal, standing: dict[int, Case], torn: bool
    ) -> None:
        """Follow the move through the pile, then do the rest of it without physics.

        Args:
            torn: Whether the cups lose what they hold, clear of the pile.
        """
        times = np.arange(0.0, move.duration, 1.0 / RATE)
        path = self.cell.arm.tool(move, times)
        lifted = lift.lead(path[: _leaves(path, found, standing)])
        self.go(move, self.lift, standing, found.held)
        fell = lift.end(away=lifted.held)
        self._fallen([i for i in fell if i not in found.held])
        self.tally.shortest_carry = min(self.tally.shortest_carry, move.length)
        if not lifted.held:
            self.tally.drops += len(set(fell) & set(found.held))
            self.tally.causes["torn off in the pile"] += 1
            return
        if lifted.dragged > _CLEAR:
            self.tally.causes["dragged a neighbour"] += 1
        if torn:
            self.tally.drops += len(found.held)
            self.tally.call("torn off on the way")
            return
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


def _bottom(case: Case) -> float:
    """Least height of a case [m]."""
    reach = np.abs(case.X_world_case[2, :3]) @ np.asarray(case.size) / 2.0
    return float(case.X_world_case[2, 3] - reach)


def _leaves(path: np.ndarray, found: Seal, standing: dict[int, Case]) -> int:
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
