"""Coming down on what is seen, and feeling for what no camera knows: a cup is lowered until it touches, and hops beside where it does not seal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from robolab.core.transforms import Array, pose, pose_rpy
from robolab.jobs.pallet_attempt import LEAKS
from robolab.jobs.pallet_hand import Hand
from robolab.jobs.pallet_motion import STRAIGHT, approach, beneath
from robolab.jobs.pallet_tally import NO_WAY
from robolab.planning.pallet_moves import Move
from robolab.tasks.pallet_case import Case
from robolab.tasks.pallet_choice import Option, options_of
from robolab.tasks.pallet_doubt import ON_SPOT
from robolab.tasks.pallet_faces import CaseFace, Hole, SeenFace
from robolab.tasks.pallet_grip import GIVE, SEALING, Cups, contact, seal
from robolab.tasks.pallet_zones import covered, groups

_BARE, _SLOWLY = 0.03, 0.3
"""Height above the deck below which a cup feels the deck [m], and the speed at which it is lowered: stopped by 5 m/s2 after
10 ms, it gives way by 12 mm [m/s]."""
_RANGE, _RANGED, _READING = 0.35, 0.005, 0.05
"""Ultrasound in the tool tells how far below it the next surface is, however dark or shiny: from so near, with that
standard deviation [m], and in that time [s]. The rest of the way is as slow as four of those are long."""
_CLEAR = 0.03
"""What a tool keeps above what is seen beside the place that it is lowered to [m]."""
_WIDE = 0.7
"""Share of the longest side of cases that one of unknown shape may take up."""
_HOP = 0.03
_HOPS = tuple(np.array([x, y, 0.0]) for x, y in ((0.04, 0), (-0.04, 0), (0, 0.04), (0, -0.04)))
"""What a cup is raised by where it felt something without sealing on it, and where it is set down next [m]."""
OFFER = np.array([0.13, 0.13])
"""What something of unknown shape offers to cups at least [m]."""
PRINT = "nothing stands where depth is missing"
HIGHER = "higher than it looked"
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
    trouble = _NO_WAY
    for option in options_of([top], hand.cell.deck, hand.cell.cups):
        trouble = _taken(hand, option, highest, others, standing)
        if trouble == LEAKS and not _on_known(hand, others):
            return _hopped(hand, option, others, standing)
        if not trouble.startswith(_NO_WAY):
            return trouble
    return trouble


def feel_spot(
    hand: Hand,
    face: SeenFace,
    place: Array,
    others: Sequence[SeenFace],
    standing: dict[int, Case],
) -> str:
    """Lower the tool to where depth is missing on a face, and take what stands there; return why not.

    Args:
        place: In the midst of what is missing, shape (3,) [m]. others: All that is seen besides.
    """
    height = float(face.X_world_face[2, 3])
    around = [*others, beneath(face, height)]
    trouble = _NO_WAY
    for option in options_of([CaseFace(pose(place), OFFER)], hand.cell.deck, hand.cell.cups):
        trouble = touch_down(hand, option, height + ON_SPOT, around, standing)
        if not trouble.startswith(_NO_WAY):
            felt = float(hand.X[2, 3]) > height + GIVE
            return trouble or (_by_any_cup(hand, option, around, standing) if felt else PRINT)
    return trouble


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


def _on_known(hand: Hand, others: Sequence[SeenFace]) -> bool:
    """Whether the tool rests on a face that is known: what is felt for is lower, and beside it no higher."""
    height, cups = float(hand.X[2, 3]), hand.cell.cups
    level = [
        face
        for face in others
        if face.confidence > 0.0 and abs(float(face.X_world_face[2, 3]) - height) < GIVE
    ]
    return any(covered(level, hand.X, cups, k) for k in range(len(cups.places)))


def _hopped(
    hand: Hand, option: Option, others: Sequence[SeenFace], standing: dict[int, Case]
) -> str:
    """Set the tool down beside where it touched without sealing, on all four sides."""
    for shift in _HOPS:
        beside = replace(option, X_world_tcp=pose(shift) @ option.X_world_tcp)
        trouble = _taken(hand, beside, float(hand.X[2, 3]) + _HOP, others, standing)
        if trouble != LEAKS and not trouble.startswith(_NO_WAY):
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
    return trouble or _by_any_cup(hand, option, others, standing)


def _by_any_cup(
    hand: Hand, option: Option, others: Sequence[SeenFace], standing: dict[int, Case]
) -> str:
    """Take what the tool stands on by the cups that were meant for it, or by one that is tight."""
    trouble = _held_by(hand, option, option.used, others, standing)
    if trouble != LEAKS:
        return trouble
    cup = _tight(hand, others, standing)
    return trouble if cup is None else _held_by(hand, option, (cup,), others, standing)


def _held_by(
    hand: Hand,
    option: Option,
    used: tuple[int, ...],
    others: Sequence[SeenFace],
    standing: dict[int, Case],
) -> str:
    """Take what some of the cups stand on."""
    cups = hand.cell.cups.places[list(used)].mean(axis=0)
    at = hand.X[:3, 3] + hand.X[:3, :2] @ cups
    # How wide it is nobody knows: carried as if it were nearly as wide as any.
    X = pose_rpy(at, (0.0, 0.0, option.yaw + float(np.arctan2(hand.X[1, 0], hand.X[0, 0]))))
    top = CaseFace(X, np.full(2, _WIDE * hand.cell.deck.longest))
    found = replace(option, face=len(others), used=used, X_world_tcp=hand.X)
    return hand.take(found, [*others, top], standing, bold=True)


def _tight(hand: Hand, others: Sequence[SeenFace], standing: dict[int, Case]) -> int | None:
    """Switch on all cups that lie on no known face; return the one in the midst of most that are tight, if any is.

    One alone: how many cases lie under several, nobody knows.
    """
    cups = hand.cell.cups
    known = [face for face in others if face.confidence > 0.0]
    free = [k for k in range(len(cups.places)) if not covered(known, hand.X, cups, k)]
    hand.tally.seconds += SEALING
    tight = seal(list(standing.values()), hand.X, cups, free).tight
    if not tight:
        return None
    group = list(groups(cups, tight)[0])
    off = np.linalg.norm(cups.places[group] - cups.places[group].mean(axis=0), axis=1)
    return group[int(np.argmin(off))]


def reached(
    hand: Hand,
    option: Option,
    face: SeenFace,
    unsure: float,
    others: Sequence[SeenFace],
    standing: dict[int, Case],
    shy: bool = False,
) -> str:
    """Go to a face; return why not, empty where the tool stands on it.

    Args:
        unsure: How much higher than it looks it may be, 0 where it is known [m].
        shy: Keep clear of what may be hidden under the edges of what is seen.
    """
    if unsure > 0.0:
        height = float(face.X_world_face[2, 3])
        return touch_down(hand, option, height + unsure, [*others, face], standing, shy)
    goal = option.X_world_tcp
    around = [*others, beneath(face, float(goal[2, 3]))]
    why = _gone_to(hand, goal, around, standing, STRAIGHT, shy)
    return f"{NO_WAY}: {why}" if why else ""


def _gone_to(
    hand: Hand,
    goal: Array,
    others: Sequence[SeenFace],
    standing: dict[int, Case],
    straight: float,
    shy: bool,
) -> str:
    """Move the tool to a pose, the last of the way straight down; return why there is no way, empty where it is there."""
    lift = hand.cell.lift_for(float(goal[2, 3]))
    move = approach(hand.cell, hand.q, hand.X, goal, others, lift, straight, shy)
    if not isinstance(move, Move):
        return move.reason
    hand.go(move, lift, standing)
    return ""


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
    known = [*(float(g.X_world_face[2, 3]) for g in guesses), *hand.met_at(X)]
    highest = max([highest, *(top + _CLEAR for top in known)])
    cases = list(standing.values())
    X[2, 3] = max(contact(cases, X, cell.cups), cell.deck.top)
    others = [_down_to(other, option, X, cell.cups) for other in others]
    straight = highest - float(X[2, 3])
    if straight < 0.0 and (why := _barred(hand, X, highest, others, shy)):
        return f"{_NO_WAY}: {why}"
    if why := _gone_to(hand, X, others, standing, max(straight, 0.0), shy):
        return f"{_NO_WAY}: {why}"
    if straight < 0.0:
        hand.meets(hard=contact(cases, X, cell.cups, 0.0) > highest + GIVE)
        return HIGHER
    hand.tally.seconds += _lowering(straight, hand.range)
    return "nothing felt" if X[2, 3] < cell.deck.top + _BARE else ""


def _lowering(way: float, rng: np.random.Generator) -> float:
    """Time that the last way down takes beyond the move itself [s]."""
    near = 4.0 * _RANGED + rng.normal(0.0, _RANGED) + max(way - _RANGE, 0.0)
    return min(_READING + max(near, 0.0) / _SLOWLY, way / _SLOWLY)


def _down_to(face: SeenFace, option: Option, X_world_tcp: Array, cups: Cups) -> SeenFace:
    """What the tool is to stand on, no higher than where it will be felt; all else as it is."""
    under = any(covered([face], X_world_tcp, cups, k) for k in option.used)
    return beneath(face, float(X_world_tcp[2, 3])) if under else face


def _barred(
    hand: Hand, X_world_tcp: Array, height: float, others: Sequence[SeenFace], shy: bool
) -> str:
    """Why the tool cannot go above a place at a height for what is seen, empty where it can: only what is not seen is met unawares."""
    X = X_world_tcp.copy()
    X[2, 3] = height
    lift = hand.cell.lift_for(height)
    way = approach(hand.cell, hand.q, hand.X, X, others, lift, shy=shy)
    return "" if isinstance(way, Move) else way.reason


def _below(hole: Hole, X_world_tcp: Array, half: Array) -> bool:
    """Whether a hole's patch lies under the tool's outline, or so near that the tool would not clear it."""
    off = (hole.X_world_face[:3, 3] - X_world_tcp[:3, 3]) @ X_world_tcp[:3, :2]
    return bool((np.abs(off) < half + hole.extent + _CLEAR).all())
