"""What stands on a mixed pallet: cases with their prints, drawn by a seed and settled by physics.

World has its origin on the floor below the robot's base, z up. Sizes, masses and stacking follow what two kinds of cell
can carry; shapes and prints come from catalogues that differ by split, so that none of the unseen ones is learned from.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from robolab.core.errors import UnknownName
from robolab.core.rng import stream
from robolab.core.transforms import Array, pose
from robolab.sim.pile import Pile, PileBody

Kind = Literal["box", "tote", "bag"]
ArmKind = Literal["ur10e", "palletiser"]
Level = Literal["easy", "mixed", "hard"]
Split = Literal["train", "aside", "unseen"]
LEVELS: tuple[Level, ...] = ("easy", "mixed", "hard")
SPLITS: tuple[Split, ...] = ("train", "aside", "unseen")
Colour = tuple[float, float, float]
Rectangle = tuple[float, float, float, float]
"""u0, v0, u1, v1 as shares of a face."""


@dataclass(frozen=True)
class Mark:
    """Something on a face.

    Attributes:
        face: 0 to 5 for +x, -x, +y, -y, +z, -z of the case; u and v run along the face's other two axes in
            the order x, y, z.
    """

    kind: Literal["label", "tape", "print"]
    face: int
    rectangle: Rectangle
    colour: Colour


@dataclass(frozen=True)
class PrintSpec:
    """How a case looks: ground colour (RGB, 0 to 1), what spoils its depth image, and its marks; `seed` is for fine print."""

    colour: Colour
    dark: bool
    shiny: bool
    crushed: bool
    marks: tuple[Mark, ...]
    seed: int


@dataclass(frozen=True)
class Case:
    """One case: full size (3,) [m], mass [kg], X_world_case (4, 4) of its middle."""

    name: str
    kind: Kind
    size: Array
    mass: float
    X_world_case: Array
    look: PrintSpec


_SEEN = 1.05
"""How much larger than it is a case may look, as a factor."""


@dataclass(frozen=True)
class Deck:
    """Where the pallet stands and what it may bear for an arm.

    Attributes:
        X_world_deck: Middle of the pallet's body, shape (4, 4).
        size: Of the pallet's body, shape (3,) [m].
        height: Greatest of the stack above the deck [m].
        longest, widest, narrowest, heaviest: Of a case as it lies [m, m, m, kg].
    """

    X_world_deck: Array
    size: Array
    height: float
    longest: float
    widest: float
    narrowest: float
    heaviest: float

    @property
    def top(self) -> float:
        """Height of the deck's upper face in world [m]."""
        return float(self.X_world_deck[2, 3] + self.size[2] / 2.0)

    def too_large(self, extent: Array) -> np.ndarray:
        """Along which of its sides a face of so many metres is more than one case's, shape (2,)."""
        return np.asarray(extent) > _SEEN * np.array([self.longest, self.widest])


DECKS: dict[ArmKind, Deck] = {
    "ur10e": Deck(pose([0.70, 0.0, 0.072]), np.array([0.6, 0.8, 0.144]), 1.0, 0.4, 0.26, 0.12, 8.0),
    "palletiser": Deck(
        pose([1.9, 0.0, 0.072]), np.array([0.8, 1.2, 0.144]), 1.5, 0.6, 0.4, 0.16, 25.0
    ),
}


@dataclass(frozen=True)
class Pallet:
    """A loaded pallet after settling. `slip_sheet`: a smooth sheet lies on the deck."""

    cases: tuple[Case, ...]
    level: Level
    seed: int
    split: Split
    slip_sheet: bool
    arm: ArmKind = "ur10e"

    @property
    def deck(self) -> Deck:
        return DECKS[self.arm]


FRICTION: dict[Kind, float] = {"box": 0.5, "tote": 0.35, "bag": 0.7}
"""Coulomb friction of a case against others: corrugated board about 0.5, plastics less, sacks more."""
_DECK_FRICTION, _SHEET_FRICTION = 0.6, 0.35
_DRAWS = 50
_SETTLED, _SUNK = 1.5, 0.08
"""A pile that takes longer to rest [s], or in which a case comes down by more [m], is drawn again."""


def draw_pallet(level: Level, seed: int, split: Split, arm: ArmKind = "ur10e") -> Pallet:
    """Return the pallet that level, seed, split and arm determine, at rest.

    Raises:
        UnknownName: no such level, split or arm.
    """
    from robolab.tasks.pallet_stack import draw_stack

    for kind, name, valid in (
        ("level", level, LEVELS),
        ("split", split, SPLITS),
        ("arm", arm, DECKS),
    ):
        if name not in valid:
            raise UnknownName(kind, str(name), valid)
    for attempt in range(_DRAWS):
        rng = stream(seed, "pallet", arm, level, split, attempt)
        cases = draw_stack(level, split, DECKS[arm], rng, arm)
        pallet = Pallet(cases, level, seed, split, bool(rng.uniform() < 0.3), arm)
        settled = _settled(pallet)
        if settled is not None:
            return settled
    raise AssertionError("no pile of so many drawn ones stands")


def _settled(pallet: Pallet) -> Pallet | None:
    """Let a pallet settle; None where the pile creeps on or something comes down."""
    with pile_of(pallet, pallet.cases) as pile:
        time = pile.settle()
        poses = pile.poses()
    cases = tuple(replace(c, X_world_case=X) for c, X in zip(pallet.cases, poses, strict=True))
    sunk = [
        a.X_world_case[2, 3] - b.X_world_case[2, 3]
        for a, b in zip(pallet.cases, cases, strict=True)
    ]
    stands = (
        bool(cases)
        and time < _SETTLED
        and max(sunk) < _SUNK
        and all(on_deck(c, pallet.deck) for c in cases)
    )
    return replace(pallet, cases=cases) if stands else None


def pile_of(pallet: Pallet, cases: Sequence[Case], loose: Collection[int] | None = None) -> Pile:
    """Return a physics world of cases on a pallet; whoever asked closes it.

    Args:
        loose: Numbers of the cases that may move; without it, all of them.
    """
    deck = pallet.deck
    bodies = [
        PileBody(
            c.size,
            c.mass if loose is None or i in loose else 0.0,
            c.X_world_case,
            FRICTION[c.kind],
        )
        for i, c in enumerate(cases)
    ]
    slip = _SHEET_FRICTION if pallet.slip_sheet else _DECK_FRICTION
    return Pile((deck.X_world_deck, deck.size), bodies, slip)


def on_deck(case: Case, deck: Deck) -> bool:
    """Whether a case still stands on its pallet: its middle above the deck, not beside it."""
    at = case.X_world_case[:3, 3]
    beside = np.abs(at - deck.X_world_deck[:3, 3])[:2] > deck.size[:2] / 2.0
    return bool(at[2] > deck.top and not beside.any())
