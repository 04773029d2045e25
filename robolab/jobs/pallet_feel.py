"""Taking what no camera knows the shape of: a cup is lowered until it touches, and hops beside where it does not seal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from robolab.core.transforms import Array, pose, pose_rpy
from robolab.jobs.pallet_attempt import LEAKS
from robolab.jobs.pallet_hand import Hand
from robolab.jobs.pallet_motion import approach
from robolab.jobs.pallet_tally import NO_WAY
from robolab.planning.pallet_moves import Move
from robolab.tasks.pallet_case import Case
from robolab.tasks.pallet_choice import Option, options_of
from robolab.tasks.pallet_faces import CaseFace, Hole, SeenFace
from robolab.tasks.pallet_grip import contact

_BARE, _SLOWLY = 0.03, 0.15
"""Height above the deck below which a cup feels the deck [m], and the speed at which it is lowered [m/s]."""
_CLEAR = 0.03
"""What a tool keeps above what is seen beside the place that it is lowered to [m]."""
_WIDE = 0.7
"""Share of the longest side of cases that one of unknown shape may take up."""
_HOP = 0.03
_HOPS = tuple(np.array([x, y, 0.0]) for x, y in ((0.04, 0), (-0.04, 0), (0, 0.04), (0, -0.04)))
"""What a cup is raised by where it felt something without sealing on it, and where it is set down next [m]."""
_NO_WAY = f"{NO_WAY}: to what is to be felt for"


def feel_for(
    hand: Hand,
    top: CaseFace,
    doubt: float,
    others: Sequence[SeenFace],
    standing: dict[int, Case],
) -> str:
    """Lower the tool onto something of unknown shape until it touches, and take what seals.

    Args:
        top: What it offers to cups at least; its height is a guess.
        doubt: How much higher than guessed its top may be [m].
        others: All that is seen besides.
    Returns:
        Why it was left, empty where it was not.
    """
    highest = max(float(top.X_world_face[2, 3]) + doubt, _beside(hand, top, others))
    for option in options_of([top], hand.cell.deck, hand.cell.cups):
        trouble = _taken(hand, option, highest, others, standing)
        if trouble == LEAKS:
            return _hopped(hand, option, others, standing)
        if trouble != _NO_WAY:
            return trouble
    return _NO_WAY


def _beside(hand: Hand, top: CaseFace, others: Sequence[SeenFace]) -> float:
    """Height from which the tool clears what is seen within its reach about a place [m]."""
    reach = float(np.linalg.norm(hand.cell.cups.half))
    at = top.X_world_face[:2, 3]
    near = [
        float(face.X_world_face[2, 3]) + _CLEAR
        for face in others
        if np.linalg.norm(face.X_world_face[:2, 3] - at)
        < reach + float(np.linalg.norm(face.extent)) / 2.0
    ]
    return max(near, default=-np.inf)


def _hopped(
    hand: Hand, option: Option, others: Sequence[SeenFace], standing: dict[int, Case]
) -> str:
    """Set the tool down beside where it touched without sealing, on all four sides."""
    for shift in _HOPS:
        beside = replace(option, X_world_tcp=pose(shift) @ option.X_world_tcp)
        trouble = _taken(hand, beside, float(hand.X[2, 3]) + _HOP, others, standing)
        if trouble not in (LEAKS, _NO_WAY):
            return trouble
    return LEAKS


def _taken(
    hand: Hand,
    option: Option,
    highest: float,
    others: Sequence[SeenFace],
    standing: dict[int, Case],
) -> str:
    trouble = touch_down(hand, option, highest, others, standing)
    if trouble:
        return trouble
    cups = hand.cell.cups.places[list(option.used)].mean(axis=0)
    at = hand.X[:3, 3] + hand.X[:3, :2] @ cups
    # How wide it is nobody knows: carried as if it were nearly as wide as any.
    X = pose_rpy(at, (0.0, 0.0, option.yaw + float(np.arctan2(hand.X[1, 0], hand.X[0, 0]))))
    top = CaseFace(X, np.full(2, _WIDE * hand.cell.deck.longest))
    found = replace(option, face=len(others), X_world_tcp=hand.X)
    return hand.take(found, [*others, top], standing, bold=True)


def touch_down(
    hand: Hand,
    option: Option,
    highest: float,
    others: Sequence[SeenFace],
    standing: dict[int, Case],
    shy: bool = False,
) -> str:
    """Lower the tool slowly from a height until it touches; return why it did not come to that, empty where it did.

    Guesses at what may hide below the tool are no obstacles to it: from above them it goes slowly.

    Args:
        highest: From where on it is lowered slowly, or from higher [m].
        shy: Keep clear of what may be hidden under the edges of what is seen.
    """
    cell, X = hand.cell, option.X_world_tcp.copy()
    guesses = [o for o in others if isinstance(o, Hole) and _below(o, X, cell.cups.half)]
    others = [o for o in others if not any(o is guess for guess in guesses)]
    highest = max([highest, *(float(g.X_world_face[2, 3]) + _CLEAR for g in guesses)])
    X[2, 3] = max(contact(list(standing.values()), X, cell.cups), cell.deck.top)
    straight = highest - float(X[2, 3])
    if straight < 0.0:
        # A neighbour that is seen to be higher is in the way of the tool; only what is not seen is felt too early.
        X[2, 3] = highest
        there = approach(cell, hand.q, hand.X, X, others, cell.lift_for(highest), shy=shy)
        return "higher than it looked" if isinstance(there, Move) else _NO_WAY
    lift = cell.lift_for(float(X[2, 3]))
    move = approach(cell, hand.q, hand.X, X, others, lift, straight, shy)
    if not isinstance(move, Move):
        return _NO_WAY
    hand.go(move, lift, standing)
    hand.tally.seconds += straight / _SLOWLY
    return "nothing felt" if X[2, 3] < cell.deck.top + _BARE else ""


def _below(hole: Hole, X_world_tcp: Array, half: Array) -> bool:
    """Whether a hole's patch lies under the tool's outline, or so near that the tool would not clear it."""
    off = (hole.X_world_face[:3, 3] - X_world_tcp[:3, 3]) @ X_world_tcp[:3, :2]
    return bool((np.abs(off) < half + hole.extent + _CLEAR).all())
