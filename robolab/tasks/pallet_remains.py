"""What stands on a pallet without being known for a face, and where a cup could feel for it from above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

from robolab.core.transforms import Array
from robolab.tasks.pallet_faces import Hole, Ledge, SeenFace, Spot

_APART = 0.08
"""Patches that lie closer belong together [m]."""
_STEP = 2.0
"""How much more a difference in height keeps patches apart than one beside."""
_SURE, _UNSURE = 0.1, 0.15
"""How much higher than guessed a top may be: where something of it is seen, or what stood on it was measured; elsewhere [m]."""
_WIDEST = 0.5
"""Groups that are wider are several things: their middle is nowhere [m]."""
_PLACES = 3
"""At which a group of patches is felt for at most."""
_ABOUT = 0.12
"""A place is as high as the highest patch so near to it [m]."""
_ELSEWHERE = 0.05
"""What two places for one group are apart at least [m]."""


@dataclass(frozen=True)
class Remains:
    """Something that stands there, of unknown shape.

    Attributes:
        places: Where to feel for its top, the likeliest first, shape (k, 3) [m]; heights are a guess.
        middle: Of its outline along world's x and y, shape (2,) [m].
        extent: Of all of it along world's x and y, shape (2,) [m].
        doubt: How much higher than guessed its top may be [m].
        bare: Whether no depth is known of it.
    """

    places: Array
    middle: Array
    extent: Array
    doubt: float
    bare: bool

    @property
    def top(self) -> float:
        """Height that it is guessed to have [m]."""
        return float(self.places[0, 2])


def remains_of(faces: Sequence[SeenFace]) -> tuple[Remains, ...]:
    """Gather what is no known face (confidence 0) into groups, the highest first."""
    patches = [f for f in faces if f.confidence == 0.0 and not isinstance(f, (Ledge, Spot))]
    if not patches:
        return ()
    at = np.array([patch.X_world_face[:3, 3] for patch in patches])
    side = float(np.mean([patch.extent for patch in patches]))
    groups = np.ones(1, dtype=int)
    if len(at) > 1:
        groups = fcluster(linkage(at * (1.0, 1.0, _STEP)), _APART, "distance")
    found = [
        _remains([patch for patch, j in zip(patches, groups, strict=True) if j == k], side)
        for k in np.unique(groups)
    ]
    return tuple(sorted(found, key=lambda one: -one.top))


def _remains(patches: Sequence[SeenFace], side: float) -> Remains:
    """One group of patches: felt for in the middle of its outline, then where most of it is close by."""
    at = np.array([patch.X_world_face[:3, 3] for patch in patches])
    holes = [patch for patch in patches if isinstance(patch, Hole)]
    bare = 2 * len(holes) > len(patches)
    doubt = _UNSURE if bare and not any(hole.sure for hole in holes) else _SURE
    low, high = at[:, :2].min(axis=0), at[:, :2].max(axis=0)
    crowd = np.exp(-((at[:, None, :2] - at[None, :, :2]) ** 2).sum(axis=-1) / side**2).sum(axis=1)
    middle = (low + high) / 2.0
    places: list[Array] = [middle] if (high - low).max() < _WIDEST else []
    for k in np.argsort(-crowd, kind="stable"):
        if all(np.linalg.norm(at[k, :2] - place) > _ELSEWHERE for place in places):
            places.append(at[k, :2])
    kept = np.array(places[:_PLACES])
    apart = np.linalg.norm(kept[:, None] - at[None, :, :2], axis=-1)
    nearest = np.maximum(apart.min(axis=1, keepdims=True) + side, _ABOUT)
    heights = np.where(apart <= nearest, at[:, 2], -np.inf).max(axis=1)
    return Remains(np.c_[kept, heights], middle, high - low + side, doubt, bare)
