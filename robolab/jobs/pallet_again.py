"""Taking once more, at once, what hung otherwise than it looked: by the middle of its weight, or as the case that it must be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from robolab.core.transforms import pose_rpy
from robolab.jobs.pallet_attempt import OTHERWISE, WEAK
from robolab.jobs.pallet_feel import feel_for, reached
from robolab.jobs.pallet_hand import Hand
from robolab.jobs.pallet_tally import NO_WAY
from robolab.tasks.pallet_belief import holds
from robolab.tasks.pallet_case import Case
from robolab.tasks.pallet_choice import options_of
from robolab.tasks.pallet_doubt import KNOWN, around, doubt, lies_on
from robolab.tasks.pallet_faces import CaseFace, SeenFace

HELD = np.array([0.2, 0.14])
"""What has been held offers to cups at least, about the middle of its weight [m]."""
_MOST = 0.8
"""Share of a face on which cups are put again, about the middle of the weight."""


def taken_again(
    hand: Hand,
    trouble: str,
    face: SeenFace,
    faces: Sequence[SeenFace],
    standing: dict[int, Case],
    bold: bool,
) -> str | None:
    """Take once more what was set down again; return why it was left then, None where nothing promises more now.

    Args:
        trouble: Why it was set down. face: By which it was held. faces: All others.
    """
    if trouble in OTHERWISE and hand.whole is not None:
        return _as_a_whole(hand, hand.whole, faces, standing, bold)
    if trouble != WEAK or hand.hung is None:
        return None
    others = [other for other in faces if not around(other, hand.hung)]
    x = face.X_world_face[:2, 0]
    X = pose_rpy(hand.hung, (0.0, 0.0, float(np.arctan2(x[1], x[0]))))
    top = CaseFace(X, np.maximum(_MOST * np.asarray(face.extent), HELD))
    return feel_for(hand, top, KNOWN, others, standing)


def _as_a_whole(
    hand: Hand,
    whole: CaseFace,
    faces: Sequence[SeenFace],
    standing: dict[int, Case],
    bold: bool,
) -> str | None:
    """Take a case of which a piece was taken for all; return why it was left, None where there was no way to it."""
    others = [o for o in faces if not (lies_on(o, whole) or (o.confidence and holds(whole, o)))]
    for option in options_of([whole, *others], hand.cell.deck, hand.cell.cups):
        if option.face > 0:
            return None
        why = reached(hand, option, whole, doubt(whole, ()), others, standing)
        if not why.startswith(NO_WAY):
            return why or hand.take(option, [whole, *others], standing, bold)
    return None
