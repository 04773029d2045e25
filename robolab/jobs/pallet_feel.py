"""Taking what no camera knows the shape of: a cup is lowered until it touches, and hops beside where it does not seal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from robolab.core.transforms import Array, pose, pose_rpy
from robolab.jobs.pallet_hand import LEAKS, Hand
from robolab.jobs.pallet_motion import approach
from robolab.jobs.pallet_tally import NO_WAY
from robolab.planning.pallet_moves import Move
from robolab.tasks.pallet_case import Case
from robolab.tasks.pallet_choice import Option, options_of
from robolab.tasks.pallet_faces import CaseFace, SeenFace
from robolab.tasks.pallet_grip import contact

_BARE, _SLOWLY = 0.03, 0.15
"""Height above the deck below which a cup feels the deck [m], and the speed at which it is lowered [m/s]."""
_PROMISED, _WIDE = 0.13, 0.7
"""Side that a case of unknown shape offers to cups at least [m], and share of the longest that it may take up."""
_HOP = 0.03
_HOPS = tuple(np.array([x, y, 0.0]) for x, y in ((0.04, 0), (-0.04, 0), (0, 0.04), (0, -0.04)))
"""What a cup is raised by where it felt something without sealing on it, and where it is set down next [m]."""
_NO_WAY = f"{NO_WAY}: to what is to be felt for"
_QUARTER = (np.eye(4), pose_rpy((0.0, 0.0, 0.0), (0.0, 0.0, np.pi / 2.0)))


def feel_for(
    hand: Hand,
    place: Array,
    extent: Array,
    doubt: float,
    others: Sequence[SeenFace],
    standing: dict[int, Case],
) -> str:
    """Lower the tool onto something of unknown shape until it touches, and take what seals.

    Args:
        place: Of its top, whose height is a guess, shape (3,) [m]. extent: Of it, at most, shape (2,) [m].
        doubt: How much higher than guessed its top may be [m].
        others: All that is seen besides.
    Returns:
        Why it was left, empty where it was not.
    """
    side = np.sort(np.clip(extent, _PROMISED, hand.cell.deck.longest))[::-1]
    top = CaseFace(pose(place) @ _QUARTER[int(extent[1] > extent[0])], side)
    for option in options_of([top], hand.cell.deck, hand.cell.cups):
        trouble = _lowered(hand, option, float(place[2]) + doubt, side, others, standing)
        if trouble == LEAKS:
            return _hopped(hand, option, side, others, standing)
        if trouble != _NO_WAY:
            return trouble
    return _NO_WAY


def _hopped(
    hand: Hand,
    option: Option,
    side: Array,
    others: Sequence[SeenFace],
    standing: dict[int, Case],
) -> str:
    """Set the tool down beside where it touched without sealing, on all four sides."""
    for shift in _HOPS:
        beside = replace(option, X_world_tcp=pose(shift) @ option.X_world_tcp)
        highest = float(hand.X[2, 3]) + _HOP
        trouble = _lowered(hand, beside, highest, side, others, standing)
        if trouble not in (LEAKS, _NO_WAY):
            return trouble
    return LEAKS


def _lowered(
    hand: Hand,
    option: Option,
    highest: float,
    side: Array,
    others: Sequence[SeenFace],
    standing: dict[int, Case],
) -> str:
    """Lower the tool from a height until it touches, and take what seals."""
    cell, X = hand.cell, option.X_world_tcp.copy()
    X[2, 3] = max(contact(list(standing.values()), X, cell.cups), cell.deck.top)
    straight = highest - float(X[2, 3])
    if straight < 0.0:
        return "higher than it looked"
    lift = cell.lift_for(float(X[2, 3]))
    move = approach(cell, hand.q, hand.X, X, others, lift, straight)
    if not isinstance(move, Move):
        return _NO_WAY
    hand.go(move, lift, standing)
    hand.tally.seconds += straight / _SLOWLY
    if X[2, 3] < cell.deck.top + _BARE:
        return "nothing felt"
    at = X[:3, 3] + X[:3, :2] @ cell.cups.places[list(option.used)].mean(axis=0)
    # How wide it is nobody knows: carried as if it were nearly as wide as any.
    top = CaseFace(pose(at), np.maximum(side, _WIDE * cell.deck.longest))
    found = replace(option, face=len(others), X_world_tcp=X)
    return hand.take(found, [*others, top], standing, bold=True)
