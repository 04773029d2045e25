"""What a pallet's cases have measured and weighed so far, and how several that stand flush give themselves away.

Cases of one article that stand flush can look like one case. What hangs then weighs as many times as much as one of
them as it is larger; no camera is needed to tell, and from then on such a face is taken for what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from robolab.core.transforms import Array
from robolab.tasks.pallet_belief import cut
from robolab.tasks.pallet_faces import SeenFace

_MOST = 4
"""So many cases at most are looked for in one face."""
_EXACT, _GAP = 0.02, 0.008
"""How far sides may be off, and more for each gap between cases [m]."""
_WEIGHED = 0.1
"""How far a weight may be off, as a share."""


@dataclass(frozen=True)
class _Flush:
    """A face that has turned out to be several: its extent (2,) [m], and into how many it falls along which of its sides."""

    extent: Array
    count: int
    axis: int


class Articles:
    """Extents and weights of what was taken from one pallet."""

    def __init__(self) -> None:
        self._known: list[tuple[Array, float]] = []
        self._flush: list[_Flush] = []

    def taken(self, extent: Array, weight: float) -> None:
        """Note a case: extent of its face, longer side first, shape (2,) [m], and weight [kg]."""
        self._known.append((np.asarray(extent), weight))

    def several(self, extent: Array, weight: float) -> bool:
        """Whether what hangs is several of an article that was taken before; if so, faces like it are several from now on."""
        for one, unit in self._known:
            for count in range(2, _MOST + 1):
                flush = _multiple(np.asarray(extent), one, count)
                if flush is not None and abs(weight / (count * unit) - 1.0) < _WEIGHED:
                    self._flush.append(flush)
                    return True
        return False

    def parted(self, faces: Sequence[SeenFace]) -> tuple[SeenFace, ...]:
        """Return faces, those that are several as that many."""
        return tuple(part for face in faces for part in self._parts(face))

    def _parts(self, face: SeenFace) -> tuple[SeenFace, ...]:
        for flush in self._flush if face.confidence > 0.0 else ():
            if _alike(np.asarray(face.extent), flush.extent, flush.count):
                return cut(face, flush.count, flush.axis)
        return (face,)


def _multiple(extent: Array, one: Array, count: int) -> _Flush | None:
    """How so many faces side by side would be a larger one."""
    for lengthened, other in ((count * one[0], one[1]), (count * one[1], one[0])):
        if _alike(extent, np.sort([lengthened, other])[::-1], count):
            return _Flush(extent, count, 0 if lengthened > other else 1)
    return None


def _alike(extent: Array, other: Array, count: int) -> bool:
    return bool((np.abs(extent - other) < _EXACT + _GAP * (count - 1)).all())
