"""What a lift test says about a face: whether the case that hangs is the one that was seen, or a part of it.

The wrist feels where a load's weight hangs. Contents are taken to lie about the middle of their case, so a weight
beside the middle of a face says that the face is not the case's whole upper face: part of it is hidden under
another case, or two cases stand so close that they were seen as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array, apply, inverse
from robolab.tasks.pallet_faces import CaseFace, SeenFace, corners

USUAL, _SURE = 0.15, 3.0
"""How far the weight of one case may hang beside its middle, in shares of its side and in standard deviations."""
_ASTRAY = 0.025
"""How far what is seen of a case may reach beyond where it is found to be by its weight [m]."""
_THINNEST = 0.06
"""Sides of what is left of a face below which there is no case in it [m]."""


@dataclass(frozen=True)
class Felt:
    """What the wrist says after the lift test: weight [kg], and where it hangs along the tool's x and y, shape (2,) [m].

    Attributes:
        std: Standard deviation of the latter [m].
    """

    weight: float
    hangs: Array
    std: float


def beside(face: SeenFace, X_world_tcp: Array, felt: Felt, usual: float = USUAL) -> Array:
    """Return how far the weight hangs beside a face's middle along its x and y, 0 where no farther than usual, shape (2,).

    Args:
        usual: Share of a side; none where other signs say already that the face is more than one case.
    """
    X_face_tcp = inverse(face.X_world_face) @ X_world_tcp
    hangs = X_face_tcp[:2, :2] @ felt.hangs + X_face_tcp[:2, 3]
    least = usual * np.asarray(face.extent) + _SURE * felt.std
    return np.where(np.abs(hangs) > least, hangs, 0.0)


def within(face: SeenFace, off: Array) -> bool:
    """Whether what hangs can be all of a face or a part of it: nothing whose weight lies outside it can, nor a splinter.

    Args:
        off: Where the weight hangs, as `beside` gives it, shape (2,) [m].
    """
    side = np.asarray(face.extent) - 2.0 * np.abs(off)
    return bool((side >= _THINNEST).all())


def parted(face: SeenFace, off: Array) -> tuple[SeenFace, tuple[SeenFace, ...]]:
    """Return the face of what hangs, and what of the seen face is left standing.

    Args:
        off: Where the weight hangs, as `beside` gives it, shape (2,) [m]. What hangs reaches as far to the one side
            of that as to the other, and no farther than the face.
    """
    if not off.any() or not within(face, off):
        return face, ()
    whole = np.asarray(face.extent)
    side = whole - 2.0 * np.abs(off)
    middle = np.array(off)
    rest: list[SeenFace] = []
    low, high = -whole / 2.0, whole / 2.0
    for axis in (0, 1):
        if off[axis] == 0.0:
            continue
        cut = middle[axis] - np.sign(off[axis]) * side[axis] / 2.0
        a, b = low.copy(), high.copy()
        (b if off[axis] > 0.0 else a)[axis] = cut
        rest.append(_part(face, a, b))
        (low if off[axis] > 0.0 else high)[axis] = cut
    return _part(face, middle - side / 2.0, middle + side / 2.0), tuple(rest)


def whole_of(
    face: SeenFace, extent: Array, middle: Array, others: Sequence[SeenFace]
) -> CaseFace | None:
    """Return the face of a case of which a seen one can be but a piece; None where what else is seen contradicts that.

    Args:
        extent: Of the case, shape (2,) [m].
        middle: Where its weight hangs, shape (3,) [m].
        others: All else that is seen: pieces of it, or beside it.
    """
    known = [other for other in others if other.confidence > 0.0]
    for turned in (False, True):
        X = face.X_world_face.copy()
        X[:2, 3] = middle[:2]
        if turned:
            X[:3, :2] = np.column_stack([X[:3, 1], -X[:3, 0]])
        whole = CaseFace(X, np.asarray(extent), face.confidence)
        if holds(whole, face) and all(holds(whole, one) or _clear(whole, one) for one in known):
            return whole
    return None


def holds(whole: SeenFace, part: SeenFace) -> bool:
    """Whether a face lies within the outline of another, or reaches beyond it by little."""
    return bool((np.abs(_corners(whole, part)) <= np.asarray(whole.extent) / 2.0 + _ASTRAY).all())


def _clear(whole: SeenFace, other: SeenFace) -> bool:
    """Whether a face lies beside another, or reaches into its outline by little."""
    room = np.asarray(whole.extent) / 2.0 - _ASTRAY
    mine = (np.abs(_corners(whole, other)) < room).all(axis=1).any()
    theirs = np.abs(_corners(other, whole)) < np.asarray(other.extent) / 2.0 - _ASTRAY
    middle = (other.X_world_face[:3, 3] - whole.X_world_face[:3, 3]) @ whole.X_world_face[:3, :2]
    return not (mine or theirs.all(axis=1).any() or (np.abs(middle) < room).all())


def _corners(frame: SeenFace, face: SeenFace) -> Array:
    """Corners of a face along another's x and y, shape (4, 2) [m]."""
    return apply(inverse(frame.X_world_face), corners(face))[:, :2]


def cut(face: SeenFace, count: int, axis: int) -> tuple[SeenFace, ...]:
    """Return a face in so many equal parts along its x (0) or y (1)."""
    high = np.asarray(face.extent) / 2.0
    low, side = -high, 2.0 * high[axis] / count
    parts: list[SeenFace] = []
    for k in range(count):
        low[axis] = k * side - count * side / 2.0
        high[axis] = low[axis] + side
        parts.append(_part(face, low, high))
    return tuple(parts)


def _part(face: SeenFace, low: Sequence[float] | Array, high: Sequence[float] | Array) -> CaseFace:
    """The part of a face between two of its corners, x along the longer side."""
    low, high = np.asarray(low), np.asarray(high)
    X = face.X_world_face.copy()
    X[:3, 3] += X[:3, :2] @ ((low + high) / 2.0)
    side = high - low
    if side[1] > side[0]:
        X[:3, :2] = np.column_stack([X[:3, 1], -X[:3, 0]])
        side = side[::-1]
    return CaseFace(X, side, face.confidence)
