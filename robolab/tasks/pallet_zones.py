"""Which cups of a plate may lift together: where a face may be several cases that stand flush, only those on one of them.

Two things tell such cases apart that no camera shows. Cups on a seam stay open, so that those that are tight fall into
groups. And cups over one half of a face, or one quarter, lift no more than one of two cases; where its weight hangs says
whether that is all of the face.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from robolab.core.transforms import Array, inverse
from robolab.tasks.pallet_case import Deck
from robolab.tasks.pallet_faces import SeenFace
from robolab.tasks.pallet_grip import Cups

_SEEN = 0.02
"""How much larger or smaller than it is a face may look [m]."""
_RIM = 0.004
"""What a rim keeps from the edge of a part that was only felt [m]."""


def groups(cups: Cups, tight: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return cups that are tight, parted where an open one, or none, lies between; the largest group first."""
    pitch = _pitch(cups)
    left, found = list(tight), list[tuple[int, ...]]()
    while left:
        group = [left.pop(0)]
        for cup in group:  # grows while it is gone through
            off = np.abs(cups.places[left] - cups.places[cup]) / pitch
            near = [k for k, steps in zip(left, off.sum(axis=1), strict=True) if steps < 1.5]
            group += near
            left = [k for k in left if k not in near]
        found.append(tuple(sorted(group)))
    return sorted(found, key=len, reverse=True)


def share(
    face: SeenFace, X_world_tcp: Array, cups: Cups, used: tuple[int, ...], deck: Deck
) -> tuple[int, ...]:
    """Return the cups over one half of a face that may be two cases with a seam where no cup lies; none where it may not.

    Where it may be two along either side, they lie over a quarter of it. A face larger than any case is several for
    sure, and how many is not known: the outermost line of cups.

    Args:
        used: Numbers of the cups that fit the face.
    """
    at = _along(face, X_world_tcp, cups, used)
    large = deck.too_large(np.asarray(face.extent))
    if large.any():
        line = np.all(np.isclose(at, at.max(axis=0), atol=cups.radius / 2.0) | ~large, axis=1)
        return () if line.all() else tuple(k for k, one in zip(used, line, strict=True) if one)
    two = np.asarray(face.extent) > 2.0 * deck.narrowest - _SEEN
    over_seam = np.any(np.abs(at) < cups.radius, axis=0)
    beyond = at >= cups.radius
    split = two & ~over_seam & beyond.any(axis=0) & ~beyond.all(axis=0)
    if not split.any():
        return ()
    quarter = np.all(beyond[:, split], axis=1)
    return tuple(k for k, one in zip(used, quarter, strict=True) if one)


def inside(
    part: SeenFace, X_world_tcp: Array, cups: Cups, used: tuple[int, ...]
) -> tuple[int, ...]:
    """Return those of some cups whose rims lie within a part of a face."""
    at = np.abs(_along(part, X_world_tcp, cups, used))
    within = np.all(at + cups.radius + _RIM <= np.asarray(part.extent) / 2.0, axis=1)
    return tuple(k for k, one in zip(used, within, strict=True) if one)


def covered(faces: Sequence[SeenFace], X_world_tcp: Array, cups: Cups, cup: int) -> bool:
    """Whether a cup's middle lies within one of some faces."""
    return any(
        (np.abs(_along(face, X_world_tcp, cups, (cup,))) < np.asarray(face.extent) / 2.0).all()
        for face in faces
    )


def _along(face: SeenFace, X_world_tcp: Array, cups: Cups, used: tuple[int, ...]) -> Array:
    """Where cups are along a face's x and y, shape (k, 2) [m]."""
    places = cups.places[list(used)]
    points = np.c_[places, np.zeros(len(places)), np.ones(len(places))]
    return (points @ (inverse(face.X_world_face) @ X_world_tcp).T)[:, :2]


def _pitch(cups: Cups) -> Array:
    """Distance of neighbouring cups along the tool's x and y, shape (2,) [m]."""
    return np.array([
        np.diff(rows).min() if len(rows := np.unique(np.round(cups.places[:, k], 6))) > 1 else 1.0
        for k in (0, 1)
    ])  # fmt: skip
