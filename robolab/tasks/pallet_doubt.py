"""How sure it is where a face is, and what lies on it or about it that no face explains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from robolab.core.transforms import Array
from robolab.tasks.pallet_faces import LOWEST, SURE, Crushed, SeenFace, Spot
from robolab.tasks.pallet_remains import Remains

KNOWN = 0.05
"""How far the height of a face may be off; one that is not sure is felt for [m]."""
_FAINT, _MIRRORED = 0.7, 0.25
"""Confidence below which a face may be higher than it looks by so much: in a dark, shiny top a camera sees what is mirrored [m]."""
ON_SPOT = 0.3
"""How high a case may be that stands where depth is missing on a face [m]."""
_CUP = 0.05
"""How far about a place a tool that comes down there reaches [m]."""


def doubt(face: SeenFace, on_it: Sequence[SeenFace]) -> float:
    """How much higher than it looks a face may be, 0 where it is known [m].

    Args:
        on_it: What lies on it that it does not explain, as where a corner is pushed in.
    """
    if any(isinstance(one, Spot) for one in on_it):
        return ON_SPOT
    if face.confidence < _FAINT:
        return _MIRRORED
    return KNOWN if on_it or face.confidence < SURE else 0.0


def mirrored(face: SeenFace) -> float:
    """How much higher than it looks a face may be whose depth is but that of what it mirrors, 0 where it is known [m]."""
    faint = 0.0 < face.confidence < _FAINT and not isinstance(face, Crushed)
    return _MIRRORED if faint else 0.0


def over(face: SeenFace, remains: Remains) -> bool:
    """Whether a patch belongs to what is to be felt for."""
    off = np.abs(face.X_world_face[:2, 3] - remains.middle)
    return bool((off <= remains.extent / 2.0).all())


def around(face: SeenFace, place: Array) -> bool:
    """Whether a place lies within a face's outline, or nearly so."""
    local = (place - face.X_world_face[:3, 3]) @ face.X_world_face[:3, :2]
    return bool((np.abs(local) < np.asarray(face.extent) / 2.0 + _CUP).all())


def lies_on(patch: SeenFace, face: SeenFace) -> bool:
    """Whether what is no known face lies within the outline of one, too low for a case of its own."""
    if patch.confidence > 0.0:
        return False
    local = (patch.X_world_face[:3, 3] - face.X_world_face[:3, 3]) @ face.X_world_face[:3, :3]
    inside = (np.abs(local[:2]) < np.asarray(face.extent) / 2.0).all()
    return bool(inside and abs(local[2]) < LOWEST)
