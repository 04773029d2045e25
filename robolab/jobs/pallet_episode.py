"""One pallet emptied: look, choose, take; and what is done when that fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from robolab.core.transforms import Array, pose
from robolab.jobs.pallet_again import HELD, taken_again
from robolab.jobs.pallet_attempt import DOUBTED, LEAKS
from robolab.jobs.pallet_cell import PalletCell
from robolab.jobs.pallet_feel import OFFER, PRINT, feel_for, feel_spot, reached
from robolab.jobs.pallet_hand import Hand
from robolab.jobs.pallet_memory import TRIES, Heights, Tried
from robolab.jobs.pallet_motion import COVERED
from robolab.jobs.pallet_tally import NO_WAY, See, Tally, Watch
from robolab.tasks.pallet_case import Case, Pallet
from robolab.tasks.pallet_choice import Option, may_bear, options_of
from robolab.tasks.pallet_doubt import doubt, lies_on, over
from robolab.tasks.pallet_faces import (
    LOWEST,
    CaseFace,
    SeenFace,
    Spot,
    Tipped,
    View,
    at_height,
    upper_face,
)
from robolab.tasks.pallet_policy import PickPolicy
from robolab.tasks.pallet_remains import remains_of

_LOOKS = 3
"""Looks in a row without anything to take, before a person is asked."""
_LOOK_AGAIN, _PATIENCE = 0.5, 60.0
"""Time between two looks at nothing, and that the arm waits for the belt [s]."""
_CASE = 0.12
"""Least side of something hidden that is felt for before what is known [m]."""
_LOWER = 0.03
"""What is found to be lower than it looked by more is judged anew [m]."""
BEARS = "lower than it looked: it may carry others"
TIPPED = "tipped farther than cups follow"
_IN_VAIN = 20
"""So many tries in a row that brought nothing to the belt are enough: a person is asked."""
_DOUBTS = 3
"""So many weighings in a row that the motors do not confirm say that the wrist's sensor is damaged: the arm stops."""
_TOUCHES = ("collision on the way", COVERED)
_SEAM = 2
"""So many places along a face that do not seal say that a seam may run there, and the next is tried across."""
_PLANS, _OF_ONE = 40, 3
"""Ways that are planned at most after one look, and of one face: where a tall neighbour is in the way of the tool, most are in vain."""


class Episode:
    """Empties one pallet; see `run`."""

    def __init__(
        self,
        cell: PalletCell,
        pallet: Pallet,
        policy: PickPolicy,
        see: See,
        watch: Watch = lambda view, option, well, seconds: None,
        belt_free: Callable[[float], bool] = lambda time: True,
    ) -> None:
        self.cell, self.pallet = cell, pallet
        self._policy, self._see, self._watch, self._belt_free = policy, see, watch, belt_free
        self.hand = Hand(cell, pallet)
        self._tried, self._felt, self._heights = Tried(), Tried(), Heights()
        self._looks = self._in_vain = 0
        self._bold = False
        self._moved_when_forgiven = 0
        self._unreachable = False

    @property
    def tally(self) -> Tally:
        """What has happened so far."""
        return self.hand.tally

    def run(self) -> Tally:
        """Work until nothing is left on the pallet, or until the arm must stop and wait for a person."""
        idle = 0
        while self.hand.world.standing() and not self.tally.stopped:
            if not self._belt_ready():
                break
            standing = self.hand.world.standing()
            view = self._look(standing)
            before = self.tally.seconds, self.tally.moved, self.tally.mishaps()
            ranked = [] if view.trouble else self._ranked(view.faces)
            if ranked and self._felt_first(ranked[0], view.faces, standing):
                self._enough(moved=self.tally.moved > before[1])
                continue
            option = self._next(ranked, view.faces, standing) if ranked else None
            if option is not None:
                idle = 0
                self._enough(moved=self.tally.moved > before[1])
                well = self.tally.moved == before[1] + 1 and self.tally.mishaps() == before[2]
                self._watch(view, option, well, self.tally.seconds - before[0])
                continue
            idle += 1
            self.tally.seconds += _LOOK_AGAIN
            if idle == _LOOKS:
                idle = 0
                self._stuck(view, standing)
        return self.tally

    def _look(self, standing: dict[int, Case]) -> View:
        view = self._see(list(standing.values()), self._looks)
        self._looks += 1
        self.tally.looking.append(view.seconds)
        self._heights.passed(self.hand.X, self.cell.cups.half)
        faces = self.hand.articles.parted(self._heights.recall(view.faces))
        self.hand.rise(faces, standing)
        return replace(view, faces=faces)

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
        """Several looks gave nothing new to take: dare more, then ask for a case, or stop where nothing can be done."""
        if view.trouble and not (view.trouble == "nothing_in_view" and view.faces):
            self._stop(f"camera: {view.trouble}")
        elif self._unreachable and np.array_equal(self.hand.X, self.cell.start):
            self._stop("pallet out of reach")  # it has not been anywhere
        elif (tipped := self._tipped(view.faces)) is not None:
            self._ask(TIPPED, _nearest(standing, tipped))
        elif not self._bold and self.tally.moved > self._moved_when_forgiven:
            self._bold, self._moved_when_forgiven = True, self.tally.moved
            self._tried.forget()
        elif not self._felt_for(view.faces, standing):
            self._give_up(standing)

    def _tipped(self, faces: Sequence[SeenFace]) -> Array | None:
        """Where a face is, shape (3,) [m], on which enough was tried and which tilts too far for more; None where there is none."""
        places = [face.X_world_face[:3, 3] for face in faces if isinstance(face, Tipped)]
        return next((place for place in places if self._tried.count(place) >= TRIES), None)

    def _felt_for(
        self, faces: Sequence[SeenFace], standing: dict[int, Case], above: float = -np.inf
    ) -> bool:
        """Feel from above for what is no known face; return whether there was anything to feel for.

        Args:
            above: What is lower is left [m]; whatever shows some depth, too, where this is given.
        """
        for one in remains_of(faces):
            if one.top < above or (above > -np.inf and not one.bare):
                continue
            near = [face for face in faces if face.confidence == 0.0 and over(face, one)]
            others = [face for face in faces if not any(face is other for other in near)]
            for k, place in enumerate(one.places):
                if self._felt.has(place, k):
                    continue
                trouble = feel_for(
                    self.hand, CaseFace(pose(place), OFFER), one.doubt, others, standing
                )
                trouble = self._regripped(trouble, CaseFace(np.eye(4), HELD), faces, standing)
                self._note_taken(trouble)
                if trouble:
                    self.tally.causes[trouble] += 1
                    self._felt.note(place, k, trouble)
                if not trouble.startswith(NO_WAY):
                    return True
        return False

    def _give_up(self, standing: dict[int, Case]) -> None:
        """Have a person take the case at which most failed, or the highest where nothing could be tried."""
        worst = self._tried.worst()
        if worst is None:
            self._ask("nothing to take", self._highest(standing))
            return
        place, cause = worst
        self._ask(cause, _nearest(standing, place))

    def _enough(self, moved: bool) -> None:
        """Ask for a case after many tries in vain in a row, and stop where a sensor must be wrong."""
        if self.hand.doubted >= _DOUBTS:
            self._stop(DOUBTED)
            return
        self._in_vain = 0 if moved else self._in_vain + 1
        standing = self.hand.world.standing()
        if self._in_vain >= _IN_VAIN and standing:
            self._in_vain = 0
            self._give_up(standing)

    def _stop(self, why: str) -> None:
        """Stay where the arm is, empty, and call a person."""
        self.tally.stopped = why
        self.tally.call(f"stopped: {why}")

    def _ranked(self, faces: Sequence[SeenFace]) -> list[Option]:
        """Return the ways that are worth a try, the best first: what failed before and what may carry others last."""
        options = options_of(faces, self.cell.deck, self.cell.cups)
        seams = [self._tried.of(face.X_world_face[:3, 3], LEAKS) >= _SEAM for face in faces]
        turned = {o.face for o in options if o.across and seams[o.face]}
        fresh = [
            one
            for one in options
            if one.across == (one.face in turned)
            and not self._tried.has(_place(one, faces), one.way)
        ]
        if not fresh:
            return []
        scores = self._policy.scores(np.array([o.features for o in fresh]))
        # What does not seal here seals beside, at once; what else fails may go well once others are gone.
        tries = [self._tried.count(_place(one, faces), but=LEAKS) for one in fresh]
        careful = np.array([one.may_carry for one in fresh])
        return [fresh[int(k)] for k in np.lexsort(np.array([-scores, careful, tries]))]

    def _felt_first(
        self, best: Option, faces: Sequence[SeenFace], standing: dict[int, Case]
    ) -> bool:
        """Feel for what no camera knows before the best is taken, where it may be higher, or stand on that."""
        return self._hidden_above(best, faces, standing) or self._on_spot(best, faces, standing)

    def _on_spot(self, best: Option, faces: Sequence[SeenFace], standing: dict[int, Case]) -> bool:
        """Feel once for what may stand where depth is missing on the best face; say whether that was done."""
        face = faces[best.face]
        spots = [one for one in faces if isinstance(one, Spot) and lies_on(one, face)]
        if not spots:
            return False
        place = np.mean([one.X_world_face[:3, 3] for one in spots], axis=0)
        if self._felt.has(place, 0):
            return False
        others = [one for one in faces if one is not face and not lies_on(one, face)]
        trouble = feel_spot(self.hand, face, place, others, standing)
        self._note_taken(trouble)
        if trouble:
            self._felt.note(place, 0, trouble)
        if trouble and trouble != PRINT:
            self.tally.causes[trouble] += 1
        return not trouble.startswith(NO_WAY)

    def _hidden_above(
        self, best: Option, faces: Sequence[SeenFace], standing: dict[int, Case]
    ) -> bool:
        """Feel first for what no camera knows, where it stands higher than the best that is known."""
        above = float(_place(best, faces)[2]) + LOWEST
        return any(
            one.bare and one.top > above and one.extent.min() > _CASE for one in remains_of(faces)
        ) and self._felt_for(faces, standing, above)

    def _next(
        self, ranked: Sequence[Option], faces: Sequence[SeenFace], standing: dict[int, Case]
    ) -> Option | None:
        """Go and take the first way that the arm can go; return what was taken or tried, None where there was none."""
        self._unreachable = True
        for option, shy in self._in_turn(ranked, faces):
            face = faces[option.face]
            others = [other for other in faces if other is not face]
            near = [other for other in others if not lies_on(other, face)]
            unsure = doubt(face, [other for other in others if lies_on(other, face)])
            trouble = reached(self.hand, option, face, unsure, near, standing, shy)
            if not trouble and unsure > 0.0 and self._bears_more(face, near):
                trouble = BEARS
            if trouble.startswith(NO_WAY):
                self._unreachable &= not trouble.endswith(_TOUCHES)
                if not shy:
                    self.tally.causes[trouble] += 1
                continue
            self._unreachable = False
            if not trouble:
                alone = replace(option, face=0)
                seam = self._tried.of(face.X_world_face[:3, 3], LEAKS) > 0
                trouble = self.hand.take(alone, [face, *near], standing, self._bold, seam)
                trouble = self._regripped(trouble, face, near, standing)
            self._note_taken(trouble)
            if trouble:
                self.tally.causes[trouble] += 1
                self._tried.note(_place(option, faces), option.way, trouble)
            self._bold &= bool(trouble)
            return option
        return None

    def _in_turn(
        self, ranked: Sequence[Option], faces: Sequence[SeenFace]
    ) -> list[tuple[Option, bool]]:
        """Return ways in the order in which they are planned, each with whether it keeps clear of what may be hidden.

        First what promises no trouble and goes deep beside nothing; then all, as close to what is seen as it must be.
        """
        ways = _of_many_faces(ranked)[:_PLANS]
        easy = [o for o in ways if not o.may_carry and not self._tried.count(_place(o, faces))]
        return [*((o, True) for o in easy), *((o, False) for o in ways)]

    def _bears_more(self, face: SeenFace, others: Sequence[SeenFace]) -> bool:
        """Whether what was found lower than it looked may carry others, and was not left for that before."""
        height, place = float(self.hand.X[2, 3]), face.X_world_face[:3, 3]
        if float(place[2]) - height < _LOWER or self._bold or self._tried.of(place, BEARS):
            return False
        return may_bear(CaseFace(at_height(face, height), face.extent), others, self.cell.deck)

    def _regripped(
        self, trouble: str, face: SeenFace, faces: Sequence[SeenFace], standing: dict[int, Case]
    ) -> str:
        """Take once more what hung otherwise than it looked, where that can be told; return why it was left."""
        again = taken_again(self.hand, trouble, face, faces, standing, self._bold)
        if again is None:
            return trouble
        self.tally.causes[trouble] += 1
        return again

    def _note_taken(self, trouble: str) -> None:
        """Remember how high what bore the case must be."""
        if not trouble and self.hand.taken is not None:
            self._heights.taken(*self.hand.taken)

    def _ask(self, cause: str, number: int) -> None:
        self.tally.call(f"asked a person: {cause}")
        self.hand.world.take([number])
        self._tried.forget()

    @staticmethod
    def _highest(standing: dict[int, Case]) -> int:
        return max(standing, key=lambda i: float(upper_face(standing[i]).X_world_face[2, 3]))


def _nearest(standing: dict[int, Case], place: Array) -> int:
    """Number of the case whose upper face is nearest to a place."""
    return min(
        standing,
        key=lambda i: float(np.linalg.norm(upper_face(standing[i]).X_world_face[:3, 3] - place)),
    )


def _of_many_faces(ranked: Sequence[Option]) -> list[Option]:
    """Return ways, best first, no more than so many of each face before all others have had theirs."""
    seen, first, rest = Counter[int](), list[Option](), list[Option]()
    for option in ranked:
        seen[option.face] += 1
        (first if seen[option.face] <= _OF_ONE else rest).append(option)
    return first + rest


def _place(option: Option, faces: Sequence[SeenFace]) -> Array:
    """Where the middle of an option's face is, shape (3,) [m]."""
    return faces[option.face].X_world_face[:3, 3]
