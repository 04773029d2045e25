"""The two moves of a pick: to the case and with it to the belt, as low as what is seen lets them be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.jobs.pallet_cell import TALLEST, PalletCell, hidden_boxes, seen_boxes
from robolab.kernels.compiled import CompiledChecker
from robolab.planning.contract import NoPlan
from robolab.planning.pallet_moves import Move, Stop
from robolab.robots.model import Payload
from robolab.tasks.pallet_doubt import mirrored
from robolab.tasks.pallet_faces import CaseFace, SeenFace, at_height

COVERED = "goal in collision"
"""Why there is no way to where the tool cannot stand."""
CLEARANCE = 0.008
"""That arm and tool keep from what is seen [m]."""
_ABOVE_BELT = 0.006
"""Height above the belt at which a case is let go [m]."""
STRAIGHT = 0.03
"""Way up and down that stays straight where nothing asks for more [m]."""
_SHAPES = (
    (0.02, False, False),
    (0.02, False, True),
    (0.1, False, True),
    (0.03, True, True),
    (0.12, True, True),
    (0.25, True, True),
)
"""How far the middle of a way lies above its higher end [m], whether it rises all the way first, and whether its straight
ends are exactly so; in turn."""
_OVER = 0.04
"""What a way over all that is seen keeps from it [m]."""
_BEND = 0.15
"""Share of a long straight way up after which it bends to the side before its end."""
_MARGIN, _WIDER = 0.02, 0.06
"""What a carried case keeps from what is seen, and one that may be wider than it looks [m]."""
_LOOKS, _ASIDE = 128, 0.002
"""Places of a way at which that is looked at, and how far aside a case may be between its neighbours by then [m]."""


@dataclass(frozen=True)
class Carried:
    """A load on the tool: mass [kg], extent (2,) and height [m] of its case, with X_tcp_face (4, 4).

    Attributes:
        height: As the light curtain at the belt has it. tallest: What is known of it before, among the others [m].
        sure: Whether it is as large as it looks.
    """

    mass: float
    extent: Array
    height: float
    X_tcp_face: Array
    tallest: float = np.inf
    sure: bool = True


def approach(
    cell: PalletCell,
    q: Array,
    start: Array,
    goal: Array,
    others: Sequence[SeenFace],
    lift: float,
    straight: float = STRAIGHT,
    shy: bool = False,
) -> Move | NoPlan:
    """Plan the way to a case with an empty tool.

    Args:
        q, start: Joint positions (n,) and X_world_tcp (4, 4) of where the arm is.
        goal: X_world_tcp on the case, shape (4, 4). others: All that is seen, without the case.
        straight: Way down to it that is straight [m].
        shy: Keep farther from what may stand under the edges of what is seen.
    """
    boxes = seen_boxes(others, cell.deck) + (hidden_boxes(others, cell.deck) if shy else [])
    checker = cell.arm.checker(boxes, lift, CLEARANCE)
    plan: Move | NoPlan = NoPlan("no path in the budget given", "")
    higher = max(start[2, 3], goal[2, 3] + straight - STRAIGHT)
    over_all = (_highest(others) + _OVER - higher, True, True)
    for above, square, exact in (*_SHAPES, *([over_all] if over_all[0] > _SHAPES[-1][0] else [])):
        a, b = Stop(start, STRAIGHT, square, exact), Stop(goal, straight, square, exact)
        plan = cell.arm.plan(a, b, q, higher + above, lift, checker)
        # No other way leads to where the tool cannot stand.
        if isinstance(plan, Move) or plan.reason == COVERED:
            return plan
    return plan


def beneath(face: SeenFace, tool: float) -> CaseFace:
    """Return a face that the tool is to stand on as an obstacle on the way there: it may not be cut through from below.

    Args:
        tool: Height of the tool when it stands there [m].
    """
    top = min(float(face.X_world_face[2, 3]), tool)
    return CaseFace(at_height(face, top), face.extent, 0.0)


def carry(
    cell: PalletCell,
    q: Array,
    start: Array,
    others: Sequence[SeenFace],
    lift: float,
    load: Carried,
    acceleration: float,
    upright: bool = False,
) -> Move | NoPlan:
    """Plan the way to the belt with a case, turned so that its longer side lies along the belt.

    Args:
        q, start: Joint positions (n,) and X_world_tcp (4, 4) where the case hangs.
        others: All that is seen, without the case.
        acceleration: The most that the grip bears [m/s2].
        upright: Go straight up until nothing can stand beside it.
    """
    checker = cell.arm.checker(seen_boxes(others, cell.deck), lift, 0.0)
    payload = Payload(load.mass, np.array([*load.X_tcp_face[:2, 3], load.height / 2.0]))
    plan: Move | NoPlan = NoPlan("no path in the budget given", "nothing leads over what is seen")
    tallest = min(TALLEST[cell.kind], load.tallest, float(start[2, 3]) - cell.deck.top)
    ends = [place(cell, load, turn) for turn in (0.0, np.pi)]
    for X in sorted(ends, key=lambda X: abs(cell.arm.cylindrical(X)[3] - cell.arm.turn)):
        for straight, height, square, exact in _ways(start, X, tallest, _highest(others)):
            if upright and not (square and exact and straight >= tallest):
                continue
            a, b = Stop(start, straight, square, exact), Stop(X, STRAIGHT, exact=exact)
            if not _clear(cell.arm.way(a, b, q, height, _LOOKS), load, others, tallest):
                continue
            plan = cell.arm.plan(a, b, q, height, lift, checker, payload, acceleration)
            if isinstance(plan, Move):
                return plan
    return plan


def _ways(
    start: Array, goal: Array, tallest: float, highest: float
) -> list[tuple[float, float, bool, bool]]:
    """Straight way up and height of the middle [m], then as in `_SHAPES`; quick ones first, over all that is seen last."""
    z = float(start[2, 3])
    lowest = max(z, float(goal[2, 3]))
    ways = [
        (straight, max(lowest, z + straight) + above, square, exact)
        for straight in (STRAIGHT, 0.5 * tallest, tallest)
        for above, square, exact in _SHAPES
    ]
    over_all = highest + tallest + _OVER
    if over_all > ways[-1][1]:
        ways.append((tallest, over_all, True, True))
    above = over_all + _BEND * (over_all - z)
    return [*ways, (above - z, above, True, True)] if above - z > tallest else ways


def _highest(faces: Sequence[SeenFace]) -> float:
    """Height of the highest face; minus infinity where there is none [m]."""
    return max((float(face.X_world_face[2, 3]) for face in faces), default=-np.inf)


def place(cell: PalletCell, load: Carried, turn: float) -> Array:
    """Return X_world_tcp over the belt, the case just above it, shape (4, 4)."""
    X = np.eye(4)
    yaw = turn + np.arctan2(load.X_tcp_face[1, 0], load.X_tcp_face[0, 0])
    c, s = np.cos(yaw), np.sin(yaw)
    X[:3, :3] = np.array([[c, s, 0.0], [s, -c, 0.0], [0.0, 0.0, -1.0]])
    X[:3, 3] = cell.X_world_belt[:3, 3] + [0.0, 0.0, load.height + _ABOVE_BELT]
    X[:2, 3] -= (X[:3, :3] @ load.X_tcp_face[:3, 3])[:2]
    return X


def _clear(way: Array, load: Carried, others: Sequence[SeenFace], tallest: float) -> bool:
    """Whether a carried case stays above all that is seen, along a way of the tool."""
    if not others:
        return True
    share, margin = np.linspace(-0.5, 0.5, 6), _MARGIN if load.sure else _WIDER
    grid = np.stack(np.meshgrid(share, share), axis=-1).reshape(-1, 2)
    X = way @ load.X_tcp_face
    local = np.c_[grid * (load.extent + 2.0 * margin), np.zeros(len(grid))]
    points = np.einsum("mij,kj->mki", X[:, :3, :3], local) + X[:, None, :3, 3]
    points[..., 2] -= tallest
    began = points[0, :, 2].mean()
    points = points[np.linalg.norm(X[:, :2, 3] - X[0, :2, 3], axis=1) > _ASIDE]
    for face in others:
        F, half = face.X_world_face, np.asarray(face.extent) / 2.0
        # What is mirrored deeper than it is may be as high as what leaves beside it.
        top = max(F[2, 3], min(F[2, 3] + mirrored(face), began + tallest))
        if top <= began + 0.02:
            continue
        low = points[points[..., 2] < top + 0.01]
        if bool((np.abs((low - F[:3, 3]) @ F[:3, :2]) < half).all(axis=-1).any()):
            return False
    return True


def first_touch(checker: CompiledChecker, move: Move) -> float | None:
    """When the arm touches anything on a move [s], or None."""
    return checker.curve_touch(move.trajectory.curve)
