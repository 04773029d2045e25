"""Small pallets for tests of what the arm does with them."""

from __future__ import annotations

import numpy as np

from robolab.core.transforms import Array, pose
from robolab.jobs.pallet_cell import PalletCell, over
from robolab.jobs.pallet_hand import Hand
from robolab.jobs.pallet_motion import approach
from robolab.planning.pallet_moves import Move
from robolab.tasks.pallet_case import DECKS, ArmKind, Case, Deck, Pallet, PrintSpec

DECK = DECKS["ur10e"]
PLAIN = PrintSpec((0.7, 0.6, 0.4), False, False, False, (), 0)


def on_deck(x: float, y: float, above: float, deck: Deck = DECK) -> Array:
    """A place so far beside the deck's middle and above the deck, shape (3,) [m]."""
    at: Array = deck.X_world_deck[:3, 3] * (1.0, 1.0, 0.0) + [x, y, deck.top + above]
    return at


def box(
    name: str,
    x: float,
    y: float,
    mass: float = 2.0,
    size: tuple[float, float, float] = (0.3, 0.2, 0.16),
    above: float = 0.0,
    deck: Deck = DECK,
) -> Case:
    """A case that stands on the deck, or so far above it."""
    at = on_deck(x, y, above + size[2] / 2.0, deck)
    return Case(name, "box", np.array(size), mass, pose(at), PLAIN)


def pallet(*cases: Case, arm: ArmKind = "ur10e") -> Pallet:
    return Pallet(cases, "easy", 0, "train", False, arm)


def hand_over(cell: PalletCell, cases: tuple[Case, ...], at: Array) -> Hand:
    """An empty hand whose tool has gone to a place, straight down."""
    hand = Hand(cell, pallet(*cases, arm=cell.kind))
    goal = over(pose(at), 0.0)
    lift = cell.lift_for(float(at[2]))
    move = approach(cell, hand.q, hand.X, goal, (), lift)
    assert isinstance(move, Move)
    hand.go(move, lift, {})
    return hand
