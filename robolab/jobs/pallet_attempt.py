"""One try to take a case: seal, lift test, carry to the belt, let go; decided by the gauges of the cups and the wrist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from robolab.core.transforms import Array, inverse, pose_rpy
from robolab.jobs.pallet_cell import PalletCell
from robolab.jobs.pallet_draw import Drawn, draw, lifted_off, limit_of
from robolab.jobs.pallet_motion import Carried, carry
from robolab.planning.pallet_moves import Move
from robolab.sim.pile import RATE
from robolab.tasks.pallet_belief import USUAL, Felt, beside, parted, whole_of, within
from robolab.tasks.pallet_case import Case
from robolab.tasks.pallet_choice import Option
from robolab.tasks.pallet_faces import SURE, CaseFace, SeenFace, upper_face
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
from robolab.tasks.pallet_weigh import by_motors
from robolab.tasks.pallet_world import LIFT, LIFT_TIME, Lift, Lifted, lift_path, numbered
from robolab.tasks.pallet_zones import groups, inside

if TYPE_CHECKING:
    from robolab.jobs.pallet_hand import Hand

_RELEASING = 3.0
"""Time constants of the valve that letting go takes."""
_WEIGHING, _CURTAIN = 0.03, 0.002
"""Standard deviations of the lift test, of the weight, and of the light curtain at the belt [m]."""
_MEASURING, _TURN = 0.005, 0.01
"""Standard deviations of what a dimensioner above the belt makes of a case: place and sides [m], and turn [rad]."""
_APART = 5.0
"""Standard deviations by which wrist and motors may differ."""
_TORQUE, _LEVER = 0.05, 0.003
"""Standard deviations of where a weight hangs: of the wrist's torque [N m], and of the tool's own lever [m]."""
_TALLER = 0.02
"""What a case may be taller than one that measured and weighed as much [m]."""
_DENSEST = 480.0
"""Weight that fits a size [kg/m3]; more has something on it or with it."""
_FASTEST = 12.0
"""Acceleration of the tool that is ever asked for with a load [m/s2]."""
_SLOWEST = 0.3
"""Acceleration below which a load is not carried at all [m/s2]."""
_WARY = 1.5
"""Acceleration of a way out on which a higher neighbour may stand in the way, unseen [m/s2]."""
_CLEAR = 0.03
"""How far a case rises above all others before the rest of its way is done without physics [m]."""
LEAKS = "no seal"
WEAK = "seal too weak for the load"
"""What is lifted hangs too far beside the cups, or is too heavy for them."""
SEVERAL = "several at once, noticed at the belt"
PEELS = "peels off some of the cups"
DRAGGED, SLID = "dragged a neighbour", "a neighbour that had leaned on it slid or sank"
PULLED, SNAGS = "pulled at by a neighbour", "pulled at by a neighbour on every way out"
ASIDE, DENSE, ANOTHER = (
    "hangs beside its middle",
    "weighs more than fits its size",
    "another hangs on it",
)
DOUBTED = "wrist and motors weigh it differently"
TORN = "torn off in the pile"
OTHERWISE = (ASIDE, DENSE, ANOTHER, WEAK)
"""What is wrong where a face is but a piece of that of the case."""


@dataclass(frozen=True)
class _Held:
    """What hangs after the lift test.

    Attributes:
        seal: The cups that it hangs by. used: Those that are on. alone: Whether they lie on no more than one case.
        felt: By the wrist. off: Where its weight hangs beside the face's middle, shape (2,) [m]; see `beside`.
        doubted: Whether the motors weigh something else.
    """

    seal: Seal
    used: tuple[int, ...]
    alone: bool
    felt: Felt
    off: Array
    doubted: bool


class Attempt:
    """A try to take what the tool stands on; see `run` and `Hand.take`."""

    def __init__(
        self,
        hand: Hand,
        option: Option,
        faces: Sequence[SeenFace],
        standing: dict[int, Case],
        bold: bool,
        seam: bool,
    ) -> None:
        self._hand, self._option, self._standing, self._bold = hand, option, standing, bold
        self._face = faces[option.face]
        self._others = [other for i, other in enumerate(faces) if i != option.face]
        self._seam = seam or bool(hand.cell.deck.too_large(self._face.extent).any())
        self._X = hand.X
        self._dragged, self._leans = False, np.zeros(3)

    def run(self, used: tuple[int, ...]) -> str:
        """Take a case with some of the cups first, and with all that lie on it once it hangs; return why it was left."""
        hand, alone = self._hand, used != self._option.used
        found = self._seal(self._standing, used)
        together = groups(hand.cell.cups, found.tight)
        open_ones = bool(together) and len(found.tight) < len(used) and not self._sealed(found)
        if open_ones or len(together) > 1:
            used = hand.some(self._face, together[0], self._bold) or together[0]
            alone = self._seam = True
            found = self._seal(self._standing, used)
        if not self._sealed(found):
            return LEAKS
        with hand.world.begin(found) as lift:
            hand.tally.seconds += LIFT_TIME
            if alone and self._peels(lift, found):
                return PEELS
            lifted, self._leans = lifted_off(lift, lift_path(self._X, LIFT, LIFT_TIME))
            trouble = "torn off in the lift test"
            if lifted.held:
                held = self._weighed(lifted, found, used, alone)
                trouble = self._trouble(held) or self._carry(lift, self._all_on(lift, held))
                hand.whole = self._whole(held) if trouble in OTHERWISE else None
            if trouble:
                self._set_down(lift, lifted.held and trouble != TORN)
        return trouble

    def _seal(self, standing: dict[int, Case], used: tuple[int, ...]) -> Seal:
        """Switch cups on."""
        self._hand.tally.seconds += SEALING
        found = seal(list(standing.values()), self._X, self._hand.cell.cups, used)
        return numbered(found, list(standing))

    def _sealed(self, found: Seal) -> bool:
        """Whether the gauge shows a seal."""
        cups = self._hand.cell.cups
        return bool(found.held) and cups.pressure(found.leak) >= cups.figures.seal_pressure

    def _peels(self, lift: Lift, found: Seal) -> bool:
        """Whether cups beside the middle of what they lie on let go of it before it rises."""
        cups = self._hand.cell.cups
        off = offset(self._standing[found.held[0]], self._X, cups, found.tight)
        return strain(self._force(found), lift.mass, 0.0, off, span_of(cups, found.tight)) > 1.0

    def _weighed(self, lifted: Lifted, found: Seal, used: tuple[int, ...], alone: bool) -> _Held:
        """Weigh what was lifted, as the wrist's noise lets it."""
        hand, rng, std = self._hand, self._hand.rng, _LEVER + _TORQUE / (GRAVITY * lifted.weight)
        weight = hand.gain * lifted.weight * (1.0 + rng.normal(0.0, _WEIGHING))
        felt = Felt(weight, lifted.hangs + rng.normal(0.0, std, 2), std)
        hand.hung = self._X[:3, 3] + self._X[:3, :2] @ felt.hangs
        off = beside(self._face, self._X, felt, 0.0 if self._seam else USUAL)
        arm = by_motors(hand.cell.arm.robot, hand.q, lifted.weight, lifted.hangs, hand.motors)
        doubted = not arm.agrees(weight, _WEIGHING * weight, _APART)
        hand.doubted = hand.doubted + 1 if doubted else 0
        return _Held(found, used, alone, felt, off, doubted)

    def _force(self, found: Seal) -> float:
        return capacity(self._hand.cell.cups, sum(found.cups), found.leak)

    def _trouble(self, held: _Held) -> str:
        """Say what speaks against carrying what the lift test weighs."""
        cell, weight = self._hand.cell, held.felt.weight
        if held.doubted:
            return DOUBTED
        if weight > cell.rated:
            return "too heavy for the arm"
        if self._lever(held) > cell.deck.longest / 2.0:
            return ANOTHER
        if self._bold:
            return ""
        extent = np.asarray(self._face.extent)
        if not within(self._face, held.off):
            self._hand.articles.whole_again(extent)
        tallest = float(self._option.X_world_tcp[2, 3]) - cell.deck.top
        volume = float(np.prod(extent)) * min(tallest, cell.deck.longest)
        # One cup lies on one case, whatever its weight.
        one = held.alone or len(held.used) == 1
        if not one and self._hand.articles.several(extent, weight):
            return "several at once"
        if weight > 1.0 + _DENSEST * volume:
            return DENSE
        # Where nothing beside it is higher, nothing can hide a part: two cases were seen as one, and one of them hangs.
        # But a weight that no part of the face can have is that of something under it, or with something on it.
        may_hide = self._option.may_carry or not within(self._face, held.off)
        return ASIDE if held.off.any() and may_hide else ""

    def _whole(self, held: _Held) -> CaseFace | None:
        """The face of the case, known from the belt, of which the seen one is but a piece, if what hangs weighs as much."""
        hand = self._hand
        extent = hand.articles.extent(held.felt.weight)
        if extent is None or hand.hung is None:
            return None
        return whole_of(self._face, extent, hand.hung, self._others)

    def _lever(self, held: _Held) -> float:
        """How far beside the middle of the cups the weight hangs [m]."""
        middle = self._hand.cell.cups.places[list(held.used)].mean(axis=0)
        return float(np.linalg.norm(held.felt.hangs - middle))

    def _all_on(self, lift: Lift, held: _Held) -> _Held:
        """Switch on what else lies on a case that hangs by some cups alone, where that holds it better."""
        if not held.alone or self._bold:
            return held
        hand, cups = self._hand, self._hand.cell.cups
        part, _ = parted(self._face, held.off)
        # Where a seam was felt, a weight in the middle is that of the middle one of three.
        if part is not self._face or not self._seam:
            hand.articles.lifted_alone(self._face, part, held.felt.weight)
        more = inside(part, self._X, cups, self._option.used)
        used = tuple(sorted({*held.seal.tight, *more}))
        if used == held.seal.tight or len(held.seal.held) > 1:
            return held
        hung = self._seal({i: self._standing[i] for i in held.seal.held}, used)
        if not self._sealed(hung) or self._force(hung) <= self._force(held.seal):
            return held
        lift.tighten(hung)
        return replace(held, seal=hung, used=used)

    def _carry(self, lift: Lift, held: _Held) -> str:
        """Carry to the belt what hangs; return why not, where there is no way to."""
        hand, felt, cups = self._hand, held.felt, self._hand.cell.cups
        main, force = self._standing[held.seal.held[0]], self._force(held.seal)
        face, rest = parted(self._face, held.off)
        height = float(upper_face(main).X_world_face[2, 3] - _bottom(main))
        load = Carried(
            felt.weight,
            face.extent,
            height + hand.rng.normal(0.0, _CURTAIN),
            inverse(self._X) @ face.X_world_face,
            hand.articles.height(face.extent, felt.weight) + _TALLER,
            face.confidence >= SURE,
        )
        span, lever = span_of(cups, held.used), self._lever(held) + felt.std
        bears = min(bearable(force, 1.1 * felt.weight, lever, span), _FASTEST)
        if bears < _SLOWEST:
            return WEAK
        move = self._way_out(lift, held, load, rest, bears)
        if not isinstance(move, Move):
            return move
        # The true load under the true acceleration: what the wrist got wrong shows here.
        off = offset(main, self._X, cups, held.used)
        asked = strain(force, lift.mass, min(bears, _greatest(hand.cell, move)), off, span)
        if self._out(lift, move, held.seal.held, torn=asked > 1.0):
            face = self._measured(face, held, load.height)
        hand.taken = face, float(self._X[2, 3]) - load.height
        hand.articles.taken(face, felt.weight)
        return ""

    def _measured(self, face: SeenFace, held: _Held, height: float) -> SeenFace:
        """The face of what came to the belt, as a dimensioner there measures it; several are noticed there at the latest.

        Args:
            height: As the light curtain has it [m].
        """
        articles, count = self._hand.articles, len(held.seal.held)
        one = self._dimensions(self._standing[held.seal.held[0]], face.confidence)
        if count == 1:
            articles.measured(np.asarray(face.extent), one.extent, held.felt.weight, height)
            return one
        self._hand.tally.causes[SEVERAL] += 1
        articles.lifted_alone(face, one, held.felt.weight / count)
        return face

    def _dimensions(self, case: Case, confidence: float) -> SeenFace:
        """A case's face as the dimensioner makes it, where it stood."""
        true, rng = upper_face(case), self._hand.rng
        beside = np.append(rng.normal(0.0, _MEASURING, 2), 0.0)
        X = true.X_world_face @ pose_rpy(beside, (0.0, 0.0, float(rng.normal(0.0, _TURN))))
        return CaseFace(X, true.extent + rng.normal(0.0, _MEASURING, 2), confidence)

    def _way_out(
        self, lift: Lift, held: _Held, load: Carried, rest: Sequence[SeenFace], bears: float
    ) -> Move | str:
        """Draw what hangs out of the pile, straight up where a neighbour pulled at it; return the move, or why there is none.

        Args:
            rest: What of its face is left. bears: Acceleration that its grip bears [m/s2].
        """
        hand, around = self._hand, [*self._others, *rest]
        may_carry = self._option.may_carry
        asked = min(bears, _WARY) if may_carry else bears
        X = self._X.copy()
        X[2, 3] += LIFT
        for upright in (True,) if may_carry or self._bold else (False, True):
            move = carry(hand.cell, hand.q, X, around, hand.lift, load, asked, upright)
            if not isinstance(move, Move):
                return f"no way out: {move.reason}"
            drawn = self._drawn(lift, move, held, bears)
            if not drawn.lifted.held:
                # The tool does not stay where what it lost may come to lie.
                hand.go(move, hand.lift, self._standing, held.seal.held)
                return TORN
            if not drawn.snagged:
                return move
        return SNAGS

    def _drawn(self, lift: Lift, move: Move, held: _Held, bears: float) -> Drawn:
        """Follow the move through the pile, until what hangs is clear of it or a neighbour pulls at it."""
        hand, tally = self._hand, self._hand.tally
        path = hand.cell.arm.tool(move, np.arange(0.0, move.duration, 1.0 / RATE))
        path = path[: _leaves(path, held.seal.held, self._standing)]
        limit = limit_of(hand.cell.kind, held.felt.weight, self._option.may_carry)
        drawn = draw(lift, path, bears, limit, self._leans, hand.wrist)
        tally.seconds += drawn.seconds
        if drawn.snagged:
            tally.causes[PULLED] += 1
            hand.noticed(move, self._standing, held.seal.held, until=drawn.seconds)
        if drawn.lifted.dragged > _CLEAR and not self._dragged:
            self._dragged = (
                True  # once for each try: a second way finds it where the first has left it
            )
            tally.causes[DRAGGED if drawn.lifted.touched else SLID] += 1
        return drawn

    def _out(self, lift: Lift, move: Move, held: tuple[int, ...], torn: bool) -> bool:
        """Go on to the belt without physics, clear of the pile; return whether what hung came there.

        Args:
            held: Numbers of the cases that hang. torn: Whether the cups lose them on the way.
        """
        hand, tally = self._hand, self._hand.tally
        hand.go(move, hand.lift, self._standing, held)
        hand.fallen([i for i in lift.end(away=True) if i not in held])
        tally.shortest_carry = min(tally.shortest_carry, move.length)
        if torn:
            tally.drops += len(held)
            tally.call("torn off on the way")
            return False
        tally.moved += len(held)
        tally.double_picks += len(held) > 1
        tally.seconds += _RELEASING * hand.cell.cups.figures.release_time
        return True

    def _set_down(self, lift: Lift, held: bool) -> None:
        """Lower what hangs to where it stood, and let go of it."""
        if held:
            lift.lead(lift_path(self._X, LIFT, LIFT_TIME)[::-1])
        self._hand.fallen(lift.end(away=False))
        self._hand.tally.seconds += LIFT_TIME


def _bottom(case: Case) -> float:
    """Least height of a case [m]."""
    reach = np.abs(case.X_world_case[2, :3]) @ np.asarray(case.size) / 2.0
    return float(case.X_world_case[2, 3] - reach)


def _leaves(path: np.ndarray, held: Sequence[int], standing: dict[int, Case]) -> int:
    """Number of poses until what is held is clear of the pile."""
    tops = [float(upper_face(c).X_world_face[2, 3]) for i, c in standing.items() if i not in held]
    rise = max(tops, default=0.0) + _CLEAR - min(_bottom(standing[i]) for i in held)
    clear = np.nonzero(path[:, 2, 3] - path[0, 2, 3] > rise)[0]
    return int(clear[0]) + 1 if clear.size else len(path)


def _greatest(cell: PalletCell, move: Move) -> float:
    """Greatest acceleration of the tool on a move [m/s2]."""
    step = 0.01
    at = cell.arm.tool(move, np.arange(0.0, move.duration, step))[:, :3, 3]
    return float(np.linalg.norm(np.diff(at, 2, axis=0), axis=1).max(initial=0.0) / step**2)
