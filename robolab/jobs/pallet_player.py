"""Plays turns of an episode in time: where arm, lift and cases are at each moment, and what happens in words.

Turns come in one after the other, while the episode goes on elsewhere; what is shown waits where the next is not there
yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from robolab.core.transforms import Array, inverse
from robolab.jobs.pallet_cell import LIFT_SPEED, PalletCell
from robolab.jobs.pallet_record import in_words
from robolab.jobs.pallet_watch import Turn
from robolab.planning.pallet_moves import Move
from robolab.tasks.pallet_case import Case
from robolab.tasks.pallet_faces import SeenFace
from robolab.tasks.pallet_grip import SEALING
from robolab.tasks.pallet_world import LIFT, LIFT_TIME

_LOOKING = 0.8
"""How long what was found is shown before the arm goes; it takes no time of the robot's [s]."""
_BELT_SPEED = 0.6
"""At which cases leave [m/s]."""
_BELT_LENGTH, _RELEASE = 1.2, 0.1
"""How far they are shown [m], and how long it takes to let go [s]."""
AWAY = np.array([0.0, 0.0, -5.0])
"""Where cases are put that have left."""


@dataclass(frozen=True)
class Shot:
    """One moment to show.

    Attributes:
        q: Of the arm, shape (n,). lift: Height of its base [m].
        poses: Of cases in world by name, shape (4, 4) each.
        faces: That were found. chosen: Number of the one that is taken, or None.
        words: What happens. moved: Cases on the belt so far.
    """

    q: Array
    lift: float
    poses: dict[str, Array]
    faces: tuple[SeenFace, ...] = ()
    chosen: int | None = None
    words: str = ""
    moved: int = 0


@dataclass(frozen=True)
class _Act:
    """Something that goes on from a time on, for so long [s]; `at` says what is seen after a share of it."""

    begins: float
    seconds: float
    at: Callable[[float], Shot]
    ends_turn: bool = False


class Player:
    """Plays one pallet in a cell; see `feed` and `advance`."""

    def __init__(self, cell: PalletCell) -> None:
        self._cell = cell
        self._acts: list[_Act] = []
        self._last = Shot(cell.home, cell.arm.base, {})
        self._shot, self._now, self._end = self._last, 0.0, 0.0
        self._leaving: dict[str, tuple[float, Array]] = {}

    @property
    def hungry(self) -> bool:
        """Whether all turns that came in have been played."""
        return not self._acts

    def advance(self, seconds: float) -> Shot:
        """Go on by a time of the robot's [s]; return what is to be seen then."""
        self._now = min(self._now + seconds, self._end)
        while self._acts and self._now >= self._acts[0].begins + self._acts[0].seconds:
            self._shot = self._acts.pop(0).at(1.0)
        if self._acts:
            act = self._acts[0]
            self._shot = act.at((self._now - act.begins) / act.seconds)
        return replace(self._shot, poses=self._shot.poses | self._on_the_way_out())

    def skip(self) -> Shot:
        """Go to the end of the turn that is played."""
        ends = (act.begins + act.seconds for act in self._acts if act.ends_turn)
        return self.advance(next(ends, self._end) - self._now)

    def _on_the_way_out(self) -> dict[str, Array]:
        """Where the belt has taken cases that were let go on it."""
        along, poses = self._cell.X_world_belt[:3, 0], dict[str, Array]()
        for name, (since, X) in self._leaving.items():
            if self._now >= since:
                way = _BELT_SPEED * (self._now - since)
                poses[name] = X.copy()
                poses[name][:3, 3] = X[:3, 3] + along * way if way < _BELT_LENGTH else AWAY
        return poses

    def feed(self, turn: Turn) -> None:
        """Take a turn that is over."""
        poses = {name: _away() for name in self._last.poses}
        poses |= {case.name: case.X_world_case for case in turn.cases}
        chosen = None if turn.option is None else turn.option.face
        words = in_words(turn)
        looked = replace(
            self._last, poses=poses, faces=tuple(turn.view.faces), chosen=chosen, words=words
        )
        self._add(_LOOKING, lambda _: looked)
        if turn.approach is None:
            self._add(turn.ended - turn.began, lambda _: looked, ends=True)
            return
        self._rise(turn.approach.lift)
        self._go(turn.approach, f"to the case: {words}")
        self._stay(SEALING, "the vacuum builds up")
        self._stay(LIFT_TIME, "lift test: is it held, does its weight fit?")
        if turn.carry is None:
            why = ", ".join(dict.fromkeys(turn.mishaps)) or "not taken"
            self._stay(_LOOKING, f"set down: {why}", ends=True)
            return
        self._go(turn.carry, "to the belt", turn.taken)
        self._let_go(turn)

    def _add(self, seconds: float, at: Callable[[float], Shot], ends: bool = False) -> None:
        seconds = max(seconds, 1e-3)
        self._acts.append(_Act(self._end, seconds, at, ends))
        self._end += seconds
        self._last = at(1.0)

    def _stay(self, seconds: float, words: str, ends: bool = False) -> None:
        still = replace(self._last, words=words)
        self._add(seconds, lambda _: still, ends)

    def _rise(self, lift: float) -> None:
        """Move the lift column to a height [m]."""
        begun, by = self._last, lift - self._last.lift
        if abs(by) > 1e-6:
            words = "the lift column moves"
            self._add(abs(by) / LIFT_SPEED, lambda share: replace(begun, lift=begun.lift + share * by, words=words))  # fmt: skip

    def _go(self, move: Move, words: str, held: Case | None = None) -> None:
        """Go along a move, with a case on the tool where one is held."""
        begun, arm = replace(self._last, words=words, lift=move.lift), self._cell.arm
        if held is not None:
            begun = replace(begun, faces=(), chosen=None)

        def tool(share: float) -> Array:
            return arm.tool(move, np.array([share * move.duration]))[0]

        hangs = None if held is None else inverse(tool(0.0)) @ _lifted(held.X_world_case)

        def at(share: float) -> Shot:
            q = move.trajectory.position(share * move.duration)
            if held is None or hangs is None:
                return replace(begun, q=q)
            return replace(begun, q=q, poses=begun.poses | {held.name: tool(share) @ hangs})

        self._add(move.duration, at)

    def _let_go(self, turn: Turn) -> None:
        """Leave what was carried on the belt, and count it."""
        held = turn.taken
        if turn.moved and held is not None:
            self._leaving[held.name] = (self._end, self._last.poses[held.name])
        self._last = replace(self._last, moved=self._last.moved + turn.moved)
        trouble = ", ".join(dict.fromkeys(turn.mishaps))
        words = f"trouble: {trouble}" if trouble else "on the belt"
        self._stay(_LOOKING if trouble else _RELEASE, words, ends=True)


def _lifted(X: Array) -> Array:
    """A pose, as high as the lift test lifts it."""
    lifted = X.copy()
    lifted[2, 3] += LIFT
    return lifted


def _away() -> Array:
    X = np.eye(4)
    X[:3, 3] = AWAY
    return X
