"""An episode on a pallet that is watched: what was seen, how each way was ranked, how the arm went, what came of it.

Watching goes through what an episode is given anyhow, who looks, who ranks and the arm; the episode does not know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from robolab.core.transforms import Array
from robolab.jobs.pallet_cell import LIFT_SPEED, PalletCell
from robolab.jobs.pallet_episode import Episode
from robolab.jobs.pallet_tally import NO_WAY, See, Tally
from robolab.planning.pallet_moves import Move, PalletArm
from robolab.tasks.pallet_case import Case, Pallet
from robolab.tasks.pallet_choice import Option, options_of
from robolab.tasks.pallet_faces import View, upper_face
from robolab.tasks.pallet_grip import SEALING
from robolab.tasks.pallet_policy import PickPolicy
from robolab.tasks.pallet_world import LIFT_TIME

STEPS: tuple[str, ...] = (
    "approach",
    "seal",
    "lift test",
    "carry",
    "lift column",
    "let go, set down, feel, wait",
)


@dataclass
class Turn:
    """One look at a pallet and all that followed until the next.

    Attributes:
        number: Of the look. began, ended: Simulated time [s].
        cases: As they stood when it began.
        view: What was seen of them; where something was taken or tried, with what is remembered and known besides.
        features, scores: Of the ways that were ranked last, shape (k, n) and (k,); None where there was none.
        option: What was taken or tried. well: Whether it lies on the belt and nothing went wrong.
        moves: That the arm made. moved: Cases that came to the belt.
        troubles: What went wrong, by name, and how often.
        gone: Names of the cases that have left the pallet.
        why: Features that spoke most for the way that was taken, where somebody asked.
    """

    number: int
    began: float
    cases: tuple[Case, ...]
    view: View
    features: Array | None = None
    scores: Array | None = None
    option: Option | None = None
    well: bool = False
    moves: list[Move] = field(default_factory=list[Move])
    ended: float = 0.0
    moved: int = 0
    troubles: Counter[str] = field(default_factory=Counter[str])
    gone: tuple[str, ...] = ()
    why: tuple[str, ...] = ()

    @property
    def approach(self) -> Move | None:
        """The way to the case, where the arm went."""
        return self.moves[0] if self.moves else None

    @property
    def carry(self) -> Move | None:
        """The way to the belt, where a case was carried."""
        return self.moves[-1] if len(self.moves) > 1 else None

    @property
    def taken(self) -> Case | None:
        """The case that was taken or tried: of those that left the pallet, if any did, the one under the face chosen."""
        cases = [case for case in self.cases if case.name in self.gone]
        if self.option is None:
            return cases[0] if cases else None
        at = self.view.faces[self.option.face].X_world_face[:3, 3]

        def away(case: Case) -> float:
            return float(np.linalg.norm(upper_face(case).X_world_face[:3, 3] - at))

        return min(cases or self.cases, key=away)

    @property
    def mishaps(self) -> list[str]:
        """What went wrong, planning aside."""
        return [name for name in self.troubles.elements() if not name.startswith(NO_WAY)]

    def steps(self, lift: float) -> dict[str, float]:
        """Return where the turn's time went, by `STEPS` [s].

        Args:
            lift: Height at which the base stood before [m].
        """
        spent = dict.fromkeys(STEPS, 0.0)
        for k, move in enumerate(self.moves):
            spent["carry" if k and move is self.carry else "approach"] += move.duration
            spent["lift column"] += abs(move.lift - lift) / LIFT_SPEED
            lift = move.lift
        if self.approach is not None:
            spent["seal"] = SEALING
        if self.carry is not None or (self.approach is not None and "no seal" not in self.troubles):
            spent["lift test"] = LIFT_TIME
        spent[STEPS[-1]] = max(self.ended - self.began - sum(spent.values()), 0.0)
        return spent

    def ranked(self, cell: PalletCell) -> list[tuple[Option, float]]:
        """Return the ways that were ranked, with their scores; those that had been tried before are left out."""
        if self.features is None or self.scores is None:
            return []
        scores = {
            row.tobytes(): float(s) for row, s in zip(self.features, self.scores, strict=True)
        }
        options = options_of(self.view.faces, cell.deck, cell.cups)
        found = [(one, scores.get(one.features.tobytes())) for one in options]
        return [(one, score) for one, score in found if score is not None]


Tell = Callable[[Turn], None]


class Watched:
    """An episode that tells of each turn when it is over; see `run`."""

    def __init__(
        self,
        cell: PalletCell,
        pallet: Pallet,
        policy: PickPolicy,
        see: See,
        tell: Tell,
        **others: Any,
    ) -> None:
        self._see, self._policy, self._tell = see, policy, tell
        heard = replace(cell, arm=_HeardArm.of(cell.arm, self._went))
        self._turn: Turn | None = None
        self._before = Counter[str]()
        self._moved = 0
        self.episode = Episode(heard, pallet, _Heard(self), self._look, self._tried, **others)

    def run(self) -> Tally:
        """See `Episode.run`; the last turn is told of at its end."""
        tally = self.episode.run()
        self._close(())
        return tally

    def _look(self, cases: Sequence[Case], *rest: Any, **more: Any) -> View:
        self._close(cases)
        view = self._see(cases, *rest, **more)
        tally = self.episode.tally
        number = len(tally.looking)
        # The pile writes into these poses as it goes on; a turn keeps them as they were.
        stood = tuple(replace(case, X_world_case=case.X_world_case.copy()) for case in cases)
        self._turn = Turn(number, tally.seconds, stood, view)
        self._before, self._moved = tally.causes.copy(), tally.moved
        return view

    def _close(self, cases: Sequence[Case]) -> None:
        turn, tally = self._turn, self.episode.tally
        if turn is None:
            return
        turn.ended, turn.moved = tally.seconds, tally.moved - self._moved
        turn.troubles = tally.causes - self._before
        left = {case.name for case in cases}
        turn.gone = tuple(case.name for case in turn.cases if case.name not in left)
        self._turn = None
        self._tell(turn)

    def ranked(self, features: Array) -> Array:
        """Rank ways as the policy does, and note how."""
        scores = self._policy.scores(features)
        if self._turn is not None:
            self._turn.features, self._turn.scores = features, scores
        return scores

    def _tried(self, view: View, option: Option, well: bool, *rest: Any) -> None:
        if self._turn is not None:
            self._turn.view, self._turn.option, self._turn.well = view, option, well

    def _went(self, move: Move) -> None:
        if self._turn is not None and not any(move is one for one in self._turn.moves):
            self._turn.moves.append(move)


class _Heard:
    """The policy, overheard. Implements PickPolicy."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched

    def scores(self, features: Array) -> Array:
        """See `PickPolicy`."""
        return self._watched.ranked(features)


class _HeardArm(PalletArm):
    """The arm, overheard: where the tool is on a move is asked for once the arm makes it."""

    _inner: PalletArm
    _heard: Callable[[Move], None]

    @classmethod
    def of(cls, arm: PalletArm, heard: Callable[[Move], None]) -> _HeardArm:
        """Return an arm that goes as another does and tells of it."""
        new = cls.__new__(cls)
        vars(new).update(vars(arm))
        new._inner, new._heard = arm, heard
        return new

    def tool(self, move: Move, times: Array) -> Array:
        """See `PalletArm`."""
        self._heard(move)
        return self._inner.tool(move, times)
